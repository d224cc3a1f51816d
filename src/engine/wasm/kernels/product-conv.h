// Integer convolution of spike counts with ternary weights by multiplying, where a processor multiplies bytes and adds up
// products in an instruction: takes the same time for any number of spikes. If four at once, it takes less than tables; if two, it
// takes less than tables that are seldom looked into. Sums are exact.
#pragma once
#include "vector.h"

#ifdef BYTE_PRODUCTS
enum {
  /** Images that share what is loaded of the weights: their sums, of two vectors each, are kept in registers. */
  spikingImages = WIDTH < 64 ? 4 : 8,
  /** Look-ups for each input that tables pay from, where two products are one instruction. */
  worthTables = 64,
  /** Where a hundred spikes make tables pay, so many make products pay. */
  productShare = WIDTH < 64 ? 100 : 20
};

/** True if products take less time than tables. */
INLINE bool multiplyingPays(EventConv t) {
  return WIDTH == 64 || t.kernelHeight * t.kernelWidth * t.outChannels < worthTables * t.stride * t.stride;
}

/** What becomes of the membranes of one pixel: they are kept, or become spikes. y: of the first channel. */
INLINE void writeProducts(i32 vectors, EventConv t, const i32v *sums, u8 *y, const i16 *thresholds, bool fire) {
  EACH(v, vectors) {
    if (fire) {
      i32v spikes = {0};
      const i16 *threshold = thresholds + v * LANES;
      // A true comparison is −1.
      NO_UNROLLING for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) spikes -=
          sums[v] > CONVERT(i32v, LOAD(i16half, threshold));
      STORE(y + v * LANES, CONVERT(u8quarter, spikes));
    } else
      STORE(y + v * LANES * 2, CONVERT(i16half, sums[v]));
  }
}

/** These channels of one pixel of some images. */
INLINE void multiplyWindow(i32 vectors, EventConv t, const u8 *products, isize next, i32 co, i32 first, i32 hi, i32 oy, i32 ox,
                           bool fire) {
  i32v sums[spikingImages][2];
  isize image[spikingImages];
  const isize imageBytes = (isize)t.height * t.width * t.inChannels;
  EACH(n, spikingImages) {
    // Beyond the last image it is taken again.
    image[n] = min(first + n, hi - 1) * imageBytes;
    EACH(v, vectors) sums[n][v] = (i32v){0};
  }
  const i32 top = oy * t.stride - t.padV, left = ox * t.stride - t.padH;
  const i32 y0 = max(-top, 0), y1 = min(t.kernelHeight, t.height - top);
  const i32 x0 = max(-left, 0), x1 = min(t.kernelWidth, t.width - left);
  for (i32 ky = y0; ky < y1; ky++) {
    const u8 *spikes = t.spikes + ((isize)(top + ky) * t.width + left + x0) * t.inChannels;
    const u8 *w = products + (isize)(ky * t.kernelWidth + x0) * t.inChannels * 16;
    for (const u8 *end = spikes + (isize)(x1 - x0) * t.inChannels; spikes < end; spikes += 4, w += 64) {
      i8v factors[2];
      EACH(v, vectors) factors[v] = LOAD(i8v, w + v * next);
      EACH(n, spikingImages) {
        const u8v four = (u8v)SPLAT(i32v, LOAD(i32, spikes + image[n]));
        EACH(v, vectors) sums[n][v] = withByteProducts(sums[n][v], four, factors[v]);
      }
    }
  }
  const isize outBytes = fire ? 1 : 2, outImage = (isize)t.outHeight * t.outWidth * t.outChannels;
  const isize at = ((isize)oy * t.outWidth + ox) * t.outChannels + co;
  EACH(n, spikingImages)
    if (first + n < hi)
      writeProducts(vectors, t, sums[n], t.y + ((first + n) * outImage + at) * outBytes, (const i16 *)t.thresholds + co, fire);
}

/** Output channels that are as many vectors, of images lo…hi. */
INLINE void multiplyOutputs(i32 vectors, EventConv t, i32 co, i32 lo, i32 hi, bool fire) {
  // Of sixteen channels, which are one or two vectors.
  const isize sixteen = (isize)t.kernelHeight * t.kernelWidth * t.inChannels * 16;
  const u8 *products = t.products + co / 16 * sixteen;
  const isize next = WIDTH < 64 ? WIDTH : sixteen;
  for (i32 first = lo; first < hi; first += spikingImages)
    for (i32 oy = 0; oy < t.outHeight; oy++)
      for (i32 ox = 0; ox < t.outWidth; ox++) multiplyWindow(vectors, t, products, next, co, first, hi, oy, ox, fire);
}

/** Membranes of images lo…hi in 16 bits, or their spikes. */
INLINE void multiplySpikes(EventConv t, i32 lo, i32 hi, bool fire) {
  // A row of weights has sixteen channels, or more vectors than one.
  const i32 vectors = t.rowBytes > LANES ? 2 : 1;
  for (i32 co = 0; co < t.outChannels; co += vectors * LANES)
    if (vectors == 2)
      multiplyOutputs(2, t, co, lo, hi, fire);
    else
      multiplyOutputs(1, t, co, lo, hi, fire);
}
#endif
