// Sums of spike counts bit by bit, by columns: the weights that four output channels have for one input, as in column-sums.h. Each
// input's three planes are added up once for all four channels. What a weight of −1 takes away is added as planes that say
// the opposite: 7 less the count.
#pragma once
#include "slices.h"

#ifdef SLICES
enum {
  /** Bits of a spike count. */
  countBits = 3,
  /** Bits of a column's sum, at most, and of a channel's, which has a sign. */
  mostColumnBits = 14,
  mostSumBits = 17,
  planeBytes = 64
};

/**
 * Adds what four weights meet; the first two, and the last, the opposite of it. eights: three carries to them.
 * @returns what is still to be added to the fours
 */
INLINE Bits addFour(Bits *sum, const u8 *const planes[countBits], const u16 *places, bool first, bool last, Bits eights[3]) {
  // Loaded where they are needed.
#define COUNT(bit, i) loadedOnce(planes[bit] + 2 * (isize)places[i])
  const Bits two0 = carriedCounts(sum, COUNT(0, 0), COUNT(0, 1), first);
  const Bits two1 = carriedCounts(sum, COUNT(0, 2), COUNT(0, 3), last);
  const Bits four0 = carried(sum + 1, two0, two1);
  const Bits four1 = carriedCounts(sum + 1, COUNT(1, 0), COUNT(1, 1), first);
  const Bits four2 = carriedCounts(sum + 1, COUNT(1, 2), COUNT(1, 3), last);
  eights[0] = carried(sum + 2, four0, four1);
  eights[1] = carriedCounts(sum + 2, COUNT(2, 0), COUNT(2, 1), first);
  eights[2] = carriedCounts(sum + 2, COUNT(2, 2), COUNT(2, 3), last);
#undef COUNT
  return four2;
}

/** Adds what is carried to the bits from `first` on. */
INLINE void carryOn(Bits *sum, i32 bits, i32 first, Bits carry) {
  EACH(i, bits - first) carry = carriedOne(sum + first + i, carry);
}

/** The same to a sum of so many bits. */
INLINE void addFours(Bits *sum, i32 bits, const u8 *const planes[countBits], const u16 *places, bool first, bool last) {
  Bits a[3];
  const Bits four = addFour(sum, planes, places, first, last, a);
  const Bits of0 = carried(sum + 3, a[0], a[1]);
  const Bits eight = carriedOne(sum + 2, four);
  const Bits of1 = carried(sum + 3, a[2], eight);
  carryOn(sum, bits, 5, carried(sum + 4, of0, of1));
}

/** The same of eight weights: opposite says it of the first four, and of the last. */
INLINE void addEights(Bits *sum, i32 bits, const u8 *const planes[countBits], const u16 *places, bool first, bool last) {
  Bits a[3], b[3];
  const Bits four0 = addFour(sum, planes, places, first, first, a);
  const Bits of0 = carried(sum + 3, a[0], a[1]);
  const Bits four1 = addFour(sum, planes, places + 4, last, last, b);
  const Bits of1 = carried(sum + 3, a[2], b[0]), of2 = carried(sum + 3, b[1], b[2]);
  const Bits of3 = carriedOne(sum + 3, carried(sum + 2, four0, four1));
  const Bits next0 = carried(sum + 4, of0, of1), next1 = carried(sum + 4, of2, of3);
  carryOn(sum, bits, 6, carried(sum + 5, next0, next1));
}

/** What a column's list has behind whole eights: four inputs, four that meet its opposite, and two of each. */
enum { positiveLeft = 1, negativeLeft = 2, bothLeft = positiveLeft | negativeLeft, twosLeft = 4 };

/** Sums of each column, [column][bit]. list: see SlicedForward. @returns what follows it */
INLINE const u16 *addSlicedColumns(const u8 *const planes[countBits], const u16 *list, u8 *sums, i32 bits) {
  for (i32 left = columnCount; left > 0; left--) {
    u8 *to = sums + list[0] * (bits * planeBytes);
    const u16 *positive = list + 4 + list[1], *negative = positive + list[2];
    const i32 rest = list[3];
    Bits sum[mostColumnBits];
    EACH(i, bits) sum[i] = (Bits){0};
    NO_UNROLLING for (list += 4; list < positive; list += 8) addEights(sum, bits, planes, list, false, false);
    NO_UNROLLING for (; list < negative; list += 8) addEights(sum, bits, planes, list, true, true);
    if ((rest & bothLeft) == bothLeft) {
      addEights(sum, bits, planes, list, false, true);
      list += 8;
    } else if (rest & positiveLeft) {
      addFours(sum, bits, planes, list, false, false);
      list += 4;
    } else if (rest & negativeLeft) {
      addFours(sum, bits, planes, list, true, true);
      list += 4;
    }
    if (rest & twosLeft) {
      addFours(sum, bits, planes, list, false, true);
      list += 4;
    }
    EACH(i, bits) STORE(to + i * planeBytes, sum[i]);
  }
  return list;
}

/** Bits of the sum of so many numbers, where no sum has more than `most`. */
INLINE i32 sumBits(i32 bits, i32 count, i32 most) {
  return min(bits + (count > 8 ? 4 : count > 4 ? 3 : count > 2 ? 2 : count > 1 ? 1 : 0), most);
}

/** One of several numbers that are added up, after `before` others. */
INLINE void addOne(Bits *sum, i32 before, const Bits *b, i32 bits, i32 most) {
  if (before > 0)
    addNumber(sum, sumBits(bits, before + 1, most), b, bits);
  else
    EACH(i, bits) sum[i] = b[i];
}

/** A column's sum, counted from 1. */
INLINE void loadColumn(Bits *to, const u8 *sums, i32 column, i32 bits) {
  EACH(i, bits) to[i] = LOAD(Bits, sums + ((column - 1) * bits + i) * planeBytes);
}

typedef Bits Number[mostSumBits];

/** Sums of four channels with `all` bits and a sign among them, of those of columns: see combineColumns. */
INLINE void combineSlices(const u8 *sums, i32 bits, i32 all, Number channels[4]) {
  const i32 most = all - 1, threeBits = sumBits(bits, 3, most), nineBits = sumBits(threeBits, 3, most);
  Number less[3] = {{{0}}};
  EACH(c, 4)
    EACH(i, all) channels[c][i] = (Bits){0};
  loadColumn(channels[3], sums, 1, bits);
  EACH(s, 5) {
    Number both = {{0}};
    EACH(k, 3) {
      const i32 r = 3 * s + k - 1;
      if (r < 1) continue;
      Number column, three = {{0}};
      loadColumn(three, sums, 3 * r + 1, bits);
      addOne(channels[3], r, three, bits, most);
      loadColumn(column, sums, 3 * r - 1, bits);
      addOne(less[2], r - 1, column, bits, most);
      addNumber(three, sumBits(bits, 2, most), column, bits);
      loadColumn(column, sums, 3 * r, bits);
      addNumber(three, threeBits, column, bits);
      if (k == 2) addOne(channels[2], s, three, threeBits, most);
      if (k == 0) addOne(less[1], s - 1, three, threeBits, most);
      if (s > 0) addOne(both, k, three, threeBits, most);
    }
    // (0, 0), (0, 1), (1, −1), (1, 0) and (1, 1).
    if (s == 1 || s == 4) addOne(channels[1], s == 4, both, nineBits, most);
    if (s == 2) addOne(less[0], 0, both, nineBits, most);
    if (s >= 2) addOne(channels[0], s - 2, both, nineBits, most);
  }
  EACH(c, 3) subtractNumber(channels[c + 1], less[c], all);
}
#endif
