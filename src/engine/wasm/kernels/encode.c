// Layer 1 of the spiking network, whose membranes are real numbers: spikes by integer sums where those are surely right, a
// floating-point filter (Fortune and Van Wyk 1996).
#include "narrow.h"

/** Images lo … hi between borders of zeros. x: the first image's first pixel there. */
KERNEL(placeImages, PlaceImages) {
  const isize image = (isize)t.height * t.rowValues;
  for (i32 n = lo; n < hi; n++)
    for (i32 row = 0; row < t.height; row++) {
      const f32 *from = (const f32 *)t.images + n * image + (isize)row * t.rowValues;
      f32 *to = (f32 *)(t.x + n * t.xImage + row * t.xRow);
      NEIGHBOURS for (i32 i = 0; i < t.rowValues; i++) to[i] = from[i] * t.factor;
    }
}

enum {
  /** Sums of a pixel, in vectors: of eight channels in 128 bits, else of sixteen. */
  sumVectors = WIDTH == 64 ? 1 : 2,
  someChannels = sumVectors * LANES,
  /** As many pixels as leave registers for what they share. */
  somePixels = WIDTH == 64 ? 8 : 4,
  /** Pixels whose sums in 16 bits are a vector: of two, their channels in turns. */
  pixelsInTurns = WIDTH == 64 ? 2 : 1,
  /** Bytes of the weights of a pair of values. */
  weightRow = 64
};
typedef i8 Counts VECTOR(someChannels);

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
 * and to be not surely below it: [level][above, below][channel][pixels together]. False if nothing can be trusted with this image.
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
  // Kernels take pixels by pairs: those of the last row side by side, others with the pixel below.
  for (isize i = count; i & 3; i++) copy[i] = 0;
  const isize row = t.xRow / 2;
  u32 *tall = (u32 *)t.tall;
  NEIGHBOURS for (isize i = 0; i < count - row; i++) tall[i] = (u16)copy[i] | (u32)(u16)copy[i + row] << 16;
  // Scaling was rounded as well.
  const f64 pixelError = BITS(f32, worst) + (f64)t.largest * (1.0 / 8388608);
  const f64 *sums = (f64 *)t.weightSums, *errors = (f64 *)t.weightErrors, *scales = (f64 *)t.scales;
  const f64 *thresholds = (f64 *)t.thresholds;
  i16 *above = (i16 *)t.bounds;
  const i32 boundRow = t.channels * pixelsInTurns;
  for (i32 level = 0; level < t.levels; level++, above += 2 * boundRow, thresholds += t.channels)
    for (i32 c = 0; c < t.channels; c++) {
      // One more for the roundings of double precision, here and in the membrane that is meant.
      const f64 error = pixelError * sums[c] + errors[c] + 1, threshold = thresholds[c] * (scale * scales[c]);
      const i16 sure = exceededBy(__builtin_ceil((threshold + error) / 65536));
      const i16 possible = exceededBy(__builtin_floor((threshold - error) / 65536));
      EACH(k, pixelsInTurns) {
        above[c * pixelsInTurns + k] = sure;
        above[boundRow + c * pixelsInTurns + k] = possible;
      }
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

/** Adds the products of pairs of values and weights. values: each pixel's first pair. */
INLINE void addPairs(i32v sums[somePixels][sumVectors], const u8 *const values[somePixels], const u8 *w, i32 pairs) {
#define ADD_PAIR                                                                             \
  EACH(r, somePixels) {                                                                      \
    const i16v x = (i16v)SPLAT(i32v, LOAD(i32, values[r] + at));                             \
    EACH(v, sumVectors) sums[r][v] = withProducts(sums[r][v], x, LOAD(i16v, w + v * WIDTH)); \
  }                                                                                          \
  at += 4;                                                                                   \
  w += weightRow;
  isize at = 0;
#ifdef __wasm__
  for (; pairs > 1; pairs -= 2) {
    ADD_PAIR
    SEPARATE(w);
    ADD_PAIR
  }
  if (pairs > 0) {
    ADD_PAIR
  }
#else
  for (; pairs > 0; pairs--) {
    ADD_PAIR
  }
#endif
#undef ADD_PAIR
}

/** Upper halves of the sums of a pixel, or of two in turns. */
INLINE i16v upperHalves(i32v sums[][sumVectors]) {
#if WIDTH == 16
  return __builtin_shufflevector((i16v)sums[0][0], (i16v)sums[0][1], 1, 3, 5, 7, 9, 11, 13, 15);
#elif WIDTH == 32
  return narrow((const i32v[]){sums[0][0] >> 16, sums[0][1] >> 16});
#else
  return (i16v)((u32v)sums[0][0] >> 16 | ((u32v)sums[1][0] & 0xffff0000));
#endif
}

/** Those of one pixel in bytes. */
INLINE Counts countsOf(i16v counts, i32 pixel) {
#if WIDTH == 64
  return CONVERT(Counts, (u32v)counts >> 16 * pixel);
#else
  return CONVERT(Counts, counts);
#endif
}

/** A bit for each lane that is not zero but −1: one of 32 or sixteen; of eight, every second one. */
INLINE u32 lanesSet(i16v mask) {
#if WIDTH == 64
  return _mm512_movepi16_mask((__m512i)mask);
#elif WIDTH == 32
  return nonZeroBytes((u8x16)CONVERT(Counts, mask));
#else
  return nonZeroBytes((u8x16)mask) & 0x5555;
#endif
}

/**
 * Spikes of four vectors of pixels from `first` on, some channels from c on: what the bounds leave open is summed again in
 * double precision. spikes: of the image's first pixel.
 */
INLINE void fireFour(EncodeImages t, const i16v *sums, const u8 *image, u8 *spikes, i32 first, i32 c, bool trusted) {
  const isize channels = t.channels, boundBytes = channels * pixelsInTurns * 2;
  i16v least[4], most[4], unsure = {0};
  EACH(r, 4) least[r] = most[r] = (i16v){0};
  const u8 *bounds = t.bounds + c * pixelsInTurns * 2;
  for (i32 level = 0; level < t.levels; level++, bounds += 2 * boundBytes) {
    const i16v above = LOAD(i16v, bounds), below = LOAD(i16v, bounds + boundBytes);
    // A true comparison is −1.
    EACH(r, 4) {
      least[r] -= (i16v)(sums[r] > above);
      most[r] -= (i16v)(sums[r] > below);
    }
  }
  EACH(r, 4) {
    EACH(k, pixelsInTurns)
      STORE(spikes + min(first + r * pixelsInTurns + k, t.pixels - 1) * channels + c, countsOf(least[r], k));
    unsure |= least[r] ^ most[r];
  }
  if (trusted && !lanesSet((i16v)(unsure != 0))) return;
  // 64 lanes at a time: of four vectors or two.
  enum { lanes = 16 * pixelsInTurns, vectors = 64 / lanes };
  EACH(part, pixelsInTurns) {
    u64 open = 0;
    EACH(v, vectors) {
      const i32 r = part * vectors + v;
      open |= (u64)lanesSet(trusted ? (i16v)(least[r] != most[r]) : ~(i16v){0}) << v * lanes;
    }
    for (; open; open &= open - 1) {
      const i32 bit = part * 64 + __builtin_ctzll(open), lane = bit % lanes;
      const i32 pixel = min(first + bit / lanes * pixelsInTurns + lane % pixelsInTurns, t.pixels - 1);
      const i32 channel = c + lane / (lanes / someChannels);
      const u32 *xOffsets = (u32 *)t.xOffsets;
      spikes[pixel * channels + channel] =
          (u8)exactSpikes(image + xOffsets[pixel], t.rows, t.run, t.xRow * 2 - (isize)t.run * 4, (f64 *)t.doubles + channel,
                          (f64 *)t.thresholds + channel, channels, t.levels);
    }
  }
}

/**
 * Spikes of images lo … hi. Sums of pixels and weights of 16 bits, for some output pixels × channels in registers; their
 * upper halves against the bounds of every threshold. What those leave open is summed again in double precision.
 */
KERNEL(encodeImages, EncodeImages) {
  const i32 rows = t.rows / 2, odd = t.rows & 1, pairs = rows * t.run + odd * ((t.run + 1) / 2);
  const u32 *xOffsets = (u32 *)t.xOffsets;
  for (i32 n = lo; n < hi; n++) {
    const u8 *image = t.x + n * t.xImage;
    const bool trusted = quantiseImage(t, (const f32 *)image);
    u8 *spikes = t.spikes + (isize)n * t.pixels * t.channels;
    for (i32 c = 0; c < t.channels; c += someChannels)
      for (i32 first = 0; first < t.pixels; first += somePixels) {
        // Pixels beyond the last one repeat it.
        const u8 *tall[somePixels], *last[somePixels];
        i32v sums[somePixels][sumVectors];
        EACH(r, somePixels) {
          const isize offset = xOffsets[min(first + r, t.pixels - 1)];
          tall[r] = t.tall + offset;
          last[r] = t.copy + (offset >> 1) + (t.rows - 1) * t.xRow;
          EACH(v, sumVectors) sums[r][v] = (i32v){0};
        }
        const u8 *w = t.w + c / 16 * (isize)pairs * weightRow + c % 16 * 4;
        for (i32 row = 0; row < rows; row++, w += (isize)t.run * weightRow) {
          addPairs(sums, tall, w, t.run);
          EACH(r, somePixels) tall[r] += 4 * t.xRow;
        }
        if (odd) addPairs(sums, last, w, (t.run + 1) / 2);
        i16v halves[somePixels / pixelsInTurns];
        EACH(i, LENGTH(halves)) halves[i] = upperHalves(sums + i * pixelsInTurns);
        EACH(four, LENGTH(halves) / 4)
          fireFour(t, halves + four * 4, image, spikes, first + four * 4 * pixelsInTurns, c, trusted);
      }
  }
}
