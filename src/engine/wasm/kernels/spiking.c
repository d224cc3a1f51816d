// The spiking network: thresholds, counts, logits. Channels come in sixteens, so vectors here have sixteen lanes at most, however
// wide the processor's are.
#include "vector.h"

/** Integer membranes: spikes = number of levels j with membrane ≥ threshold[j][channel]. */
KERNEL(fireInteger, Fire) {
  typedef i32 Sixteen VECTOR(64);
  const isize channels = t.channels;
  const i32 *membranes = (i32 *)t.membranes + (isize)lo * t.pixels * channels;
  u8 *spikes = t.spikes + (isize)lo * t.pixels * channels;
  for (i32 p = lo * t.pixels; p < hi * t.pixels; p++)
    for (isize c = 0; c < channels; c += 16, membranes += 16, spikes += 16) {
      const i32 *threshold = (i32 *)t.thresholds + c;
      const Sixteen m = LOAD(Sixteen, membranes);
      Sixteen reached = {0};
      // A true comparison is −1.
      NO_UNROLLING for (i32 j = 0; j < t.levels; j++, threshold += channels) reached -= m >= LOAD(Sixteen, threshold);
      STORE(spikes, CONVERT(u8x16, reached));
    }
}

INLINE u64 total(i32x4 v) { return (u64)(u32)v[0] + (u32)v[1] + (u32)v[2] + (u32)v[3]; }

/** The same of a whole vector. */
INLINE u64 totalOfAll(i32v v) {
  u64 sum = 0;
  EACH(i, WIDTH / 16) sum += total(LOAD(i32x4, (u8 *)&v + i * 16));
  return sum;
}

/** Σ counts·factors of `bytes` counts; factors: as many 16-bit numbers from 0 to 2^15 − 1, so many that lanes of 32 bits hold
 * their products. */
APART u64 weightedSum(const u8 *counts, const i16 *factors, isize bytes) {
  // Counts come in sixteens, of which the last may be half of what a vector takes.
  enum { step = WIDTH > 32 ? WIDTH / 2 : 16, vectors = step * 2 / WIDTH };
  // Natively a sum waits for the one before: four wait for none. In WebAssembly registers are few.
  enum { together = WIDTH > 16 ? 4 : 1 };
  u64 sum = 0;
  const u8 *whole = counts + bytes / step * step;
  while (counts < whole) {
    i32v products[together];
    EACH(k, together) products[k] = (i32v){0};
    const u8 *pause = counts + countedSixteens * 16;
    if (pause > whole) pause = whole;
#define ADD(k, at)                                                                                                 \
  EACH(v, vectors)                                                                                                 \
  products[k] = withProducts(products[k], (i16v)CONVERT(u16v, LOAD(u8half, counts + (at) * step + v * WIDTH / 2)), \
                             LOAD(i16v, factors + (at) * step + v * WIDTH / 2))
    if (together > 1)
      NO_UNROLLING for (; pause - counts >= together * step; counts += together * step, factors += together * step)
          EACH(k, together) ADD(k, k);
    NO_UNROLLING for (; counts < pause; counts += step, factors += step) ADD(0, 0);
#undef ADD
    EACH(k, together - 1) products[0] += products[k + 1];
    sum += totalOfAll(products[0]);
  }
  if (bytes % step)
    sum += total(fourProducts(lowHalves(LOAD(u8x16, counts)), LOAD(i16x8, factors)) +
                 fourProducts(highHalves(LOAD(u8x16, counts)), LOAD(i16x8, factors + 8)));
  return sum;
}

/** An image's spikes, and Σ spikes·windows. */
typedef struct {
  u64 spikes, windows;
} Counted;

#ifdef __SSE2__
/** channels: a constant for the least that there can be, whose pixels take no loop. */
INLINE Counted countByPixels(CountSpikes t, const u8 *s, i32 channels) {
  const __m128i none = _mm_setzero_si128();
  const i16 *factors = (const i16 *)t.windows;
  __m128i spikes = none, windows = none;
  for (i32 p = 0; p < t.pixels; p++) {
    __m128i own = none;
    for (i32 c = 0; c < channels; c += 16, s += 16) own = _mm_add_epi64(own, _mm_sad_epu8((__m128i)LOAD(u8x16, s), none));
    spikes = _mm_add_epi64(spikes, own);
    if (factors) windows = _mm_add_epi64(windows, _mm_mul_epu32(own, _mm_set1_epi32(factors[p])));
  }
  const u64x2 all = (u64x2)spikes, seen = (u64x2)windows;
  return (Counted){all[0] + all[1], seen[0] + seen[1]};
}
#endif

