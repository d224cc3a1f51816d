// Convolutions of floats.
#include "sparse-conv.h"

/** Adds to the sums of each pixel the products of one value, the k-th from p and q on. */
INLINE void addProducts(f32v sums[tilePixels][mostVectors], const u8 *const p[tilePixels], const u8 *q, isize block, i32 k,
                        i32 vectors) {
  f32v w[mostVectors];
  EACH(v, vectors) w[v] = LOAD(f32v, q + k * packedRow + packedVector(block, v));
  EACH(r, pixelsOf(vectors)) {
    const f32 x = ((const f32 *)p[r])[k];
    EACH(v, vectors) sums[r][v] += x * w[v];
  }
}

/** So many vectors of channels of images lo…hi. Pixels beyond the range repeat the last one. */
INLINE void convolve(DenseConv t, i32 lo, i32 hi, i32 channel, i32 vectors) {
  const i32 total = (hi - lo) * t.pixels;
  const u32 *xOffsets = (const u32 *)t.xOffsets, *yOffsets = (const u32 *)t.yOffsets;
  const isize block = (isize)t.rows * t.run * packedRow;
  const u8 *w = t.w + channel / channelBlock * block + channel % channelBlock * 4;
  const u8 *x = t.x + lo * t.xImage;
  u8 *y = t.y + lo * t.yImage + (isize)channel * 4;
  i32 pixel = 0;
  for (i32 first = 0; first < total; first += pixelsOf(vectors)) {
    const u8 *p[tilePixels];
    u8 *to[tilePixels];
    f32v sums[tilePixels][mostVectors];
    EACH(r, pixelsOf(vectors)) {
      p[r] = x + xOffsets[pixel];
      to[r] = y + yOffsets[pixel];
      if (first + r + 1 < total && ++pixel == t.pixels) {
        pixel = 0;
        x += t.xImage;
        y += t.yImage;
      }
      EACH(v, vectors) sums[r][v] = (f32v){0};
    }
    const u8 *q = w;
    for (i32 row = 0; row < t.rows; row++) {
      for (i32 k = 1; k < t.run; k += 2) {
        addProducts(sums, p, q, block, 0, vectors);
        SEPARATE_ROUND(q);
        addProducts(sums, p, q, block, 1, vectors);
        q += 2 * packedRow;
        EACH(r, pixelsOf(vectors)) p[r] += 8;
      }
      if (t.run & 1) {
        addProducts(sums, p, q, block, 0, vectors);
        q += packedRow;
        EACH(r, pixelsOf(vectors)) p[r] += 4;
      }
      EACH(r, pixelsOf(vectors)) p[r] += t.rowSkip;
    }
    EACH(r, pixelsOf(vectors))
      EACH(v, vectors) STORE(to[r] + v * WIDTH, sums[r][v]);
  }
}

/**
 * Float convolution: y[p][c] = Σ_k x[p][k]·w[k][c], k over `rows` contiguous runs. The order of the sum is k ascending, whatever
 * the range of images.
 */
KERNEL(denseConv, DenseConv) {
#if WIDTH >= 32
  const bool suited = t.inChannels % LANES == 0 && t.channels % sparseChannels == 0;
  if (suited && (hi - lo) * t.pixels >= worthPanels && finiteWeights(t)) {
    for (i32 first = lo; first < hi; first += t.together) {
      const i32 last = min(first + t.together, hi);
      if (!convolveSparse(t, first, last)) BY_CHANNELS(mostVectors, t.channels, convolve, t, first, last);
    }
    return;
  }
#endif
  BY_CHANNELS(mostVectors, t.channels, convolve, t, lo, hi);
}
