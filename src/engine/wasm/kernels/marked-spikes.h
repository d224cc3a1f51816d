// Spikes deleted at random, where a processor can deposit bits: a byte for each spike of an image says whether it is kept, and
// sixteen neurons at a time are handed the bits of their spikes. Which spikes these are decides no branch: where deletions are looked
// for one by one, a processor can't foresee in which vector of counts the next one is. The same random words, and the same spikes.
#pragma once
#include "random.h"

// Some processors with vectors of 256 bits deposit bits one by one: those that don't are told so.
#if defined(__BMI2__) && \
    ((defined(__AVX512BW__) && WIDTH == 64) || (defined(__AVX2__) && defined(FAST_DEPOSITS) && WIDTH == 32))
#define MARKED_SPIKES
#include "marked-gaps.h"

enum {
  /** Spikes of a neuron, at most: sixteen neurons have four bits each of a word. */
  mostMarked = 4,
  /** Neurons whose spikes are a vector of bits. */
  twoVectors = 2 * WIDTH,
  /** Bytes of bits that are written before the first of them are read: a load waits long for several stores right before it. */
  readBehind = 8 * WIDTH
};

/** An instruction for whole vectors, and their parts of 128 bits that are all the same. */
#if WIDTH == 64
typedef __m512i Whole;
#define WHOLE(instruction) _mm512_##instruction
#define IN_ALL_PARTS(v) _mm512_broadcast_i32x4((__m128i)(v))
#else
typedef __m256i Whole;
#define WHOLE(instruction) _mm256_##instruction
#define IN_ALL_PARTS(v) _mm256_broadcastsi128_si256((__m128i)(v))
#endif

/** Of counts up to 4 as many bits, in four bits each: in the lower half of each two. */
INLINE Whole bitsOfCounts(u8v counts) {
  const Whole bits = IN_ALL_PARTS(((u8x16){0, 1, 3, 7, 15}));
  return WHOLE(maddubs_epi16)(WHOLE(shuffle_epi8)(bits, (Whole)counts), (Whole)SPLAT(i16v, (i16)0x1001));
}

/** Writes the bits of two vectors of counts: of sixteen of the one and sixteen of the other in turns. @returns sums of the counts */
INLINE u64v writeBits(u8 *bits, const u8 *s) {
  const u8v some = LOAD(u8v, s), others = LOAD(u8v, s + WIDTH);
  STORE(bits, (u8v)WHOLE(packus_epi16)(bitsOfCounts(some), bitsOfCounts(others)));
  return (u64v)WHOLE(sad_epu8)((Whole)(some + others), (Whole)(u8v){0});
}

/** The counts of bits that are written like that. */
INLINE void readBits(const u8 *bits, u8 *s) {
  const Whole counts = IN_ALL_PARTS(((u8x16){0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}));
  const u8v own = LOAD(u8v, bits);
  const Whole even = WHOLE(shuffle_epi8)(counts, (Whole)(own & 15));
  const Whole odd = WHOLE(shuffle_epi8)(counts, (Whole)((u8v)((u16v)own >> 4) & 15));
  STORE(s, (u8v)WHOLE(unpacklo_epi8)(even, odd));
  STORE(s + WIDTH, (u8v)WHOLE(unpackhi_epi8)(even, odd));
}

/** A bit for each of 64 spikes: whether it is kept. */
INLINE u64 keptBits(const u8 *marks, u8 deleted) {
  const Whole mark = (Whole)SPLAT(u8v, deleted);
#if WIDTH == 64
  return _mm512_cmpneq_epi8_mask((__m512i)LOAD(u8v, marks), mark);
#else
  const u32 first = (u32)_mm256_movemask_epi8(_mm256_cmpeq_epi8((__m256i)LOAD(u8v, marks), mark));
  return ~(first | (u64)(u32)_mm256_movemask_epi8(_mm256_cmpeq_epi8((__m256i)LOAD(u8v, marks + WIDTH), mark)) << 32);
#endif
}

/** Keeps the spikes of two vectors of neurons that are not marked as deleted. @returns where the next ones' marks begin */
INLINE const u8 *keepSpikes(u8 *bits, const u8 *marks, u8 deleted) {
  enum { half = WIDTH / 32 };
  EACH(i, 2 * half) {
    // Two words that are neighbours among the neurons.
    u8 *one = bits + i % half * 32 + i / half * 8, *two = one + 16;
    const u64 first = LOAD(u64, one), second = LOAD(u64, two);
    const isize spikes = __builtin_popcountll(first), both = spikes + __builtin_popcountll(second);
    const u64 kept = keptBits(marks, deleted);
    STORE(one, (u64)_pdep_u64(kept, first));
    STORE(two,
          (u64)_pdep_u64(__builtin_expect(both <= 64, 1) ? kept >> (spikes & 63) : keptBits(marks + spikes, deleted), second));
    marks += both;
  }
  return marks;
}

/** Deletes spikes of images lo…hi, of which a neuron has mostMarked at most. */
INLINE void deleteByMarks(DeleteSpikes t, i32 lo, i32 hi) {
  const isize left = t.imageBytes % twoVectors;
  // Words that are drawn ahead stay where they are: what is left of an image has its place in `ahead`.
  Marking marking = beginMarking(t);
  for (i32 n = lo; n < hi; n++) {
    u8 *const first = t.spikes + n * t.imageBytes, *const end = first + t.imageBytes - left;
    u8 *bits = t.bits;
    u64v spikes = {0};
    for (const u8 *s = first; s < end; s += twoVectors, bits += WIDTH) spikes += writeBits(bits, s);
    if (left) {
      EACH(i, 2) STORE(t.ahead + i * WIDTH, (u8v){0});
      __builtin_memcpy(t.ahead, end, left);
      spikes += writeBits(bits, t.ahead);
      bits += WIDTH;
    }
    u64 all = 0;
    EACH(i, WIDTH / 8) all += spikes[i];
    markSpikes(t, &marking, n, (isize)all);
    const u8 *marks = t.marks, *kept = t.bits, *next = first + t.imageBytes;
    u8 *s = first;
    for (u8 *at = t.bits; at < bits; at += WIDTH) {
      marks = keepSpikes(at, marks, marking.course.deleted);
      // The next image's spikes come nearer meanwhile.
      EACH(line, twoVectors / 64) __builtin_prefetch(next + line * 64);
      next += twoVectors;
      if (at - kept < readBehind) continue;
      readBits(kept, s);
      kept += WIDTH;
      s += twoVectors;
    }
    for (; s < end; s += twoVectors, kept += WIDTH) readBits(kept, s);
    if (left) {
      readBits(kept, t.ahead);
      __builtin_memcpy(end, t.ahead, left);
    }
  }
}
#endif