#if defined(__AVX512BW__) && WIDTH == 64
/** The same of pixels from the first on, by whole vectors: four of the least channels, or of one with as many 64s. Goes on in `left`. */
INLINE Counted countByVectors(CountSpikes *left, const u8 **s) {
  const __m512i none = _mm512_setzero_si512();
  const u8 *factors = left->windows, *at = *s;
  __m512i spikes = none, windows = none;
#define COUNT(own, factor)                \
  spikes = _mm512_add_epi64(spikes, own); \
  if (factors) windows = _mm512_add_epi64(windows, _mm512_mul_epu32(own, factor));
  if (left->channels == 16) {
    // Two sums of eight counts for each pixel.
    const __m128i twice = (__m128i)(u8x16){0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7};
    for (; left->pixels >= 4; left->pixels -= 4, at += 64, factors += factors ? 8 : 0) {
      const __m512i own = _mm512_sad_epu8((__m512i)LOAD(u8v, at), none);
      COUNT(own, _mm512_cvtepu16_epi64(_mm_shuffle_epi8((__m128i)eightBytes(factors), twice)))
    }
  } else if (left->channels % 64 == 0)
    for (; left->pixels > 0; left->pixels--, factors += factors ? 2 : 0) {
      __m512i own = none;
      for (i32 c = 0; c < left->channels; c += 64, at += 64)
        own = _mm512_add_epi64(own, _mm512_sad_epu8((__m512i)LOAD(u8v, at), none));
      COUNT(own, _mm512_set1_epi32(LOAD(u16, factors)))
    }
#undef COUNT
  left->windows = (u8 *)factors;
  *s = at;
  return (Counted){(u64)_mm512_reduce_add_epi64(spikes), (u64)_mm512_reduce_add_epi64(windows)};
}
#endif

INLINE Counted countPixels(CountSpikes t, const u8 *s) {
#if defined(__AVX512BW__) && WIDTH == 64
  const Counted most = countByVectors(&t, &s), rest = countByPixels(t, s, t.channels);
  return (Counted){most.spikes + rest.spikes, most.windows + rest.windows};
#elif defined(__SSE2__)
  return t.channels == 16 ? countByPixels(t, s, 16) : countByPixels(t, s, t.channels);
#else
  Counted counted = {0};
  for (i32 p = 0; p < t.pixels;) {
    i32x4 sums = {0}, seen = {0};
    // As many pixels as lanes of 32 bits can take.
    const i32 pause = min(t.pixels, p + max(1, countedSixteens * 16 / t.channels));
    for (; p < pause; p++) {
      const i16x8 factor = SPLAT(i16x8, (i16)(t.windows ? ((i16 *)t.windows)[p] : 0));
      NO_UNROLLING for (const u8 *end = s + t.channels; s < end; s += 16) {
        const i16x8 pairs = sumsOfPairs(LOAD(u8x16, s));
        sums += fourProducts(pairs, (i16x8){1, 1, 1, 1, 1, 1, 1, 1});
        seen += fourProducts(pairs, factor);
      }
    }
    counted.spikes += total(sums);
    counted.windows += total(seen);
  }
  return counted;
#endif
}

/**
 * Per image, three doubles: spikes; Σ spikes·(kernel windows the pixel is in), of which the SOP counts follow by
 * factors; Σ spikes·(non-zero weights the spike meets). windows: [pixel], synapses: [part][pixel][channel] with 15 bits of
 * each number in a part, lowest first; all in 16 bits. Zero addresses leave the last two out.
 */
KERNEL(countSpikes, CountSpikes) {
  const isize bytes = (isize)t.pixels * t.channels;
  for (i32 n = lo; n < hi; n++) {
    u64 synapses = 0;
    const u8 *s = t.spikes + n * bytes;
    for (i32 part = 0; part < t.synapseParts; part++)
      synapses += weightedSum(s, (i16 *)t.synapses + part * bytes, bytes) << (synapseBits * part);
    const Counted counted = countPixels(t, s);
    f64 *out = (f64 *)t.counts + (isize)n * countFields;
    out[0] = (f64)counted.spikes;
    out[1] = (f64)counted.windows;
    out[2] = (f64)synapses;
  }
}

/** logits = Σ spikes·w over the inputs that spiked, in double precision. */
KERNEL(readout, Readout) {
  const isize channels = t.channels;
  for (i32 n = lo; n < hi; n++) {
    f64 *logits = (f64 *)t.logits + n * channels;
    __builtin_memset(logits, 0, channels * 8);
    for (i32 i = 0; i < t.inputs; i++) {
      const u8 count = t.spikes[(isize)n * t.inputs + i];
      if (!count) continue;
      const f64 spikes = count, *w = (f64 *)t.w + i * channels;
      NEIGHBOURS for (isize c = 0; c < channels; c++) logits[c] += spikes * w[c];
    }
  }
}
