// Spikes deleted at random, where bytes can be chosen from a vector: a byte for each number of an image's spikes says how many of
// the first ones are deleted, and a neuron loses by how much that grows with its own. Sixteen neurons look theirs up at once. Which
// spikes these are decides no branch: where deletions are looked for one by one, a processor can't foresee in which vector of counts
// the next one is. The same random words, and the same spikes.
#pragma once
#include "gaps.h"

#if (defined(__wasm__) && WIDTH == 16) || (defined(__SSSE3__) && WIDTH < 64)
#define TALLIED_SPIKES

enum {
  /** Spikes of a neuron, at most, and of sixteen neurons. */
  mostTallied = 4,
  mostOfSixteen = 16 * mostTallied,
  /** Bytes of the tally that are written at once. */
  run = tabledGaps / 2
};

/** Bytes n places further up in each 128 bits, and zeros behind them. n is a constant. */
#if defined(__wasm__)
#define UP(v, n)                                                                                                          \
  ((u8v)wasm_i8x16_shuffle((v128_t)(u8v){0}, (v128_t)(v), 16 - n, 17 - n, 18 - n, 19 - n, 20 - n, 21 - n, 22 - n, 23 - n, \
                           24 - n, 25 - n, 26 - n, 27 - n, 28 - n, 29 - n, 30 - n, 31 - n))
#elif WIDTH == 32
#define UP(v, n) ((u8v)_mm256_slli_si256((__m256i)(v), n))
#else
#define UP(v, n) ((u8v)_mm_slli_si128((__m128i)(v), n))
#endif

/** In each 128 bits, of each place the byte that v has there, and 0 of places from 16 on. */
INLINE u8v bytesThere(u8v v, u8v places) {
#if defined(__wasm__)
  return (u8v)wasm_i8x16_swizzle((v128_t)v, (v128_t)places);
#elif WIDTH == 32
  // Of bytes from 128 on it makes 0.
  return (u8v)_mm256_shuffle_epi8((__m256i)v, _mm256_adds_epu8((__m256i)places, _mm256_set1_epi8(112)));
#else
  return (u8v)_mm_shuffle_epi8((__m128i)v, _mm_adds_epu8((__m128i)places, _mm_set1_epi8(112)));
#endif
}

/** Sixteen bytes from `distance` behind each of two addresses, or one. */
INLINE u8v loadParts(const u8 *const from[2], i32 distance) {
#if WIDTH == 32
  return (u8v)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)LOAD(u8x16, from[0] + distance)),
                                      (__m128i)LOAD(u8x16, from[1] + distance), 1);
#else
  return LOAD(u8v, from[0] + distance);
#endif
}

