// How gradients are added up from what tables say: of eight images side by side in floats, or of sixteen where vectors have 512 bits; of
// sixteen in integers.
#pragma once
#include "transpose.h"

enum {
  /** A gradient, or a sum of them, of all images side by side, in bytes; and the table of a group of four channels. */
  valueSize = WIDTH < 32 ? 32 : WIDTH,
  tableSize = sumsOfFour * valueSize,
  /** What places in the tables count for each sum, whatever the width of vectors. */
  placeSize = 32,
  /** A value of dx in integers, which then have 32 bits; in floats it takes as much as a gradient. */
  integerSize = 64,
  /** Vectors of a value. */
  parts = valueSize / WIDTH,
  integerParts = integerSize / WIDTH,
};

/** Where the sums at four places in the tables lie. */
INLINE void fourPlaces(const u8 *from[4], const u8 *tables, const u16 *places) {
#ifdef __wasm__
  EACH(k, 4) from[k] = tables + places[k] * (valueSize / placeSize);
#else
  // Loads are what there is too little time for: one for all four places. The first is in the lowest bits.
  const u64 all = LOAD(u64, places);
  EACH(k, 4) from[k] = tables + (isize)(u16)(all >> 16 * k) * (valueSize / placeSize);
#endif
}

/** Adds four sums of floats: those at `places` in the tables, in order. */
INLINE void addFourFloats(f32v sums[parts], const u8 *tables, const u16 *places) {
  const u8 *from[4];
  fourPlaces(from, tables, places);
  EACH(k, 4)
    EACH(s, parts) sums[s] += LOAD(f32v, from[k] + s * WIDTH);
}

#if WIDTH < 64
/** Lanes of a and b in turns: of the first four of each eight, and of the last four. */
#if WIDTH == 16
#define FIRST_FOURS LOW_HALVES
#define LAST_FOURS HIGH_HALVES
#else
#define FIRST_FOURS(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27)
#define LAST_FOURS(a, b) __builtin_shufflevector(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

/**
 * The same of integers. A product with pairs of one factor widens and adds two vectors at once: of two sums each, or where 16 bits
 * don't hold those, of one.
 */
INLINE void addFourIntegers(i32v sums[integerParts], const u8 *tables, const u16 *places, i32 shift, bool pairs) {
  const u8 *from[4];
  fourPlaces(from, tables, places);
  const i16v factors = SPLAT(i16v, (i16)(1 << shift));
  EACH(s, parts) {
    i16v v[4];
    EACH(k, 4) v[k] = LOAD(i16v, from[k] + s * WIDTH);
    if (pairs) {
      v[0] += v[1];
      v[1] = v[2] + v[3];
    }
    EACH(k, pairs ? 1 : 2) {
      sums[2 * s] += addedProducts(FIRST_FOURS(v[2 * k], v[2 * k + 1]), factors);
      sums[2 * s + 1] += addedProducts(LAST_FOURS(v[2 * k], v[2 * k + 1]), factors);
    }
  }
}
#endif

/**
 * Adds to each input channel of one pixel, of all images, what one tap brings it of `block` output channels: the sums at
 * the places that its weights say, in order.
 */
INLINE void addFloatSums(i32 block, i32 step, const u16 *places, u8 *dx, i32 channels, const u8 *tables) {
  for (u8 *end = dx + (isize)channels * valueSize; dx < end; dx += valueSize, places += step) {
    f32v sums[parts];
    EACH(s, parts) sums[s] = LOAD(f32v, dx + s * WIDTH);
    do {
      addFourFloats(sums, tables, places);
      if (block == 16) break;
      SEPARATE_ROUND(places);
      addFourFloats(sums, tables, places + 4);
    } while (false);
    EACH(s, parts) STORE(dx + s * WIDTH, sums[s]);
  }
}

#if WIDTH < 64
/**
 * The same in integers, of sixteen images, each 2^shift times: two sums fit 16 bits, or one if not `pairs`; more are added in 32.
 */
INLINE void addIntegerSums(i32 block, bool pairs, const u16 *places, u8 *dx, i32 channels, const u8 *tables, i32 shift) {
  for (u8 *end = dx + (isize)channels * integerSize; dx < end; dx += integerSize, places += block / 4) {
    i32v sums[integerParts];
    EACH(s, integerParts) sums[s] = LOAD(i32v, dx + s * WIDTH);
    do {
      addFourIntegers(sums, tables, places, shift, pairs);
      if (block == 16) break;
      SEPARATE_ROUND(places);
      addFourIntegers(sums, tables, places + 4, shift, pairs);
    } while (false);
    EACH(s, integerParts) STORE(dx + s * WIDTH, sums[s]);
  }
}
#endif

/** For blocks of 16 and of 32 channels. */
APART void addFloatSums16(const u16 *places, u8 *dx, i32 channels, const u8 *tables) {
  addFloatSums(16, 4, places, dx, channels, tables);
}
APART void addFloatSums32(const u16 *places, u8 *dx, i32 channels, const u8 *tables) {
  addFloatSums(WIDTH == 64 ? 16 : 32, 8, places, dx, channels, tables);
}
#if WIDTH < 64
#define INTEGER_SUMS(name, block, pairs)                                                  \
  APART void name(const u16 *places, u8 *dx, i32 channels, const u8 *tables, i32 shift) { \
    addIntegerSums(block, pairs, places, dx, channels, tables, shift);                    \
  }
INTEGER_SUMS(addIntegerPairs16, 16, true)
INTEGER_SUMS(addIntegerPairs32, 32, true)
INTEGER_SUMS(addIntegers16, 16, false)
INTEGER_SUMS(addIntegers32, 32, false)
#endif

/** What one tap brings one pixel. */
INLINE void addTap(TabledGradient t, const u16 *places, u8 *dx, const u8 *tables, i32 shift, bool pairs, bool integer) {
#if WIDTH < 64
  if (integer) {
    if (t.block == 32 && pairs)
      addIntegerPairs32(places, dx, t.channels, tables, shift);
    else if (t.block == 32)
      addIntegers32(places, dx, t.channels, tables, shift);
    else if (pairs)
      addIntegerPairs16(places, dx, t.channels, tables, shift);
    else
      addIntegers16(places, dx, t.channels, tables, shift);
    return;
  }
#endif
  if (t.block == 32)
    addFloatSums32(places, dx, t.channels, tables);
  else
    addFloatSums16(places, dx, t.channels, tables);
}
