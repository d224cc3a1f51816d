// Gaps between deleted spikes in vectors of 256 bits: looked up one by one, and a branch does where the guide leaves one open.
#pragma once
#include "course.h"
#include "gaps.h"

/** A batch of random words and the gaps that they mean, [word of the block][block]. */
typedef struct {
  u32 *words;
  u8 *gaps;
} Batch;

/** A bit for each gap that the guide leaves open. */
INLINE u32 openGaps(const u8 *gaps) { return (u32)_mm256_movemask_epi8((__m256i)LOAD(u8v, gaps)); }

/** Of each lane the sum of those up to it. */
INLINE u32v sumsUpTo(u32v v) {
  v += (u32v)_mm256_slli_si256((__m256i)v, 4);
  v += (u32v)_mm256_slli_si256((__m256i)v, 8);
  // The sum of the lower half, in all lanes of the upper one.
  return v + (u32v)_mm256_shuffle_epi32(_mm256_permute2x128_si256((__m256i)v, (__m256i)v, 0x08), 0xff);
}

/**
 * Adds up a batch's gaps. at: which spikes are deleted, from `start` on; −1 behind a gap as long as the table, where none is, and the
 * next gap begins. @returns how many spikes they take
 */
INLINE isize addGaps(DeleteSpikes t, Batch b, isize start, i32 *at) {
  for (u32 open = openGaps(b.gaps); open; open &= open - 1) {
    const i32 i = __builtin_ctz(open);
    b.gaps[i] = (u8)gapOf(t, b.words[i]);
  }
  u32v upTo[4], sum = {0}, endless[4];
  EACH(w, 4) {
    const u32v gaps = CONVERT(u32v, LOAD(u8quarter, b.gaps + w * LANES));
    endless[w] = (u32v)(gaps == tabledGaps);
    upTo[w] = sum += gaps + 1 + endless[w];
  }
  const u32v blocks = sumsUpTo(sum), before = blocks - sum + (u32)start - 1;
  EACH(w, 4) STORE(at + w * LANES, (before + upTo[w]) | endless[w]);
  return (isize)blocks[LANES - 1];
}

/** Batches of gaps on their way: while one is looked up, the one before is added up, and its spikes are marked. */
typedef struct {
  Batch own, before;
  Course course;
} Marking;

INLINE Marking beginMarking(DeleteSpikes t) {
  return (Marking){.own = {(u32 *)t.drawn, t.ahead},
                   .before = {(u32 *)t.drawn + drawnWords, t.ahead + drawnWords},
                   .course = beginCourse(t)};
}

/** There is no batch before: in its place is one that deletes nothing. */
INLINE void forgetBefore(DeleteSpikes t, Marking *m) {
  STORE(m->before.gaps, SPLAT(u8v, (u8)tabledGaps));
  m->course.start -= drawnWords * tabledGaps;
}

/** Words that are drawn are the next to be looked up. */
INLINE void takeWords(DeleteSpikes t, const Drawing *d, Marking *m) {
  EACH(w, 4) STORE(m->own.words + w * LANES, drawnBy(d, w));
}

/** Adds up the batch before. */
INLINE void addBefore(DeleteSpikes t, Marking *m, i32 *at) {
  m->course.start += addGaps(t, m->before, m->course.start - t.marks, at);
  m->course.expected = m->course.start + 2 * m->course.batch;
}

INLINE void markDeleted(DeleteSpikes t, const Marking *m, const i32 *at, i32 n) {
  EACH(i, n) t.marks[at[i]] = m->course.deleted;
}

/**
 * Looks up the batch whose words are there, and draws those of `block` in their place; adds up the batch before meanwhile, and marks its
 * spikes.
 */
INLINE void takeTurn(DeleteSpikes t, Marking *m, Draw draw, u32 block) {
  i32 *const at = (i32 *)(t.ahead + 2 * drawnWords);
  Drawing d = beginDrawing(draw, block);
  EACH(round, 10) {
    drawRound(&d);
    if (round == 1) addBefore(t, m, at);
    if (round < 8)
      EACH(i, 4) m->own.gaps[round * 4 + i] = t.guide[m->own.words[round * 4 + i] >> (32 - guideBits)];
    if (round >= 2) markDeleted(t, m, at + round * 4 - 8, 4);
    // Compilers would put them one after the other.
    __asm__("" : "+x"(d.words[0][0]), "+x"(d.words[0][1])::"memory");
  }
  const Batch free = m->before;
  m->before = m->own;
  m->own = free;
  takeWords(t, &d, m);
}

/** Adds up the last batch, and marks its spikes. */
INLINE void markLast(DeleteSpikes t, Marking *m) {
  i32 *const at = (i32 *)(t.ahead + 2 * drawnWords);
  addBefore(t, m, at);
  markDeleted(t, m, at, drawnWords);
}
