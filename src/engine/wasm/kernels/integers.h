// Gradients in integers: one power of two a layer, round to nearest. Integer sums are the same in any order.
#pragma once
#include "kernel.h"

/**
 * What one unit of a layer's gradient in `bits` bits stands for: the least power of two by which the largest of its
 * channels' bounds fits. From 2^-100 on, so that its inverse is a number of single precision, too.
 */
APART f64 gradientStep(const f32 *bounds, i32 channels, i32 bits) {
  f64 most = 0;
  for (i32 c = 0; c < channels; c++) {
    // NaN goes on to the end.
    if (!(bounds[c] <= most)) most = most != most ? most : bounds[c];
  }
  const f64 least = most / ((1 << (bits - 1)) - 1);
  // A network that has diverged: its loss says so.
  if (!(least < 1e30)) return 1;
  // The next power of two: any bit of the mantissa carries into the exponent.
  const u64 up = (BITS(u64, least) + 0xfffffffffffff) & 0x7ff0000000000000;
  const f64 step = BITS(f64, up);
  return step > 0x1p-100 ? step : 0x1p-100;
}

/**
 * How many values of a block of channels, from the chunk's images that begin with `first`, 16 bits can add up: rarely are
 * they near the layer's bound. largest: [image][block].
 */
INLINE i32 safeAdditions(const u16 *largest, i32 first, i32 end, i32 blocks, i32 block) {
  i32 most = 1;
  for (i32 n = first; n < end; n++) most = max(most, largest[(isize)n * blocks + block]);
  // What has diverged may have 2^15, of which 16 bits hold none; its loss says so.
  return max(32767 / most, 1);
}
