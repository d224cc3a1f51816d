// Noise of the spiking network: spikes deleted at random, and those that there might have been.
#include "marked-spikes.h"
#include "tallied-spikes.h"

/** Gaps of these words: a gap is how many of the table's shares a word is below. */
INLINE void drawGaps(DeleteSpikes t, Draw draw, u32 block) {
  const u32 *drawn = (u32 *)t.drawn;
  drawWords(draw, block, (u32 *)t.drawn);
  NO_UNROLLING for (i32 i = 0; i < drawnWords; i++) {
    // Word i & 3 of the block among these.
    const u32 word = drawn[(i & 3) * LANES + (i >> 2)];
    ((u32 *)t.ahead)[i] = gapOf(t, word);
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
    const Draw draw = DRAW(t, n);
    drawGaps(t, draw, 0);
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
          drawGaps(t, draw, block);
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
 * distribution has no memory. Random words by (seed, purpose, layer, image), so that neither threads nor batches matter; spikes in
 * the order of pixels and channels, so that padding channels, which never fire, don't either.
 */
KERNEL(deleteSpikes, DeleteSpikes) {
#ifdef MARKED_SPIKES
  if (t.levels <= mostMarked) {
    deleteByMarks(t, lo, hi);
    return;
  }
#endif
#ifdef TALLIED_SPIKES
  if (t.levels <= mostTallied) {
    deleteByTallies(t, lo, hi);
    return;
  }
#endif
  // What comes before the last of a vector fits a byte.
  if (WIDTH * t.levels <= 256)
    deleteAmong(t, lo, hi, 8);
  else
    deleteAmong(t, lo, hi, 16);
}

/** Spikes become those that are missing, and back: of `most` of each channel, none of those for padding. */
KERNEL(complementSpikes, ComplementSpikes) {
  const isize channels = t.channels;
  u8 *s = t.spikes + (isize)lo * t.pixels * channels;
  for (i32 p = lo * t.pixels; p < hi * t.pixels; p++)
    NO_UNROLLING for (isize c = 0; c < channels; c += 16, s += 16) STORE(s, LOAD(u8x16, t.most + c) - LOAD(u8x16, s));
}
