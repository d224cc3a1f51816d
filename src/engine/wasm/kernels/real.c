// Inference in double precision where values are real: layer 1, batch norm, classifier. Margins between a membrane and
// a threshold go down to 1e-8 there, so that single precision would lose neurons.
#include "vector.h"

/** Doubles in a vector, and vectors of eight channels. */
enum { DOUBLES = WIDTH / 8, EIGHT = 8 / DOUBLES };

/**
 * y[pixel][channel] = Σ x·w in double precision; weights are doubles in memory order [ky][kx·ci][channel]. Two pixels ×
 * eight channels in registers; an odd last pixel is taken twice.
 */
KERNEL(realConv, RealConv) {
  const isize step = (isize)t.channels * 8;
  const u32 *xOffsets = (u32 *)t.xOffsets;
  for (i32 n = lo; n < hi; n++) {
    const u8 *image = t.x + n * t.xImage;
    u8 *out = t.y + (isize)n * t.pixels * step;
    for (i32 pixel = 0; pixel < t.pixels; pixel += 2) {
      const i32 next = min(pixel + 1, t.pixels - 1);
      for (isize c = 0; c < step; c += 64) {
        const u8 *xa = image + xOffsets[pixel], *xb = image + xOffsets[next], *w = t.w + c;
        f64v a[EIGHT], b[EIGHT];
        EACH(v, EIGHT) a[v] = b[v] = (f64v){0};
        for (i32 row = 0; row < t.rows; row++, xa += t.rowSkip, xb += t.rowSkip)
          for (i32 k = 0; k < t.run; k++, xa += 4, xb += 4, w += step) {
            const f64 ofA = *(const f32 *)xa, ofB = *(const f32 *)xb;
            EACH(v, EIGHT) {
              if (v == EIGHT / 2) SEPARATE(w);
              const f64v weights = LOAD(f64v, w + v * WIDTH);
              a[v] += ofA * weights;
              b[v] += ofB * weights;
            }
          }
        EACH(v, EIGHT) STORE(out + pixel * step + c + v * WIDTH, a[v]);
        EACH(v, EIGHT) STORE(out + next * step + c + v * WIDTH, b[v]);
      }
    }
  }
}

/** The lesser and the greater of two numbers; NaN stays NaN. */
INLINE f64 lesserOf(f64 a, f64 b) { return a != a || a < b ? a : b; }
INLINE f64 greaterOf(f64 a, f64 b) { return a != a || a > b ? a : b; }

/**
 * y = γ·(z − μ)/√(σ² + ε) + β with running statistics, in double precision in exactly this order (thresholds of the
 * converted network are found with the same formula); then as `activate`. deviation holds √(σ² + ε).
 */
KERNEL(activateReal, ActivateReal) {
  const f64 *gamma = (f64 *)t.gamma, *beta = (f64 *)t.beta, *mean = (f64 *)t.mean, *deviation = (f64 *)t.deviation;
  const f64 n = t.n, top = t.levels;
  for (i32 image = lo; image < hi; image++)
    for (i32 p = 0; p < t.pixels; p++) {
      const isize first = ((isize)image * t.pixels + p) * t.channels;
      f32 *x = t.x ? (f32 *)(t.x + image * t.xImage + ((u32 *)t.xOffsets)[p]) : 0;
      for (i32 c = 0; c < t.channels; c++) {
        const f64 z = t.doubles ? ((f64 *)t.z)[first + c] : ((f32 *)t.z)[first + c];
        f64 y = gamma[c] * (z - mean[c]) / deviation[c] + beta[c];
        if (top > 0) {
          y = __builtin_floor(lesserOf(greaterOf(y * n + 0.5, 0), top));
          // What is no number is no spike.
          if (t.spikes) t.spikes[first + c] = y == y ? (u8)y : 0;
          y /= n;
        } else y = greaterOf(y, 0);
        if (x) x[c] = (f32)y;
      }
    }
}
