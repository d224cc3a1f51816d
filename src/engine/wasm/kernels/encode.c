// Layer 1 of the spiking network, whose membranes are real numbers: spikes by integer sums where those are surely right, a
// floating-point filter (Fortune and Van Wyk 1996).
#include "vector.h"

/** An image of smaller pixels is left to double precision: their scale may be out of single precision's range. */
static const f64 smallestPixel = 1e-30;
/** Adding this rounds a float to the nearest integer, which is then in its lowest bits: 1.5·2^23. */
static const f32 rounding = 12582912;

/** The largest absolute value of an image's map; NaN if it holds one. */
INLINE f64 largestPixel(const f32 *x, isize count) {
  u32 most = 0;
  // As integers, floats without a sign are in the same order, and NaN comes last.
  NEIGHBOURS for (isize i = 0; i < count; i++) {
    const u32 magnitude = BITS(u32, x[i]) & 0x7fffffff;
    most = magnitude > most ? magnitude : most;
  }
  return BITS(f32, most);
}

/** What is to be exceeded where this is to be reached, in 16 bits. */
INLINE i16 exceededBy(f64 reached) {
  const f64 v = reached - 1;
  return (i16)(v < 32767 ? v > -32768 ? v : -32768 : 32767);
}

/**
 * Writes an image's map in 16 bits, and what the upper half of a sum of 32 bits must exceed to be surely above a threshold,
 * and to be not surely below it: [level][above, below][channel]. False if nothing can be trusted with this image.
 */
INLINE bool quantiseImage(EncodeImages t, const f32 *x) {
  const isize count = t.xImage / 4;
  const f64 most = largestPixel(x, count);
  // NaN is neither.
  if (!(most == 0 || (most >= smallestPixel && most < __builtin_inf()))) return false;
  const f32 scale = most == 0 ? 1 : (f32)(t.largest / most);
  i16 *copy = (i16 *)t.copy;
  u32 worst = 0;
  NEIGHBOURS for (isize i = 0; i < count; i++) {
    const f32 scaled = x[i] * scale, rounded = scaled + rounding, off = scaled - (rounded - rounding);
    const u32 error = BITS(u32, off) & 0x7fffffff;
    worst = error > worst ? error : worst;
    copy[i] = (i16)(BITS(i32, rounded) - 0x4b400000);
  }
  // Kernels take pixels by pairs.
  for (isize i = count; i & 3; i++) copy[i] = 0;
  // Scaling was rounded as well.
  const f64 pixelError = BITS(f32, worst) + (f64)t.largest * (1.0 / 8388608);
  const f64 *sums = (f64 *)t.weightSums, *errors = (f64 *)t.weightErrors, *scales = (f64 *)t.scales;
  const f64 *thresholds = (f64 *)t.thresholds;
  i16 *above = (i16 *)t.bounds;
  for (i32 level = 0; level < t.levels; level++, above += 2 * t.channels, thresholds += t.channels)
    for (i32 c = 0; c < t.channels; c++) {
      // One more for the roundings of double precision, here and in the membrane that is meant.
      const f64 error = pixelError * sums[c] + errors[c] + 1, threshold = thresholds[c] * (scale * scales[c]);
      above[c] = exceededBy(__builtin_ceil((threshold + error) / 65536));
      above[t.channels + c] = exceededBy(__builtin_floor((threshold - error) / 65536));
    }
  return true;
}

/**
 * Spikes of one neuron by its membrane in double precision, summed as realConv does. x: its window; w and thresholds: the
 * first of its own.
 */
APART i32 exactSpikes(const u8 *x, i32 rows, i32 run, isize rowSkip, const f64 *w, const f64 *thresholds, isize channels,
                      i32 levels) {
  f64 membrane = 0;
  for (i32 row = 0; row < rows; row++, x += rowSkip)
    for (i32 k = 0; k < run; k++, x += 4, w += channels) membrane += (f64) * (const f32 *)x * *w;
  i32 spikes = 0;
  for (i32 level = 0; level < levels; level++, thresholds += channels) spikes += membrane >= *thresholds;
  return spikes;
}

/** Upper halves of eight sums of 32 bits. */
INLINE i16x8 upperHalves(i32x4 low, i32x4 high) {
  return __builtin_shufflevector((i16x8)low, (i16x8)high, 1, 3, 5, 7, 9, 11, 13, 15);
}

