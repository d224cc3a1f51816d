// Gaps between deleted spikes in vectors of 512 bits: looked up 32 at a time, so that nothing depends on chance.
#pragma once
#include "course.h"
#include "gaps.h"

/**
 * The upper halves of the shares of 2^32 by which a word's gap is found in six steps, each of which halves what it can be, and the
 * last of all gaps. Of 2^16 words few have the upper half of a share, and are left open.
 */
typedef struct {
  /** Of the first five steps, [1 for the first step, then twice the place, plus one where the word is below the share]. */
  u16v first;
  /** Of the sixth, by what the others came to; of all gaps; and of the last one. */
  u16v sixth, all[2], last;
} GapShares;

INLINE u16v chosenOfTwo(const u16v two[2], u16v places) {
  return (u16v)_mm512_permutex2var_epi16((__m512i)two[0], (__m512i)places, (__m512i)two[1]);
}

INLINE GapShares readShares(const u32 *gaps) {
  const u16v first = {0, 31, 15, 47, 7,  23, 39, 55, 3,  11, 19, 27, 35, 43, 51, 59,
                      1, 5,  9,  13, 17, 21, 25, 29, 33, 37, 41, 45, 49, 53, 57, 61};
  const u16v even = {0,  2,  4,  6,  8,  10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
                     32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62};
  GapShares shares;
  EACH(i, 2) {
    const u32v some = LOAD(u32v, gaps + i * 32), others = LOAD(u32v, gaps + i * 32 + 16);
    shares.all[i] = chosenOfTwo((const u16v[]){(u16v)some, (u16v)others}, even + 1);
  }
  shares.first = chosenOfTwo(shares.all, first);
  shares.sixth = chosenOfTwo(shares.all, even);
  shares.last = SPLAT(u16v, (u16)(gaps[tabledGaps - 1] >> 16));
  return shares;
}

INLINE u16v oneMoreWhere(__mmask32 mask, u16v v) {
  return (u16v)_mm512_mask_add_epi16((__m512i)v, mask, (__m512i)v, _mm512_set1_epi16(1));
}
INLINE __mmask32 below(u16v words, u16v shares) { return _mm512_cmplt_epu16_mask((__m512i)words, (__m512i)shares); }

/** Sixteen blocks of words on their way to gaps: two words of each block side by side, and the two behind them. */
typedef struct {
  /** Their upper halves. */
  u16v words[2];
  /** What the steps came to: in the end 64 more than the gap. */
  u16v places[2];
  /** Gaps as long as the table, behind which nothing is deleted; and what upper halves don't decide. */
  __mmask32 endless[2], open[2];
} Search;

enum { searchSteps = 7 };

INLINE void searchStep(Search *s, const GapShares *shares, i32 step) {
  EACH(i, 2) {
    if (step == 0) s->places[i] = SPLAT(u16v, (u16)1);
    if (step < 6) {
      const __m512i own = _mm512_permutexvar_epi16((__m512i)s->places[i], (__m512i)(step < 5 ? shares->first : shares->sixth));
      s->places[i] = oneMoreWhere(below(s->words[i], (u16v)own), s->places[i] + s->places[i]);
    } else {
      s->endless[i] = below(s->words[i], shares->last);
      s->places[i] = oneMoreWhere(s->endless[i], s->places[i]);
      s->open[i] = _mm512_cmpeq_epi16_mask((__m512i)chosenOfTwo(shares->all, s->places[i]), (__m512i)s->words[i]);
    }
  }
}

/** Decides by whole words what upper halves leave open. */
INLINE void decideOpen(DeleteSpikes t, Search *s) {
  EACH(i, 2)
    for (u32 open = s->open[i]; open; open &= open - 1) {
      const i32 lane = __builtin_ctz(open);
      const u32 gap = gapOf(t, ((u32 *)t.drawn)[(i * 2 + lane % 2) * LANES + lane / 2]);
      s->places[i] = (u16v)_mm512_mask_set1_epi16((__m512i)s->places[i], 1u << lane, (i16)(tabledGaps + gap));
      s->endless[i] |= (__mmask32)(gap == tabledGaps) << lane;
    }
}

/** Of each lane the sum of those up to it. */
INLINE u32v sumsUpTo(u32v v) {
#define LATER(lanes) (u32v) _mm512_alignr_epi32((__m512i)v, _mm512_setzero_si512(), 16 - lanes)
  v += LATER(1);
  v += LATER(2);
  v += LATER(4);
  return v + LATER(8);
#undef LATER
}

/** The lower half of each lane in both halves. */
INLINE u16v inBothHalves(u32v v) {
  return (u16v)_mm512_shuffle_epi8(
      (__m512i)v, _mm512_broadcast_i32x4((__m128i)(u8x16){0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13}));
}

