// Activation after batch norm, in training. Channels are multiples of 16.
#include "narrow.h"

/** Sixteen channels. */
#define ALL(v) EACH(v, BLOCK)

/** clip(⌊n·y + ½⌋, 0, L) */
INLINE f32v level(f32v y, f32 n, f32 top) { return floors(lesser(SPLAT(f32v, top), greater((f32v){0}, y * n + 0.5f))); }

/**
 * y = scale·z + shift; open = 0 < y ≤ B as bytes; spikes = clip(⌊n·y + ½⌋, 0, L); x = spikes / n. With levels 0:
 * x = max(y, 0), no spikes. NaN becomes 0.
 */
KERNEL(activate, Activate) {
  const f32 n = t.n, bound = t.bound, inverse = 1 / t.n, top = (f32)t.levels;
  const bool quantised = t.levels > 0;
  for (i32 image = lo; image < hi; image++) {
    isize at = (isize)image * t.pixels * t.channels;
    for (i32 p = 0; p < t.pixels; p++) {
      u8 *out = t.x ? t.x + image * t.xImage + ((u32 *)t.xOffsets)[p] : 0;
      for (isize c = 0; c < t.channels; c += 16, at += 16) {
        f32v y[BLOCK];
        i32v words[BLOCK];
        i16s halves[HALVES];
        ALL(v) {
          const isize from = (c + v * LANES) * 4;
          y[v] = LOAD(f32v, t.z + at * 4 + v * WIDTH) * LOAD(f32v, t.scale + from) + LOAD(f32v, t.shift + from);
          words[v] = (i32v)((y[v] > 0) & (y[v] <= bound));
        }
        narrowAll(words, halves);
        STORE(t.open + at, signedBytes(halves) & 1);
        if (quantised) {
          ALL(v) y[v] = level(y[v], n, top);
          if (t.spikes) {
            ALL(v) words[v] = whole(y[v]);
            narrowAll(words, halves);
            STORE(t.spikes + at, bytes(halves));
          }
          if (t.x)
            ALL(v) y[v] *= inverse;
        } else
          ALL(v) y[v] = greater((f32v){0}, y[v]);
        if (t.x)
          ALL(v) STORE(out + c * 4 + v * WIDTH, y[v]);
      }
    }
  }
}

/** The largest v in 16 bits at which y·factor + summand is still below `least`, where z = v or, where it falls, −1 − v. */
INLINE i32x4 exceeded(f32x4 scale, f32x4 shift, i32x4 falls, f32 factor, f32 summand, f32 least) {
  i32x4 threshold = SPLAT(i32x4, -32768);
  // No sum is as large as 32,767: what is never reached ends there.
  for (i32 step = 32768; step > 0; step >>= 1) {
    const i32x4 v = threshold + step;
    const f32x4 y = CONVERT(f32x4, v ^ falls) * scale + shift;
    const i32x4 reached = (i32x4)(y * factor + summand >= least);
    threshold = SELECT(i32x4, reached, threshold, v);
  }
  return threshold;
}

/** The next number of single precision above one that is not negative. */
INLINE f32 above(f32 v) {
  const u32 next = BITS(u32, v) + 1;
  return BITS(f32, next);
}

/** Four of them, in 16 bits. */
INLINE void storeThresholds(u8 *at, i32x4 thresholds) { STORE(at, CONVERT(i16x4, thresholds)); }

/**
 * Channels lo…hi, fours of them. What `activate` computes never falls as y rises, and y rises or falls with z, rounding
 * included: so there is one least z for each of its results, found by halving with the same operations.
 */
KERNEL(levelThresholds, LevelThresholds) {
  const isize row = (isize)t.channels * 2;
  for (i32 c = lo; c < hi; c += 4) {
    const f32x4 scale = LOAD(f32x4, (f32 *)t.scale + c), shift = LOAD(f32x4, (f32 *)t.shift + c);
    const i32x4 falls = (i32x4)(scale < 0);
    u8 *at = t.thresholds + c * 2;
    storeThresholds(at, falls);
    at += row;
    storeThresholds(at, exceeded(scale, shift, falls, 1, 0, above(0)));
    for (i32 level = 1; level <= t.levels; level++) {
      at += row;
      storeThresholds(at, exceeded(scale, shift, falls, t.n, 0.5f, (f32)level));
    }
    storeThresholds(at + row, exceeded(scale, shift, falls, 1, 0, above(t.bound)));
  }
}

/** Integer z of images lo…hi against these thresholds. Two pixels at a time; beyond the range, the last one again. */
KERNEL(activateIntegers, ActivateIntegers) {
  const isize row = t.channels, end = (isize)hi * t.pixels * row;
  for (isize first = (isize)lo * t.pixels * row; first < end; first += 2 * row) {
    const isize other = first + row < end ? row : 0;
    for (isize c = 0; c < row; c += 16) {
      const isize at[2] = {first + c, first + c + other};
      const u8 *limit = t.thresholds + c * 2;
      i16s z[2][HALVES], positive[2][HALVES], beyond[2][HALVES], levels[2][HALVES];
#define LIMITS(statement)                                   \
  EACH(h, HALVES) {                                         \
    const i16s most = LOAD(i16s, limit + h * sizeof(i16s)); \
    EACH(pixel, 2) statement;                               \
  }                                                         \
  limit += row * 2
      LIMITS(z[pixel][h] = LOAD(i16s, t.z + at[pixel] * 2 + h * sizeof(i16s)) ^ most);
      LIMITS(positive[pixel][h] = (i16s)(z[pixel][h] > most));
      EACH(h, HALVES)
        EACH(pixel, 2) levels[pixel][h] = (i16s){0};
      // A true comparison is −1.
      for (i32 level = 0; level < t.levels; level++) {
        LIMITS(levels[pixel][h] -= (i16s)(z[pixel][h] > most));
      }
      LIMITS(beyond[pixel][h] = (i16s)(z[pixel][h] > most));
#undef LIMITS
      EACH(pixel, 2) {
        STORE(t.spikes + at[pixel], bytes(levels[pixel]));
        STORE(t.open + at[pixel], signedBytes(positive[pixel]) & ~signedBytes(beyond[pixel]) & 1);
      }
    }
  }
}

/** x = spikes·scale of images lo…hi into a padded map. */
KERNEL(spikesToMap, SpikesToMap) {
  for (i32 n = lo; n < hi; n++) {
    const u8 *spikes = t.spikes + (isize)n * t.pixels * t.channels;
    for (i32 p = 0; p < t.pixels; p++, spikes += t.channels) {
      f32 *x = (f32 *)(t.x + n * t.xImage + ((u32 *)t.xOffsets)[p]);
      NEIGHBOURS for (isize c = 0; c < t.channels; c++) x[c] = (f32)spikes[c] * t.scale;
    }
  }
}
