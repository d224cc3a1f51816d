// Which of an image's spikes are kept: marks by the gaps between those that are deleted. In vectors of 512 bits gaps are looked up 32
// at a time, and nothing depends on chance; in others one by one, and a branch does where the guide leaves one open.
#pragma once
#include "gaps.h"

enum {
  /** What marks a spike that is kept, in all of its bits. */
  keptMark = 255
};

/** Marks all that are there. */
INLINE void keepAll(DeleteSpikes t, isize spikes) {
  for (u8 *at = t.marks; at < t.marks + spikes; at += WIDTH) STORE(at, SPLAT(u8v, (u8)keptMark));
}

#if WIDTH == 64
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

/** Decides what is open by whole words, [word of the block][block]. places: [two words of each block] */
APART void decideOpen(DeleteSpikes t, u16 *places, u64 open) {
  for (; open; open &= open - 1) {
    const i32 bit = __builtin_ctzll(open);
    places[bit] = tabledGaps + gapOf(t, ((u32 *)t.drawn)[(bit / 32 * 2 + bit % 2) * LANES + bit % 32 / 2]);
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

/** Where spikes are deleted, counted from where the first gap begins, in the order of Search; and which of them are not. */
typedef struct {
  u16 *at;
  u64 endless;
} Places;

/** Adds up gaps. @returns how many spikes they take */
INLINE isize addGaps(DeleteSpikes t, Search *s, Places *to) {
  if (__builtin_expect(s->open[0] | s->open[1], 0)) {
    EACH(i, 2) STORE(to->at + i * 32, s->places[i]);
    decideOpen(t, to->at, s->open[0] | (u64)s->open[1] << 32);
    EACH(i, 2) {
      s->places[i] = LOAD(u16v, to->at + i * 32);
      s->endless[i] = _mm512_cmpgt_epu16_mask((__m512i)s->places[i], _mm512_set1_epi16(2 * tabledGaps - 1));
    }
  }
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

/** Begins to look for the gaps of words that are drawn, which `drawn` keeps. */
INLINE void takeWords(DeleteSpikes t, const Drawing *d, Search *s) {
  u32v words[4];
  EACH(w, 4) STORE(t.drawn + w * WIDTH, words[w] = drawnBy(d, w));
  EACH(i, 2) s->words[i] = (u16v)_mm512_mask_blend_epi16(0xaaaaaaaa, (__m512i)(words[i * 2] >> 16), (__m512i)words[i * 2 + 1]);
}

/** Where no spike is, behind all. */
INLINE u8 *noSpike(DeleteSpikes t) { return t.bits - 1; }

/**
 * Marks which of the first `spikes` spikes of an image are kept, and some of those behind them. Words are drawn, gaps looked up and
 * spikes marked of three batches at a time, in turns: each would wait for itself.
 */
INLINE void markSpikes(DeleteSpikes t, Draw draw, i32 spikes) {
  const GapShares shares = readShares((const u32 *)t.gaps);
  u8 *const end = t.marks + spikes;
  keepAll(t, spikes);
  // Of the batch before and of this one.
  Places before = {(u16 *)t.ahead, 0}, own = {(u16 *)t.ahead + drawnWords, 0};
  EACH(i, 2) STORE(before.at + i * 32, (u16v){0});
  u8 *start = t.marks, *startBefore = noSpike(t);
  Search search;
  Drawing d = beginDrawing(draw, 0);
  EACH(round, 10) drawRound(&d);
  takeWords(t, &d, &search);
#define MARK(first, n) \
  EACH(i, n) startBefore[before.at[(first) + i]] = (u8)~keptMark
#define UNMARK_ENDLESS                                         \
  for (; before.endless; before.endless &= before.endless - 1) \
  startBefore[before.at[__builtin_ctzll(before.endless)]] = keptMark
  for (u32 block = LANES; start < end; block += LANES) {
    d = beginDrawing(draw, block);
    EACH(round, 10) {
      drawRound(&d);
      if (round < searchSteps) searchStep(&search, &shares, round);
      MARK(round * 6, 6);
      // Compilers would put the three one after the other.
      __asm__("" : "+v"(d.words[0][0]), "+v"(d.words[0][1]), "+v"(search.places[0]), "+v"(search.places[1])::"memory");
    }
    MARK(60, 4);
    UNMARK_ENDLESS;
    startBefore = start;
    start += addGaps(t, &search, &own);
    takeWords(t, &d, &search);
    const Places free = before;
    before = own;
    own = free;
  }
  MARK(0, drawnWords);
  UNMARK_ENDLESS;
#undef MARK
#undef UNMARK_ENDLESS
}
#else
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
 * Adds up a batch's gaps from spike `start` on. at: which spikes are deleted; −1 behind a gap as long as the table, where none is,
 * and the next gap begins. @returns where the next batch's first gap begins
 */
INLINE i32 addGaps(DeleteSpikes t, Batch b, i32 start, i32 *at) {
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
  return start + (i32)blocks[LANES - 1];
}

/**
 * Marks which of the first `spikes` spikes of an image are kept, and some of those behind them. Words are drawn, gaps looked up, and
 * gaps added up and marked, of three batches at a time, in turns: each would wait for itself.
 */
INLINE void markSpikes(DeleteSpikes t, Draw draw, i32 spikes) {
  keepAll(t, spikes);
  Batch own = {(u32 *)t.drawn, t.ahead}, before = {own.words + drawnWords, own.gaps + drawnWords};
  i32 *const at = (i32 *)(t.ahead + 2 * drawnWords);
  // Before the first batch there is one that deletes nothing.
  STORE(before.gaps, SPLAT(u8v, (u8)tabledGaps));
  i32 start = -drawnWords * tabledGaps;
  drawWords(draw, 0, own.words);
  for (u32 block = LANES; start < spikes; block += LANES) {
    Drawing d = beginDrawing(draw, block);
    EACH(round, 10) {
      drawRound(&d);
      if (round == 1) start = addGaps(t, before, start, at);
      if (round < 8)
        EACH(i, 4) own.gaps[round * 4 + i] = t.guide[own.words[round * 4 + i] >> (32 - guideBits)];
      if (round >= 2)
        EACH(i, 4) t.marks[at[round * 4 - 8 + i]] = (u8)~keptMark;
      // Compilers would put them one after the other.
      __asm__("" : "+x"(d.words[0][0]), "+x"(d.words[0][1])::"memory");
    }
    const Batch free = before;
    before = own;
    own = free;
    EACH(w, 4) STORE(own.words + w * LANES, drawnBy(&d, w));
  }
}
#endif
