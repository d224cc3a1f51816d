// Squares of values turned: memory of images becomes memory of channels, and back.
#pragma once
#include "vector.h"

/** Lanes of the halves of a and b in turns: a0 b0 a1 b1 … */
#define LOW_FLOATS(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_FLOATS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW_BYTES(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_BYTES(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/**
 * n×n values, where 128 bits hold n = 2^passes: row i lies at from + min(first + i, last)·fromStep, column i goes to
 * to + i·toStep, of `count` columns. In each pass, row i and row i + n/2 are interleaved.
 */
#define TRANSPOSITION(name, type, n, passes, LOW, HIGH)                                                   \
  APART void name(const u8 *from, isize fromStep, i32 first, i32 last, u8 *to, isize toStep, i32 count) { \
    type rows[n], next[n];                                                                                \
    EACH(i, n) rows[i] = LOAD(type, from + min(first + i, last) * fromStep);                              \
    EACH(pass, passes) {                                                                                  \
      EACH(i, n / 2) {                                                                                    \
        next[2 * i] = LOW(rows[i], rows[i + n / 2]);                                                      \
        next[2 * i + 1] = HIGH(rows[i], rows[i + n / 2]);                                                 \
      }                                                                                                   \
      EACH(i, n) rows[i] = next[i];                                                                       \
    }                                                                                                     \
    EACH(i, n)                                                                                            \
      if (i < count) STORE(to + i * toStep, rows[i]);                                                     \
  }

TRANSPOSITION(transposeFloats, f32x4, 4, 2, LOW_FLOATS, HIGH_FLOATS)
TRANSPOSITION(transposeHalves, i16x8, 8, 3, LOW_HALVES, HIGH_HALVES)
TRANSPOSITION(transposeBytes, i8x16, 16, 4, LOW_BYTES, HIGH_BYTES)

/** Rows of numbers to columns: rounds of interleaving rows of the upper half with those of the lower move row bits into lane bits. */
INLINE void turn(f32v rows[LANES]) {
  EACH(round, __builtin_ctz(LANES)) {
    f32v turned[LANES];
    EACH(r, LANES / 2) {
      turned[2 * r] = LOWER_IN_TURNS(rows[r], rows[r + LANES / 2]);
      turned[2 * r + 1] = UPPER_IN_TURNS(rows[r], rows[r + LANES / 2]);
    }
    EACH(r, LANES) rows[r] = turned[r];
  }
}
