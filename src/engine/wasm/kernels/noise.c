// Noise of the spiking network: spikes deleted at random.
#include "vector.h"

/**
 * Draws the words of four blocks, [word of the block][block]. Philox4x32-10 (Salmon et al. 2011) turns the counter
 * (block, 0, image, purpose) and the key into the four words of a block. Four at a time, whatever the width of vectors: more
 * would often be drawn in vain.
 */
INLINE void drawSixteen(DeleteSpikes t, u32 image, u32 block, u32 *out) {
  u32x4 a = block + (u32x4){0, 1, 2, 3}, b = {0}, c = SPLAT(u32x4, image), d = SPLAT(u32x4, t.purpose);
  u32 key0 = t.seedLow, key1 = t.seedHigh;
  NO_UNROLLING for (i32 round = 0; round < 10; round++) {
    const Products first = wholeProducts(a, 0xd2511f53), second = wholeProducts(c, 0xcd9e8d57);
    a = second.high ^ b ^ key0;
    b = second.low;
    c = first.high ^ d ^ key1;
    d = first.low;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  STORE(out, a);
  STORE(out + 4, b);
  STORE(out + 8, c);
  STORE(out + 12, d);
}

/** Gaps of sixteen words: a gap is how many of the table's shares a word is below. */
INLINE void drawGaps(DeleteSpikes t, u32 image, u32 block) {
  const u32 *drawn = (u32 *)t.drawn, *gaps = (u32 *)t.gaps;
  drawSixteen(t, image, block, (u32 *)t.drawn);
  NO_UNROLLING for (i32 i = 0; i < 16; i++) {
    // Word i & 3 of the block among four.
    const u32 word = drawn[(i & 3) * 4 + (i >> 2)];
    u32 gap = t.guide[word >> (32 - guideBits)];
    while (word < gaps[gap]) gap++;
    ((u32 *)t.ahead)[i] = gap;
  }
}

/** Levels up to which the sum of sixteen counts fits a byte. */
enum { fewLevels = 15 };

/** Four bytes in 16 bits each. */
INLINE u64 spread(u64 four) {
  const u64 two = (four | four << 16) & 0x0000ffff0000ffff;
  return (two | two << 8) & 0x00ff00ff00ff00ff;
}

/** @param few true if there are few levels */
INLINE void deleteAmong(DeleteSpikes t, i32 lo, i32 hi, i32 few) {
  // Sixteen counts at a time, or eight: a part of the product with ones is the sum of the parts up to it.
  const i32 step = few ? 16 : 8, highest = few ? 56 : 48;
  const u64 ones = few ? 0x0101010101010101 : 0x0001000100010001;
  const u32 *firstGap = (u32 *)t.ahead, *lastGap = firstGap + 15;
  u8 *s = t.spikes + lo * t.imageBytes;
  for (i32 n = lo; n < hi; n++) {
    const u32 image = t.firstImage + (u32)n;
    drawGaps(t, image, 0);
    u32 block = 4;
    const u32 *next = firstGap;
    // Spikes until the next that is deleted, if it is.
    u32 ahead = *next, one = ahead < tabledGaps;
    NO_UNROLLING for (const u8 *end = s + t.imageBytes; s < end; s += step) {
      const u64 low = (few ? LOAD(u64, s) : spread(LOAD(u32, s))) * ones;
      const u64 high = ((few ? LOAD(u64, s + 8) : spread(LOAD(u32, s + 4))) + (low >> highest)) * ones;
      const u32 all = (u32)(high >> highest);
      while (ahead < all) {
        // The first sum above `ahead` is that of the neuron whose spike it is.
        const u64x2 upTo = {low, high};
        const u32 above =
            few ? nonZeroBytes((u8x16)((u8x16)upTo >= (u8)(ahead + 1))) : nonZeroBytes((u8x16)((i16x8)upTo > (i16)ahead));
        u8 *at = s + __builtin_ctz(above) / (few ? 1 : 2);
        *at -= (u8)one;
        ahead += one;
        if (next == lastGap) {
          drawGaps(t, image, block);
          block += 4;
          next = firstGap - 1;
        }
        next++;
        ahead += *next;
        one = *next < tabledGaps;
      }
      ahead -= all;
    }
  }
}

/**
 * Deletes each spike independently with the same probability, by way of the gaps between the deleted ones, which are
 * geometrically distributed (Devroye, Non-Uniform Random Variate Generation, 1986, sections X.2 and XV.1): far fewer words
 * are drawn than there are spikes. Behind a gap as long as the table nothing is deleted, and the next begins: the
 * distribution has no memory. Random words by (seed, purpose, image), so that neither threads nor batches matter; spikes in
 * the order of pixels and channels, so that padding channels, which never fire, don't either.
 */
KERNEL(deleteSpikes, DeleteSpikes) {
  if (t.levels <= fewLevels)
    deleteAmong(t, lo, hi, 1);
  else
    deleteAmong(t, lo, hi, 0);
}
