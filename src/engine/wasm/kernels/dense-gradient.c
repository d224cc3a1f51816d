// Weight gradient of convolutions of floats.
#include "listed-gradient.h"

/**
 * Float weight gradient: dw[row][c] += Σ x[pixel + offset(row)]·dy[pixel][c]. lo, hi: range of `unit` input channels each. Sums run
 * over the pixels of an image; the images' sums are added in order.
 */
KERNEL(denseWeightGradient, DenseWeightGradient) {
  const i32 begin = lo * t.unit, end = min(hi * t.unit, t.inChannels);
  for (i32 first = 0; first < t.images; first += t.imagesPerChunk) {
    const i32 last = min(first + t.imagesPerChunk, t.images);
#ifdef LISTED_GRADIENT
    if (t.listed > 0) {
      for (i32 ci = begin; ci < end; ci += listedChannels) addSparse(t, ci, min(ci + listedChannels, end), first, last);
      continue;
    }
#endif
    BY_CHANNELS(mostVectors, t.channels, addGradients, t, begin, end, first, last);
  }
}
