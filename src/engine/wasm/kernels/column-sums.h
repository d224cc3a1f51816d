// What spikes add up to by columns: the weights that four output channels have for one input, of which there are 40, but for their
// signs. The inputs that meet the same column are added up once for all four channels, and the channels' sums are made of the
// columns' (Liberty and Zucker, The Mailman algorithm, 2009). A vector holds 64 counts, two in each byte, and sums of three such
// still fit: then they are parted, and added up in bytes. So an addition loads half as much, of memory that is half as large.
#pragma once
#include "vector.h"

#if defined(__AVX2__) && WIDTH == 32
#define COLUMNS
enum {
  /** Places whose sums are made at a time. */
  columnPlaces = 3,
  /** Bytes of an input at a place, and of half the sums of all places. */
  inputBytes = 32,
  halfSums = columnPlaces * inputBytes
};

/** Sums of 64 counts at some places: those of the lower halves of bytes, and of the upper ones. */
typedef struct {
  i8v low[columnPlaces], high[columnPlaces];
} PartedSums;

/**
 * Adds to sums, or takes away from them, what a list of inputs is at some places: three at a time, none of which fill the last three.
 * @returns what follows the list
 */
INLINE const u16 *addListed(PartedSums *sums, i32 places, const u8 *const *windows, const u16 *list, bool negative) {
  const u16 *end = list + 1 + *list;
  for (list++; list < end; list += 3)
    EACH(i, places) {
      u8v three = LOAD(u8v, windows[i] + (isize)list[0] * inputBytes);
      three += LOAD(u8v, windows[i] + (isize)list[1] * inputBytes);
      three += LOAD(u8v, windows[i] + (isize)list[2] * inputBytes);
      const i8v low = (i8v)(three & 15), high = (i8v)((u8v)((u16v)three >> 4) & 15);
      sums->low[i] = negative ? sums->low[i] - low : sums->low[i] + low;
      sums->high[i] = negative ? sums->high[i] - high : sums->high[i] + high;
    }
  return list;
}

/** Sums of each column, as [column][half][place], in bytes: columns come in any order. @returns what follows their lists */
INLINE const u16 *addColumns(u8 *columns, i32 places, const u8 *const *windows, const u16 *list) {
  for (i32 left = columnCount; left > 0; left--) {
    u8 *to = columns + *list++ * (2 * halfSums);
    PartedSums sums;
    EACH(i, places) sums.low[i] = sums.high[i] = (i8v){0};
    list = addListed(&sums, places, windows, list, false);
    list = addListed(&sums, places, windows, list, true);
    EACH(i, places) {
      STORE(to + i * inputBytes, sums.low[i]);
      STORE(to + halfSums + i * inputBytes, sums.high[i]);
    }
  }
  return list;
}

/** Sixteen sums of a column, counted from 1. */
INLINE i16v columnSums(const u8 *sums, i32 column) { return CONVERT(i16v, LOAD(i8x16, sums + (column - 1) * (2 * halfSums))); }

/**
 * Membranes of four channels of the sums of columns: the last channel is what ends in 1 less what ends in −1, and columns that differ
 * in their last weight only are one for the channels before.
 */
INLINE void combineColumns(const u8 *sums, i16v membranes[columnChannels]) {
  // Column r of three channels is 3r − 1, 3r and 3r + 1 of four; column s of two, 3s − 1, 3s and 3s + 1 of three.
  i16v fourth = columnSums(sums, 1), third = {0}, second = {0}, first = {0};
  EACH(s, 5) {
    i16v both = {0};
    EACH(k, 3) {
      const i32 r = 3 * s + k - 1;
      if (r < 1) continue;
      const i16v more = columnSums(sums, 3 * r + 1), less = columnSums(sums, 3 * r - 1);
      const i16v all = more + columnSums(sums, 3 * r) + less;
      fourth += more - less;
      if (k == 2) third += all;
      if (k == 0) third -= all;
      both += all;
    }
    // (0, 0), (0, 1), (1, −1), (1, 0) and (1, 1).
    if (s == 1 || s == 4) second += both;
    if (s == 2) second -= both;
    if (s >= 2) first += both;
  }
  membranes[0] = first;
  membranes[1] = second;
  membranes[2] = third;
  membranes[3] = fourth;
}
#endif
