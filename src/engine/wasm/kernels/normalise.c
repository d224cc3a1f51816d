// Batch norm and its gradient. Channels are multiples of 16. Sums over the batch are taken per image first and then over
// images in order, so that they don't depend on how threads share the images. Pre-activations z are floats or 16-bit
// integers; their unit is a power of two, so that both forms give the same bits.
#include "narrow.h"

/** Pixels of all channels that are added up before the next ones: so they come from memory once, and in order. */
enum { pixelsTogether = 32 };

/** Vectors of channels that are added up side by side. */
enum { vectorsTogether = WIDTH == 16 ? 2 : 1 };
#define SIDE(v) EACH(v, vectorsTogether)

/**
 * sums[image] = [Σv per channel, Σv·z per channel], where v is z itself if `squares`, and g if not. With `ranged` also
 * ranges[image] = [largest z per channel, least z per channel] or [largest |g| per channel].
 */
INLINE void addPixelsUp(const u8 *g, const u8 *z, u8 *sums, u8 *ranges, i32 pixels, i32 channels, i32 lo, i32 hi, bool integer,
                        bool squares, bool ranged) {
  const isize step = (isize)channels * 4, zStep = integer ? step / 2 : step, zBytes = integer ? WIDTH / 2 : WIDTH;
  const f32v infinite = SPLAT(f32v, __builtin_inff());
  for (i32 n = lo; n < hi; n++)
    for (i32 first = 0; first < pixels; first += pixelsTogether) {
      const i32 count = min(pixelsTogether, pixels - first);
      const isize pixel = (isize)n * pixels + first;
      for (isize c = 0; c < channels; c += vectorsTogether * LANES) {
        u8 *sum = sums + n * step * 2 + c * 4, *range = ranges + n * (squares ? step * 2 : step) + c * 4;
        f32v s[vectorsTogether], q[vectorsTogether], most[vectorsTogether], least[vectorsTogether];
        SIDE(v) {
          s[v] = first ? LOAD(f32v, sum + v * WIDTH) : (f32v){0};
          q[v] = first ? LOAD(f32v, sum + step + v * WIDTH) : (f32v){0};
          most[v] = squares ? -infinite : (f32v){0};
          least[v] = infinite;
          if (ranged && first) most[v] = LOAD(f32v, range + v * WIDTH);
          if (ranged && squares && first) least[v] = LOAD(f32v, range + step + v * WIDTH);
        }
        const u8 *gp = g + pixel * step + c * 4, *zp = z + pixel * zStep + c * (integer ? 2 : 4);
        for (i32 p = 0; p < count; p++, gp += step, zp += zStep) SIDE(v) {
            const f32v zs = values(zp + v * zBytes, integer), vs = squares ? zs : LOAD(f32v, gp + v * WIDTH);
            s[v] += vs;
            q[v] += vs * zs;
            if (ranged) most[v] = greater(most[v], squares ? vs : (f32v)((i32v)vs & 0x7fffffff));
            if (ranged && squares) least[v] = lesser(least[v], vs);
          }
        SIDE(v) {
          STORE(sum + v * WIDTH, s[v]);
          STORE(sum + step + v * WIDTH, q[v]);
          if (ranged) STORE(range + v * WIDTH, most[v]);
          if (ranged && squares) STORE(range + step + v * WIDTH, least[v]);
        }
      }
    }
}

/** Per image and channel Σz and Σz², and the range of z unless `ranges` is left out. */
KERNEL(channelSums, ChannelSums) {
#define SUMS(integer, ranged) addPixelsUp(t.z, t.z, t.sums, t.ranges, t.pixels, t.channels, lo, hi, integer, true, ranged)
  if (t.integer) {
    if (t.ranges)
      SUMS(true, true);
    else
      SUMS(true, false);
  } else if (t.ranges)
    SUMS(false, true);
  else
    SUMS(false, false);
#undef SUMS
}

/** Per image and channel Σg and Σg·z, and the largest |g| unless `largest` is left out; g is 0 where the neuron is closed. */
KERNEL(gradientSums, GradientSums) {
#define SUMS(integer, ranged) addPixelsUp(t.g, t.z, t.sums, t.largest, t.pixels, t.channels, lo, hi, integer, false, ranged)
  if (t.integer) {
    if (t.largest)
      SUMS(true, true);
    else
      SUMS(true, false);
  } else if (t.largest)
    SUMS(false, true);
  else
    SUMS(false, false);
#undef SUMS
}

/** Sums and sums of products of four channels over the images, in order and in double precision. step: between images, in floats. */
#define ADD_IMAGES(sums, products)                                      \
  f64 sums[4] = {0}, products[4] = {0};                                 \
  for (i32 n = 0; n < t.images; n++)                                    \
    EACH(k, 4) {                                                        \
      const f32 *image = (f32 *)t.sums + (isize)n * t.channels * 2 + c; \
      sums[k] += image[k];                                              \
      products[k] += image[t.channels + k];                             \
    }