/** Where spikes are deleted, in the order of Search; and behind which gaps, as they are as long as the table, none is. */
typedef struct {
  u16 *at;
  u64 endless;
} Deleted;

/** Adds up gaps. @returns how many spikes they take */
INLINE isize addGaps(DeleteSpikes t, Search *s, Deleted *to) {
  if (__builtin_expect(s->open[0] | s->open[1], 0)) decideOpen(t, s);
  to->endless = s->endless[0] | (u64)s->endless[1] << 32;
  // A gap, and the spike behind it; none behind one as long as the table, where the next gap begins.
  u16v steps[2];
  EACH(i, 2) {
    const __m512i places = (__m512i)s->places[i];
    steps[i] = (u16v)_mm512_mask_sub_epi16(places, s->endless[i], places, _mm512_set1_epi16(1)) - (u16)(tabledGaps - 1);
  }
  const i16v ones = SPLAT(i16v, (i16)1);
  const u32v two = (u32v)addedProducts((i16v)steps[0], ones), four = (u32v)addedProducts((i16v)(steps[0] + steps[1]), ones);
  const u32v upTo = sumsUpTo(four), before = upTo - four;
  const u16v bases[2] = {inBothHalves(before), inBothHalves(before + two)};
  EACH(i, 2) STORE(to->at + i * 32, bases[i] + (u16v)((u32v)steps[i] << 16) + steps[i] - 1);
  return upTo[LANES - 1];
}

/** Batches of gaps on their way: while one is looked up, spikes of the one before are marked. */
typedef struct {
  GapShares shares;
  Search own;
  /** Where spikes of the batch before are deleted, counted from `beforeStart` on; and room for those of this one. */
  Deleted before, free;
  u8 *beforeStart;
  Course course;
} Marking;

INLINE Marking beginMarking(DeleteSpikes t) {
  return (Marking){.shares = readShares((const u32 *)t.gaps),
                   .before = {.at = (u16 *)t.ahead},
                   .free = {.at = (u16 *)t.ahead + drawnWords},
                   .course = beginCourse(t)};
}

/** There is no batch before. */
INLINE void forgetBefore(DeleteSpikes t, Marking *m) {
  EACH(i, 2) STORE(m->before.at + i * 32, (u16v){0});
  m->beforeStart = noSpike(t);
}

/** Words that are drawn are the next to be looked up. `drawn` keeps them. */
INLINE void takeWords(DeleteSpikes t, const Drawing *d, Marking *m) {
  u32v words[4];
  EACH(w, 4) STORE(t.drawn + w * WIDTH, words[w] = drawnBy(d, w));
  EACH(i, 2) {
    const __m512i first = (__m512i)(words[i * 2] >> 16), second = (__m512i)words[i * 2 + 1];
    m->own.words[i] = (u16v)_mm512_mask_blend_epi16(0xaaaaaaaa, first, second);
  }
}

INLINE void markDeleted(Marking *m, i32 from, i32 to) {
  EACH(i, to - from) m->beforeStart[m->before.at[from + i]] = m->course.deleted;
}

INLINE void unmarkEndless(Marking *m) {
  for (; m->before.endless; m->before.endless &= m->before.endless - 1)
    m->beforeStart[m->before.at[__builtin_ctzll(m->before.endless)]] = 0;
}

/**
 * Looks up the batch whose words are there, adds it up, and draws the words of `block` in their place; marks spikes of the batch before
 * meanwhile.
 */
INLINE void takeTurn(DeleteSpikes t, Marking *m, Draw draw, u32 block) {
  Drawing d = beginDrawing(draw, block);
  EACH(round, 10) {
    drawRound(&d);
    if (round < searchSteps) searchStep(&m->own, &m->shares, round);
    markDeleted(m, round * 6, round < 9 ? round * 6 + 6 : drawnWords);
    // Compilers would put the three one after the other.
    __asm__("" : "+v"(d.words[0][0]), "+v"(d.words[0][1]), "+v"(m->own.places[0]), "+v"(m->own.places[1])::"memory");
  }
  unmarkEndless(m);
  const Deleted free = m->before;
  m->before = m->free;
  m->free = free;
  u8 *const start = m->beforeStart = m->course.start;
  m->course.start = start + addGaps(t, &m->own, &m->before);
  // Guessed by what is known without waiting for this batch's sum.
  m->course.expected = start + 2 * m->course.batch;
  takeWords(t, &d, m);
}

/** Marks the last batch's spikes. */
INLINE void markLast(DeleteSpikes t, Marking *m) {
  markDeleted(m, 0, drawnWords);
  unmarkEndless(m);
}
