// Inference in double precision where values are real: layer 1, batch norm, classifier. Margins between a membrane and
// a threshold go down to 1e-8 there, so that single precision would lose neurons.
#include "vector.h"

/** Doubles in a vector; vectors and pixels whose sums are added up together. */
enum { DOUBLES = WIDTH / 8, realVectors = WIDTH == 16 ? 4 : 2, realPixels = WIDTH == 16 ? 2 : 4 };

/**
 * y[pixel][channel] = Σ x·w in double precision; weights are doubles in memory order [ky][kx·ci][channel]. Beyond an image's pixels
 * the last one is taken again.
 */
KERNEL(realConv, RealConv) {
  const isize step = (isize)t.channels * 8;
  const u32 *xOffsets = (u32 *)t.xOffsets;
  for (i32 n = lo; n < hi; n++) {
    const u8 *image = t.x + n * t.xImage;
    u8 *out = t.y + (isize)n * t.pixels * step;
    for (i32 pixel = 0; pixel < t.pixels; pixel += realPixels)
      for (isize c = 0; c < step; c += realVectors * WIDTH) {
        const u8 *x[realPixels], *w = t.w + c;
        f64v sums[realPixels][realVectors];
        EACH(r, realPixels) {
          x[r] = image + xOffsets[min(pixel + r, t.pixels - 1)];
          EACH(v, realVectors) sums[r][v] = (f64v){0};
        }
        for (i32 row = 0; row < t.rows; row++) {
          for (i32 k = 0; k < t.run; k++, w += step) {
            f64 values[realPixels];
            EACH(r, realPixels) {
              values[r] = *(const f32 *)x[r];
              x[r] += 4;
            }
            EACH(v, realVectors) {
              if (v == realVectors / 2) SEPARATE(w);
              const f64v weights = LOAD(f64v, w + v * WIDTH);
              EACH(r, realPixels) sums[r][v] += values[r] * weights;
            }
          }
          EACH(r, realPixels) x[r] += t.rowSkip;
        }
        EACH(r, realPixels)
          EACH(v, realVectors) STORE(out + min(pixel + r, t.pixels - 1) * step + c + v * WIDTH, sums[r][v]);
      }
  }
}

/** The lesser and the greater of two numbers; NaN in place of the first stays NaN. */
INLINE f64 lesserOf(f64 a, f64 b) { return a >= b ? b : a; }
INLINE f64 greaterOf(f64 a, f64 b) { return a <= b ? b : a; }

/** A pixel's channels, z being floats or doubles, and activations quantised or not. */
INLINE void activatePixel(ActivateReal t, const u8 *z, u8 *spikes, f32 *x, bool doubles, bool quantised) {
  const f64 *gamma = (f64 *)t.gamma, *beta = (f64 *)t.beta, *mean = (f64 *)t.mean, *deviation = (f64 *)t.deviation;
  const f64 n = t.n, top = t.levels;
  const isize channels = t.channels;
  NEIGHBOURS for (isize c = 0; c < channels; c++) {
    const f64 value = doubles ? ((const f64 *)z)[c] : ((const f32 *)z)[c];
    const f64 y = gamma[c] * (value - mean[c]) / deviation[c] + beta[c];
    x[c] = (f32)(quantised ? __builtin_floor(lesserOf(greaterOf(y * n + 0.5, 0), top)) : greaterOf(y, 0));
  }
  if (!quantised) return;
  // Apart, as few channels would make no vectors of bytes. n is a power of two, by whose inverse products are exact.
  const f32 inverse = 1 / t.n;
  NEIGHBOURS for (isize c = 0; c < channels; c++) {
    const f32 level = x[c];
    // What is no number is no spike.
    spikes[c] = (u8)(i32)(level == level ? level : 0);
    x[c] = level * inverse;
  }
}

/**
 * y = γ·(z − μ)/√(σ² + ε) + β with running statistics, in double precision in exactly this order (thresholds of the
 * converted network are found with the same formula); then as `activate`. deviation holds √(σ² + ε).
 */
KERNEL(activateReal, ActivateReal) {
  for (i32 image = lo; image < hi; image++)
    for (i32 p = 0; p < t.pixels; p++) {
      const isize first = ((isize)image * t.pixels + p) * t.channels;
      f32 *x = (f32 *)(t.x + image * t.xImage + ((u32 *)t.xOffsets)[p]);
      const u8 *z = t.z + first * (t.doubles ? 8 : 4);
      u8 *spikes = t.spikes + first;
      if (t.doubles) {
        if (t.levels > 0)
          activatePixel(t, z, spikes, x, true, true);
        else
          activatePixel(t, z, spikes, x, true, false);
      } else if (t.levels > 0)
        activatePixel(t, z, spikes, x, false, true);
      else
        activatePixel(t, z, spikes, x, false, false);
    }
}
