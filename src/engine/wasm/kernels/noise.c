// Noise of the spiking network: spikes deleted at random.
#include "vector.h"

/** Random words that are drawn at a time: of as many blocks as a vector has lanes. */
enum { drawnWords = 4 * LANES };

/**
 * Draws the words of blocks from `block` on, [word of the block][block]. Philox4x32-10 (Salmon et al. 2011) turns the counter
 * (block, 0, image, purpose) and the key into the four words of a block.
 */
INLINE void drawWords(DeleteSpikes t, u32 image, u32 block, u32 *out) {
  u32v a, b = {0}, c = SPLAT(u32v, image), d = SPLAT(u32v, t.purpose);
  EACH(i, LANES) a[i] = block + i;
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
  STORE(out + LANES, b);
  STORE(out + 2 * LANES, c);
  STORE(out + 3 * LANES, d);
}

/** Gaps of these words: a gap is how many of the table's shares a word is below. */
INLINE void drawGaps(DeleteSpikes t, u32 image, u32 block) {
  const u32 *drawn = (u32 *)t.drawn, *gaps = (u32 *)t.gaps;
  drawWords(t, image, block, (u32 *)t.drawn);
  NO_UNROLLING for (i32 i = 0; i < drawnWords; i++) {
    const u32 word = drawn[(i & 3) * LANES + (i >> 2)];
    u32 gap = t.guide[word >> (32 - guideBits)];
    while (word < gaps[gap]) gap++;
    ((u32 *)t.ahead)[i] = gap;
  }
}

/**
 * Of counts in `bits` bits each, eight or sixteen: the sum of all that come before it, in place of each.
 * @returns the sum of all
 */
INLINE u32 sumBefore(u64v *counts, i32 bits) {
  const u64 ones = bits == 8 ? 0x0101010101010101 : 0x0001000100010001;
#if WIDTH == 16
  // A part of the product with ones is the sum of the parts up to it.
  const u64 first = (*counts)[0], second = (*counts)[1], low = (first << bits) * ones;
  const u64 high = ((second << bits) + (low >> (64 - bits)) + (first >> (64 - bits))) * ones;
  *counts = (u64v){low, high};
  return (u32)((high >> (64 - bits)) + (second >> (64 - bits)));
#else
  // Sums of each 64 bits, and of all 64 bits up to them.
  u64v own = *counts;
  if (bits == 8) own = (own & 0x00ff00ff00ff00ff) + (own >> 8 & 0x00ff00ff00ff00ff);
  own += own >> 32;
  own = (own + (own >> 16)) & 0xffff;
  u64v upTo = own;
#if WIDTH == 64
  upTo += __builtin_shufflevector(upTo, (u64v){0}, 8, 0, 1, 2, 3, 4, 5, 6);
  upTo += __builtin_shufflevector(upTo, (u64v){0}, 8, 9, 0, 1, 2, 3, 4, 5);
  upTo += __builtin_shufflevector(upTo, (u64v){0}, 8, 9, 10, 11, 0, 1, 2, 3);
#else
  upTo += __builtin_shufflevector(upTo, (u64v){0}, 4, 0, 1, 2);
  upTo += __builtin_shufflevector(upTo, (u64v){0}, 4, 5, 0, 1);
#endif
  *counts = ((*counts << bits) + (upTo - own)) * ones;
  return (u32)upTo[WIDTH / 8 - 1];
#endif
}

/** As many counts as a vector takes in `bits` bits each; zeros behind the last of `left` counts. */
INLINE u64v nextCounts(DeleteSpikes t, const u8 *s, isize left, i32 bits) {
  if (left < WIDTH * 8 / bits) {
    // The words have become gaps.
    __builtin_memset(t.drawn, 0, WIDTH);
    __builtin_memcpy(t.drawn, s, left);
    s = t.drawn;
  }
  return bits == 8 ? LOAD(u64v, s) : (u64v)CONVERT(u16v, LOAD(u8half, s));
}

/** Deletes among counts that are taken in `bits` bits each, 8 or 16: a vector of them at a time. */
INLINE void deleteAmong(DeleteSpikes t, i32 lo, i32 hi, i32 bits) {
  const i32 step = WIDTH * 8 / bits;
  const u32 *firstGap = (u32 *)t.ahead, *lastGap = firstGap + drawnWords - 1;
  for (i32 n = lo; n < hi; n++) {
    u8 *s = t.spikes + n * t.imageBytes;
    const u32 image = t.firstImage + (u32)n;
    drawGaps(t, image, 0);
    u32 block = LANES;
    const u32 *next = firstGap;
    // Spikes until the next that is deleted, if it is.
    u32 ahead = *next, one = ahead < tabledGaps;
    for (const u8 *end = s + t.imageBytes; s < end; s += step) {
      u64v sums = nextCounts(t, s, end - s, bits);
      const u32 all = sumBefore(&sums, bits);
      while (ahead < all) {
        // The last of the neurons with no more spikes before them is that whose spike it is.
        const u8v later = bits == 8 ? (u8v)((u8v)sums > (u8)ahead) : (u8v)((u16v)sums > (u16)ahead);
        s[firstSet(later) / (bits / 8) - 1] -= (u8)one;
        ahead += one;
        if (next == lastGap) {
          drawGaps(t, image, block);
          block += LANES;
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
  // What comes before the last of a vector fits a byte.
  if (WIDTH * t.levels <= 256)
    deleteAmong(t, lo, hi, 8);
  else
    deleteAmong(t, lo, hi, 16);
}
