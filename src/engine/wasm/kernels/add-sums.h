// How sums are added up from what tables say, sixteen images side by side.
#pragma once
#include "vector.h"

/** Membranes of sixteen images, in 16 bits, as vectors; and as many bytes as each of them has lanes. */
typedef u16 Sums VECTOR(WIDTH < 32 ? WIDTH : 32);
typedef u8 SumsBytes VECTOR(sizeof(Sums) / 2);
enum { sumsVectors = 32 / sizeof(Sums) };

/**
 * To each output channel of one pixel, in 16 bits, what `taps` neighbouring taps bring it of `block` input channels each, whose
 * tables of sums are of bytes: a byte holds eight sums. places: of the first tap; those of the next lie tapBytes further;
 * table0 …: each tap's own. block and taps are constants.
 */
INLINE void addSums(i32 block, i32 taps, const u8 *places, isize tapBytes, u8 *membranes, i32 channels, const u8 *table0,
                    const u8 *table1, const u8 *table2, const u8 *table3, const u8 *table4) {
  const u8 *const tables[] = {table0, table1, table2, table3, table4};
  // Groups of four places.
  const i32 groups = block / 16, all = taps * groups;
  for (const u8 *end = membranes + (isize)channels * 32; membranes < end; membranes += 32, places += block / 2) {
    Sums sums[sumsVectors];
    EACH(v, sumsVectors) sums[v] = LOAD(Sums, membranes + v * sizeof(Sums));
    u8x16 few = {0};
    EACH(i, all) {
      // Arithmetic is put off until somebody needs its result: so they are stored where nobody comes by.
      if (i > 0 && i % 2 == 0 && NEVER((uintptr_t)places - 256 * i)) {
        EACH(v, sumsVectors) STORE(membranes + v * sizeof(Sums), sums[v]);
        return;
      }
      const u16 *place = (const u16 *)(places + i / groups * tapBytes) + i % groups * 4;
      const u8 *table = tables[i / groups];
      const u8x16 four = (LOAD(u8x16, table + place[0]) + LOAD(u8x16, table + place[1])) +
                         (LOAD(u8x16, table + place[2]) + LOAD(u8x16, table + place[3]));
      few = i % 2 ? few + four : four;
      if (i % 2 || i == all - 1)
        EACH(v, sumsVectors) sums[v] += CONVERT(Sums, LOAD(SumsBytes, (u8 *)&few + v * sizeof(SumsBytes)));
    }
    EACH(v, sumsVectors) STORE(membranes + v * sizeof(Sums), sums[v]);
  }
}

/** One tap. */
#define ONE_TAP(block)                                                                        \
  APART void addSums##block(const u8 *places, u8 *membranes, i32 channels, const u8 *table) { \
    addSums(block, 1, places, 0, membranes, channels, table, table, table, table, table);     \
  }
ONE_TAP(16)
ONE_TAP(32)
ONE_TAP(64)

/** Several taps of sixteen channels. */
#define SEVERAL_TAPS(taps)                                                                                     \
  APART void addSums16x##taps(const u8 *places, isize tapBytes, u8 *membranes, i32 channels, const u8 *table0, \
                              const u8 *table1, const u8 *table2, const u8 *table3, const u8 *table4) {        \
    addSums(16, taps, places, tapBytes, membranes, channels, table0, table1, table2, table3, table4);          \
  }
SEVERAL_TAPS(2)
SEVERAL_TAPS(3)
SEVERAL_TAPS(4)
SEVERAL_TAPS(5)
