// Q(w), the paper's quantiser of weights.
#pragma once
#include "narrow.h"

/** Q(w): 1 if w ≥ t, −1 if w ≤ −t, else 0. The first goes first: where all weights are 0, so is t, and both hold. */
INLINE i32 ternary(f32 w, f32 t) { return w >= t ? 1 : -(w <= -t); }

/** The same of sixteen weights. */
INLINE i8x16 sixteenTernaries(const f32 *w, f32 t) {
  i32v q[BLOCK];
  EACH(v, BLOCK) {
    // A true comparison is −1.
    const f32v weights = LOAD(f32v, w + v * LANES);
    const i32v positive = weights >= t;
    q[v] = ((weights <= -t) & ~positive) - positive;
  }
  i16s halves[HALVES];
  narrowAll(q, halves);
  return signedBytes(halves);
}
