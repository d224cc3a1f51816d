// Spikes deleted at random, where vectors have 512 bits and a processor can deposit bits: a byte for each spike of an image says
// whether it is deleted, and sixteen neurons at a time are handed the bits of their spikes. Which spikes these are decides no
// branch: where deletions are looked for one by one, a processor can't foresee in which vector of counts the next one is. The same
// random words, and the same spikes.
#pragma once
#include "random.h"

#if defined(__AVX512BW__) && defined(__BMI2__) && WIDTH == 64
#define MARKED_SPIKES

enum {
  /** Spikes of a neuron, at most: sixteen neurons have four bits each of a word. */
  mostMarked = 4,
  /** Neurons that are looked up before any is written: right behind, loads would wait for several stores each. */
  markedNeurons = 2048
};

/** Shares of 2^32 by which a word's gap is found in six steps, each of which halves what it can be, and the last of all gaps. */
typedef struct {
  /** Of the first five steps, [1 for the first step, then twice the place, plus one where the word is below the share]. */
  u32v first[2];
  /** Of the sixth, by what the others came to. */
  u32v sixth[2];
  u32 last;
} GapShares;

INLINE u32v gathered(const u32 *from, u32v places) { return (u32v)_mm512_i32gather_epi32((__m512i)places, from, 4); }

INLINE GapShares readShares(const u32 *gaps) {
  const u32v steps[2] = {{0, 31, 15, 47, 7, 23, 39, 55, 3, 11, 19, 27, 35, 43, 51, 59},
                         {1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45, 49, 53, 57, 61}};
  const u32v even = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
  return (GapShares){{gathered(gaps, steps[0]), gathered(gaps, steps[1])},
                     {gathered(gaps, even), gathered(gaps, even + 32)},
                     gaps[tabledGaps - 1]};
}

/** Of each place below 32 the word that two vectors have there. */
INLINE u32v chosenWords(const u32v two[2], u32v places) {
  return (u32v)_mm512_permutex2var_epi32((__m512i)two[0], (__m512i)places, (__m512i)two[1]);
}

/** How many of the 64 shares each word is below. */
INLINE u32v gapsOf(const GapShares *shares, u32v words) {
  u32v place = SPLAT(u32v, 1u);
  // A true comparison is −1.
  EACH(step, 5) place = 2 * place - (u32v)(words < chosenWords(shares->first, place));
  place = 2 * place - (u32v)(words < chosenWords(shares->sixth, place));
  return place - 64 - (u32v)(words < shares->last);
}

/** Marks which of the first `spikes` spikes of an image are deleted, and some of those behind them. */
INLINE void markDeletions(DeleteSpikes t, const GapShares *shares, Draw draw, isize spikes) {
  u32 *gaps = (u32 *)t.drawn;
  __builtin_memset(t.marks, 0, spikes);
  isize next = 0;
  for (u32 block = 0; next < spikes; block += LANES) {
    drawWords(draw, block, gaps);
    EACH(w, 4) STORE(gaps + w * LANES, gapsOf(shares, LOAD(u32v, gaps + w * LANES)));
    NO_UNROLLING for (i32 i = 0; i < LANES; i++) EACH(w, 4) {
      const u32 gap = gaps[w * LANES + i], one = gap < tabledGaps;
      // Behind a gap as long as the table nothing is deleted, and the next gap begins there.
      next += gap;
      t.marks[next] = (u8)-one;
      next += one;
    }
  }
}

/** Spikes of a whole number of sixteen neurons. */
INLINE isize sumOfCounts(const u8 *s, isize neurons) {
  i64v sums = {0};
  const u8 *end = s + neurons;
  for (; end - s >= WIDTH; s += WIDTH) sums += (i64v)_mm512_sad_epu8((__m512i)LOAD(u8v, s), _mm512_setzero_si512());
  for (; s < end; s += 16) sums += (i64v)_mm512_zextsi128_si512(_mm_sad_epu8((__m128i)LOAD(u8x16, s), _mm_setzero_si128()));
  return (isize)_mm512_reduce_add_epi64((__m512i)sums);
}

/** Of counts up to 4 as many bits, in four bits each. */
INLINE u8half bitsOfCounts(u8v counts) {
  const __m512i bits = _mm512_broadcast_i32x4((__m128i)(u8x16){0, 1, 3, 7, 15});
  const i16v pairs = (i16v)_mm512_maddubs_epi16(_mm512_shuffle_epi8(bits, (__m512i)counts), _mm512_set1_epi16(0x1001));
  return CONVERT(u8half, pairs);
}

/** Of four bits each, how many are set. */
INLINE u8v countsOfBits(u8half bits) {
  const __m512i counts = _mm512_broadcast_i32x4((__m128i)(u8x16){0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4});
  const u16v pairs = CONVERT(u16v, bits);
  return (u8v)_mm512_shuffle_epi8(counts, (__m512i)((pairs | pairs << 4) & 0x0f0f));
}

/** Deletes what is marked among vectors of neurons from s on, whose marks begin at `marks`. @returns where the next ones' begin */
INLINE const u8 *deleteMarked(u8 *s, isize neurons, const u8 *marks, u8 *bits) {
  for (isize i = 0; i < neurons; i += WIDTH) STORE(bits + i / 2, bitsOfCounts(LOAD(u8v, s + i)));
  for (u8 *at = bits; at < bits + neurons / 2; at += 8) {
    const u64 spikes = LOAD(u64, at), marked = _mm512_movepi8_mask((__m512i)LOAD(u8v, marks));
    marks += __builtin_popcountll(spikes);
    STORE(at, (u64)_pdep_u64(marked, spikes));
  }
  for (isize i = 0; i < neurons; i += WIDTH) STORE(s + i, LOAD(u8v, s + i) - countsOfBits(LOAD(u8half, bits + i / 2)));
  return marks;
}

/** Deletes spikes of images lo…hi, of which a neuron has mostMarked at most. */
INLINE void deleteByMarks(DeleteSpikes t, i32 lo, i32 hi) {
  const GapShares shares = readShares((const u32 *)t.gaps);
  for (i32 n = lo; n < hi; n++) {
    u8 *s = t.spikes + n * t.imageBytes;
    markDeletions(t, &shares, DRAW(t, n), sumOfCounts(s, t.imageBytes));
    const u8 *marks = t.marks;
    u8 *const end = s + t.imageBytes / WIDTH * WIDTH;
    for (; s < end; s += markedNeurons)
      marks = deleteMarked(s, end - s < markedNeurons ? end - s : markedNeurons, marks, t.bits);
    const isize left = t.imageBytes % WIDTH;
    if (left == 0) continue;
    STORE(t.drawn, (u8v){0});
    __builtin_memcpy(t.drawn, end, left);
    deleteMarked(t.drawn, WIDTH, marks, t.bits);
    __builtin_memcpy(end, t.drawn, left);
  }
}
#endif