/** Spikes of a whole number of sixteen neurons. */
INLINE isize spikesOf(const u8 *s, isize neurons) {
  const u8 *end = s + neurons;
#ifdef __wasm__
  i32x4 sums = {0};
  for (; s < end; s += 16) sums += fourProducts(sumsOfPairs(LOAD(u8x16, s)), SPLAT(i16x8, (i16)1));
  return (isize)sums[0] + sums[1] + sums[2] + sums[3];
#else
  __m128i sums = _mm_setzero_si128();
#if WIDTH == 32
  __m256i all = _mm256_setzero_si256();
  for (; end - s >= WIDTH; s += WIDTH)
    all = _mm256_add_epi64(all, _mm256_sad_epu8((__m256i)LOAD(u8v, s), _mm256_setzero_si256()));
  sums = _mm_add_epi64(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
#endif
  for (; s < end; s += 16) sums = _mm_add_epi64(sums, _mm_sad_epu8((__m128i)LOAD(u8x16, s), _mm_setzero_si128()));
  return (isize)((i64x2)sums)[0] + (isize)((i64x2)sums)[1];
#endif
}

/**
 * A tally in the making: where the next gap begins in it, and how many are deleted before, in all bytes of one vector: GCC has one of
 * a whole run, where that is two, go by way of the stack.
 */
typedef struct {
  u8 *at;
  u8v deleted;
} Tally;

/** Goes on by the gaps of a block of random words. */
INLINE void tallyBlock(DeleteSpikes t, const u32 *drawn, Tally *tally, i32 block) {
  EACH(w, 4) {
    const u32 word = drawn[w * LANES + block];
    const u32 gap = gapOf(t, word);
    // The gap's spikes, and the one that is deleted behind it, come when no more than now are.
    EACH(i, run / WIDTH) STORE(tally->at + i * WIDTH, tally->deleted);
    tally->at += gap + 1;
    tally->deleted += 1;
    if (gap < run) continue;
    EACH(i, run / WIDTH) STORE(tally->at - gap + (run - 1) + i * WIDTH, tally->deleted - 1);
    // Behind a gap as long as the table nothing is deleted, and the next gap begins there.
    if (gap == tabledGaps) {
      tally->at--;
      tally->deleted -= 1;
    }
  }
}

/**
 * Writes how many of an image's first 0, 1, 2 … spikes are deleted, modulo 256. Natively words are drawn while the tally goes on by
 * those before, in turns: each would wait for itself.
 */
INLINE void tallyDeletions(DeleteSpikes t, Draw draw, isize spikes) {
  Tally tally = {t.marks, {0}};
  const u8 *end = t.marks + spikes;
#ifdef __wasm__
  for (u32 block = 0; tally.at <= end; block += 2 * LANES) {
    drawBatches(draw, block, (u32 *)t.drawn, 2);
    NO_UNROLLING for (u32 *drawn = (u32 *)t.drawn; drawn < (u32 *)t.drawn + 2 * drawnWords; drawn += drawnWords)
        NO_UNROLLING for (i32 i = 0; i < LANES; i++) tallyBlock(t, drawn, &tally, i);
  }
#else
  drawWords(draw, 0, (u32 *)t.drawn);
  for (u32 block = LANES; tally.at <= end; block += LANES) {
    Drawing d = beginDrawing(draw, block);
    EACH(round, 10) {
      drawRound(&d);
      if (round < LANES) tallyBlock(t, (u32 *)t.drawn, &tally, round);
      // Compilers would put one after the other.
      __asm__("" : "+x"(d.words[0][0]), "+x"(d.words[0][1])::"memory");
    }
    EACH(w, 4) STORE(t.drawn + w * WIDTH, drawnBy(&d, w));
  }
#endif
}

/** Deletes among the neurons of a vector. tally: of the spikes before theirs. @returns that of theirs as well */
INLINE const u8 *deleteTallied(u8 *s, const u8 *tally) {
  const u8v counts = LOAD(u8v, s);
  // Spikes up to each neuron, of the sixteen that it is one of.
  u8v upTo = counts + UP(counts, 1);
  upTo += UP(upTo, 2);
  upTo += UP(upTo, 4);
  upTo += UP(upTo, 8);
  const i32 lower = upTo[15], upper = upTo[WIDTH - 1];
  const u8 *const from[2] = {tally, tally + lower};
  const u8v first = loadParts(from, 0);
  u8v deleted = bytesThere(first, upTo) | bytesThere(loadParts(from, 16), upTo - 16);
  if (lower >= 32 || upper >= 32)
    for (u8 far = 32; far <= mostOfSixteen; far += 16) deleted |= bytesThere(loadParts(from, far), upTo - far);
  // Less what was deleted up to the neuron before.
  u8v start = {0};
  EACH(part, WIDTH / 16) start[part * 16] = 255;
  STORE(s, counts - (deleted - (UP(deleted, 1) | (first & start))));
  return tally + lower + (WIDTH == 32 ? upper : 0);
}

/** Deletes spikes of images lo…hi, of which a neuron has mostTallied at most. */
INLINE void deleteByTallies(DeleteSpikes t, i32 lo, i32 hi) {
  for (i32 n = lo; n < hi; n++) {
    u8 *s = t.spikes + n * t.imageBytes, *const end = s + t.imageBytes / WIDTH * WIDTH;
    tallyDeletions(t, DRAW(t, n), spikesOf(s, t.imageBytes));
    const u8 *tally = t.marks;
    for (; s < end; s += WIDTH) tally = deleteTallied(s, tally);
    const isize left = t.imageBytes % WIDTH;
    if (left == 0) continue;
    STORE(t.drawn, (u8v){0});
    __builtin_memcpy(t.drawn, end, left);
    deleteTallied(t.drawn, tally);
    __builtin_memcpy(end, t.drawn, left);
  }
}
#endif
