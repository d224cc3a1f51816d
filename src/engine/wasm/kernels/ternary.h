#pragma once
#include "kernel.h"

/** Q(w): 1 if w ≥ t, −1 if w ≤ −t, else 0. The first goes first: where all weights are 0, so is t, and both hold. */
INLINE i32 ternary(f32 w, f32 t) { return w >= t ? 1 : -(w <= -t); }