/** Batch mean and variance (biased) of channels lo…hi, fours of them; running statistics. */
KERNEL(batchNorm, BatchNorm) {
  const f64 count = (f64)t.images * t.pixels, unit = t.unit;
  const f32 *gamma = (f32 *)t.gamma, *beta = (f32 *)t.beta;
  f32 *runningMean = (f32 *)t.runningMean, *runningVariance = (f32 *)t.runningVariance;
  for (i32 c = lo; c < hi; c += 4) {
    ADD_IMAGES(sums, squares)
    EACH(k, 4) {
      const i32 at = c + k;
      const f64 mean = sums[k] * unit / count;
      const f64 spread = squares[k] * unit * unit / count - mean * mean;
      const f64 variance = spread < 0 ? 0 : spread;
      const f64 inverse = 1 / __builtin_sqrt(variance + batchNormEpsilon), scale = gamma[at] * inverse;
      ((f32 *)t.mean)[at] = (f32)mean;
      ((f32 *)t.inverseDeviation)[at] = (f32)inverse;
      ((f32 *)t.scale)[at] = (f32)(scale * unit);
      ((f32 *)t.shift)[at] = (f32)(beta[at] - mean * scale);
      runningMean[at] = (f32)(runningShare * runningMean[at] + (1 - runningShare) * mean);
      runningVariance[at] = (f32)(runningShare * runningVariance[at] + (1 - runningShare) * variance);
    }
  }
}

INLINE f64 magnitude(f64 v) { return __builtin_fabs(v); }
/** The greater of two numbers, or NaN. */
INLINE f64 larger(f64 a, f64 b) { return a != a || a > b ? a : b; }

/**
 * Channels lo…hi, fours of them: dβ = Σg, dγ = Σg·ẑ with ẑ = (z − μ)/σ, and the coefficients of
 * dz = γ/σ·(g − mean(g) − ẑ·mean(g·ẑ)) = a·g + b·z + d.
 */
KERNEL(batchNormGradient, BatchNormGradient) {
  const f64 count = (f64)t.images * t.pixels, unit = t.unit;
  for (i32 c = lo; c < hi; c += 4) {
    ADD_IMAGES(sums, products)
    // Over all images the greatest and least z and the largest |g|.
    f32 greatest[4] = {0}, least[4] = {0}, largest[4] = {0};
    if (t.bounds)
      for (i32 n = 0; n < t.images; n++)
        EACH(k, 4) {
          const f32 *z = (f32 *)t.zRanges + (isize)n * t.channels * 2 + c + k;
          const f32 g = ((f32 *)t.largest)[(isize)n * t.channels + c + k];
          greatest[k] = n == 0 || greatest[k] < z[0] ? z[0] : greatest[k];
          least[k] = n == 0 || z[t.channels] < least[k] ? z[t.channels] : least[k];
          largest[k] = n == 0 || largest[k] < g ? g : largest[k];
        }
    EACH(k, 4) {
      const i32 at = c + k;
      const f64 sum = sums[k], mean = ((f32 *)t.mean)[at], inverse = ((f32 *)t.inverseDeviation)[at];
      const f64 gammaGradient = (products[k] * unit - mean * sum) * inverse;
      const f64 a = ((f32 *)t.gamma)[at] * inverse, b = (-a * gammaGradient * inverse) / count;
      const f64 d = (-a * sum) / count - b * mean;
      ((f32 *)t.betaGradient)[at] = (f32)sum;
      ((f32 *)t.gammaGradient)[at] = (f32)gammaGradient;
      ((f32 *)t.a)[at] = (f32)a;
      ((f32 *)t.b)[at] = (f32)(b * unit);
      ((f32 *)t.d)[at] = (f32)d;
      if (!t.bounds) continue;
      // max |a·g + b·z + d|, with room for the rounding of single precision.
      const f64 low = magnitude(b * (least[k] * unit) + d), high = magnitude(b * (greatest[k] * unit) + d);
      ((f32 *)t.bounds)[at] = (f32)((magnitude(a) * largest[k] + larger(low, high)) * 1.00001);
    }
  }
}

INLINE void applyGradient(GradientApply t, i32 lo, i32 hi, bool integer) {
  const isize zBytes = integer ? 2 : 4;
  for (i32 n = lo; n < hi; n++)
    for (i32 p = 0; p < t.pixels; p++) {
      const isize first = ((isize)n * t.pixels + p) * t.channels;
      u8 *block = t.dy + n * t.dyImage + ((u32 *)t.dyOffsets)[p];
      for (isize c = 0; c < t.channels; c += t.width, block += t.blockBytes)
        for (isize i = 0; i < t.width; i += LANES) {
          const isize at = (c + i) * 4;
          const f32v z = values(t.z + (first + c + i) * zBytes, integer);
          const f32v dz = LOAD(f32v, t.g + (first + c + i) * 4) * LOAD(f32v, t.a + at) + z * LOAD(f32v, t.b + at);
          STORE(block + i * 4, dz + LOAD(f32v, t.d + at));
        }
    }
}

/** dz = a·g + b·z + d; g is 0 where the neuron is closed. */
KERNEL(gradientApply, GradientApply) {
  if (t.integer)
    applyGradient(t, lo, hi, true);
  else
    applyGradient(t, lo, hi, false);
}

#undef SIDE
