// Input gradient of ternary layers from 16-bit integers by multiplying. Vectors of 512 bits have so many products and additions
// in an instruction that it takes less time than looking sums up; those of 256 bits where each table serves few look-ups. Sums
// are exact, so the results are the same.
#pragma once
#include "integers.h"
#include "vector.h"

/** Look-ups for each gradient that tables pay from, with vectors of 256 bits. */
enum { worthGradientTables = 128 };

/** True if products take less time than tables. */
INLINE bool multiplyingGradientsPays(TabledGradient t) {
  return WIDTH == 64 || t.kernelHeight * t.kernelWidth * t.channels < worthGradientTables * t.stride * t.stride;
}

/** Images whose gradients share what is loaded of the weights: their sums, of two vectors each, are kept in registers. */
enum { sharingImages = WIDTH < 64 ? 4 : 8 };

/**
 * dx of one pixel of some images and `vectors` vectors of input channels from ci on. weights: those channels', of all taps; from
 * vector to vector they lie `next` further. vectors is a constant.
 */
INLINE void multiplyPixel(i32 vectors, TabledGradient t, const u8 *weights, isize next, i32 ci, i32 first, i32 hi, i32 y, i32 x,
                          f32 step) {
  i32v sums[sharingImages][2];
  isize image[sharingImages];
  EACH(n, sharingImages) {
    // Beyond the last image it is taken again.
    image[n] = (isize)min(first + n, hi - 1) * t.dyImage;
    EACH(v, vectors) sums[n][v] = (i32v){0};
  }
  // Taps by which pixels of dy, from the lowest to the highest, see this one.
  const i32 down = y + t.padV, right = x + t.padH, stride = t.stride;
  const i32 y0 = max(down - (t.outHeight - 1) * stride, down % stride), y1 = min(down + 1, t.kernelHeight);
  const i32 x0 = max(right - (t.outWidth - 1) * stride, right % stride), x1 = min(right + 1, t.kernelWidth);
  for (i32 ky = y0; ky < y1; ky += stride)
    for (i32 kx = x0; kx < x1; kx += stride) {
      const u8 *dy = t.dy + (down - ky) / stride * t.dyRow + (right - kx) / stride * t.dyPixel;
      const u8 *w = weights + (isize)(ky * t.kernelWidth + kx) * t.outChannels * 16;
      for (const u8 *end = dy + t.outChannels * 2; dy < end; dy += 4, w += 32) {
        i16v factors[2];
        EACH(v, vectors) factors[v] = CONVERT(i16v, LOAD(i8half, w + v * next));
        EACH(n, sharingImages) {
          const i16v pair = (i16v)SPLAT(i32v, LOAD(i32, dy + image[n]));
          EACH(v, vectors) sums[n][v] = withProducts(sums[n][v], factors[v], pair);
        }
      }
    }
  EACH(n, sharingImages)
    if (first + n < hi) {
      const isize at = (((isize)(first + n) * t.height + y) * t.width + x) * t.channels + ci;
      EACH(v, vectors) {
        // 1 or 0 as a mask.
        const i32v open = -CONVERT(i32v, LOAD(u8quarter, t.open + at + v * LANES));
        STORE(t.dx + (at + v * LANES) * 4, open & (i32v)(CONVERT(f32v, sums[n][v]) * step));
      }
    }
}

/** dx of images lo…hi and the same channels. */
INLINE void multiplyChannels(i32 vectors, TabledGradient t, const u8 *weights, isize next, i32 ci, i32 lo, i32 hi, f32 step) {
  for (i32 first = lo; first < hi; first += sharingImages)
    for (i32 y = 0; y < t.height; y++)
      for (i32 x = 0; x < t.width; x++) multiplyPixel(vectors, t, weights, next, ci, first, hi, y, x, step);
}

/** dx of images lo…hi, 0 where the neuron is closed. dy: all channels of a pixel side by side. */
INLINE void multiplyGradients(TabledGradient t, i32 lo, i32 hi) {
  const f32 step = (f32)gradientStep((const f32 *)t.bounds, t.outChannels, fineBits);
  // Of sixteen input channels, which are one or two vectors.
  const isize sixteen = (isize)t.kernelHeight * t.kernelWidth * t.outChannels * 16;
  const u8 *weights = t.weights;
  i32 ci = 0;
  for (; ci + 2 * LANES <= t.channels; ci += 2 * LANES, weights += 2 * sixteen / BLOCK)
    multiplyChannels(2, t, weights, WIDTH < 64 ? LANES * 2 : sixteen, ci, lo, hi, step);
  if (ci < t.channels) multiplyChannels(1, t, weights, 0, ci, lo, hi, step);
}