/** A bit for each of eight lanes that is −1. */
INLINE u32 lanesSet(i16x8 mask) {
#if defined(__wasm__)
  return wasm_i16x8_bitmask((v128_t)mask);
#else
  u32 bits = 0;
  EACH(i, 8) bits |= (u32)(mask[i] & 1) << i;
  return bits;
#endif
}

/**
 * Spikes of images lo … hi. Sums of pixels and weights of 16 bits, for 4 output pixels × 8 channels in registers; their
 * upper halves against the bounds of every threshold. What those leave open is summed again in double precision.
 */
KERNEL(encodeImages, EncodeImages) {
  const isize channels = t.channels, rowSkip = t.xRow - (isize)t.pairs * 4, tableBytes = channels * 2;
  const u32 *xOffsets = (u32 *)t.xOffsets;
  for (i32 n = lo; n < hi; n++) {
    const u8 *image = t.x + n * t.xImage;
    const bool trusted = quantiseImage(t, (const f32 *)image);
    const u8 *weights = t.w;
    for (i32 c = 0; c < channels; c += 8, weights += (isize)t.rows * t.pairs * 32) {
      u8 *spikes = t.spikes + (isize)n * t.pixels * channels + c;
      for (i32 first = 0; first < t.pixels; first += 4) {
        // Pixels beyond the last one repeat it.
        const u8 *p[4];
        i32x4 low[4], high[4];
        EACH(r, 4) {
          p[r] = t.copy + (xOffsets[min(first + r, t.pixels - 1)] >> 1);
          low[r] = high[r] = (i32x4){0};
        }
        const u8 *q = weights;
#define ADD_PAIR                                               \
  {                                                            \
    const i16x8 w0 = LOAD(i16x8, q), w1 = LOAD(i16x8, q + 16); \
    EACH(r, 4) {                                               \
      const i16x8 x = (i16x8)SPLAT(i32x4, *(const i32 *)p[r]); \
      low[r] += fourProducts(x, w0);                           \
      high[r] += fourProducts(x, w1);                          \
      p[r] += 4;                                               \
    }                                                          \
    q += 32;                                                   \
  }
        for (i32 row = 0; row < t.rows; row++) {
          for (i32 k = 1; k < t.pairs; k += 2) {
            ADD_PAIR
            SEPARATE(q);
            ADD_PAIR
          }
          if (t.pairs & 1) ADD_PAIR
          EACH(r, 4) p[r] += rowSkip;
        }
#undef ADD_PAIR
        i16x8 sums[4], least[4], most[4];
        EACH(r, 4) {
          sums[r] = upperHalves(low[r], high[r]);
          least[r] = most[r] = (i16x8){0};
        }
        const u8 *bounds = t.bounds + c * 2;
        for (i32 level = 0; level < t.levels; level++, bounds += 2 * tableBytes) {
          const i16x8 above = LOAD(i16x8, bounds), below = LOAD(i16x8, bounds + tableBytes);
          // A true comparison is −1.
          EACH(r, 4) {
            least[r] -= (i16x8)(sums[r] > above);
            most[r] -= (i16x8)(sums[r] > below);
          }
        }
        i16x8 unsure = {0};
        EACH(r, 4) {
          const isize at = min(first + r, t.pixels - 1) * channels;
          STORE(spikes + at, CONVERT(i8x8, least[r]));
          unsure |= least[r] ^ most[r];
        }
        if (trusted && !lanesSet((i16x8)(unsure != 0))) continue;
        // Eight bits of each pixel.
        u32 open = 0;
        EACH(r, 4) open |= (trusted ? lanesSet((i16x8)(least[r] != most[r])) : 0xff) << r * 8;
        for (; open; open &= open - 1) {
          const i32 bit = __builtin_ctz(open), pixel = min(first + bit / 8, t.pixels - 1), lane = bit % 8;
          const f64 *w = (f64 *)t.doubles + c + lane, *thresholds = (f64 *)t.thresholds + c + lane;
          spikes[pixel * channels + lane] = (u8)exactSpikes(image + xOffsets[pixel], t.rows, t.run,
                                                            t.xRow * 2 - (isize)t.run * 4, w, thresholds, channels, t.levels);
        }
      }
    }
  }
}
