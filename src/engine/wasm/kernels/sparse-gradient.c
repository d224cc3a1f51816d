// Weight gradient from lists of non-zero inputs: dw[ky][kx][ci][co] += level/n · Σ dy[pixel of the event − tap][co]. One list
// serves all taps of its stride phase. Where a block of dy has few channels, neighbouring taps of a kernel row share each event,
// as the block's channels of neighbouring pixels are neighbours in memory.
#include "integers.h"
#include "vector.h"

/** Adds the row of dy that `event` stands for to the first n vectors of `sum`, in a loop over events. */
#define ADD_ROW(type, n, q, event)  \
  {                                 \
    const u8 *row = (q) + *(event); \
    ADD_FOUR(type, n, 0, row)       \
    if ((n) > 4) {                  \
      SEPARATE_ROUND(event);        \
      ADD_FOUR(type, n, 4, row)     \
    }                               \
    if ((n) > 8) {                  \
      SEPARATE_ROUND(event);        \
      ADD_FOUR(type, n, 8, row)     \
    }                               \
  }
#define ADD_FOUR(type, n, first, row) \
  EACH(v, 4)                          \
    if ((first) + v < (n)) sum[(first) + v] += LOAD(type, (row) + ((first) + v) * WIDTH);
/** The same, to n vectors of each of so many rows of taps; of every next one dy's pixels lie a row before. */
#define ADD_ROWS(type, n, rows, q, event, dyRow)                                \
  if ((rows) == 1)                                                              \
    ADD_ROW(type, n, q, event)                                                  \
  else {                                                                        \
    const u8 *row = (q) + *(event);                                             \
    EACH(r, rows)                                                               \
      EACH(v, n) sum[r * (n) + v] += LOAD(type, row - r * (dyRow) + v * WIDTH); \
  }

/**
 * Rows of taps that may be taken together: as many as there are registers for. Then additions needn't wait for each other, and each event is read once
 * for all of them; where a row of taps meets none of dy's, it finds its zeros.
 */
enum { mostRows = WIDTH == 64 ? 3 : 1 };

/**
 * Adds dw of `taps` neighbouring taps of `rows` rows and `width` channels, from the lists of all levels: of the first one from head[0] to
 * head[2·rows − 1]. q: dy's pixels for the last tap of the first row; for each one before it they lie a pixel further, so offsets are
 * positive. d: dw of the first tap; that of each next one lies `step` further, that of each next row rowStep.
 */
INLINE void addFloats(i32 width, i32 taps, i32 rows, SparseWeightGradient t, const u32 *head, const u32 *events, const u8 *q,
                      u8 *d, isize step, isize rowStep) {
  const i32 vectors = width / LANES, all = vectors * taps;
  f32v total[mostRows * 48 / LANES], sum[mostRows * 48 / LANES];
  EACH(v, rows * all) total[v] = (f32v){0};
  for (i32 level = 1; level <= t.levels; level++, head += t.cutCount) {
    const u32 *e = events + head[0], *end = events + head[2 * rows - 1];
    if (e == end) continue;
    EACH(v, rows * all) sum[v] = (f32v){0};
    for (; e < end; e++) ADD_ROWS(f32v, all, rows, q, e, t.dyRow)
    const f32 factor = (f32)level * t.scale;
    EACH(v, rows * all) total[v] += factor * sum[v];
  }
  EACH(r, rows)
    EACH(tap, taps)
      EACH(v, vectors) {
        u8 *to = d + r * rowStep + (taps - 1 - tap) * step + v * WIDTH;
        STORE(to, LOAD(f32v, to) + total[r * all + tap * vectors + v]);
      }
}

/** Adds to dw what integers came to. first: their first channel, counted over the taps, the last of which comes first. */
INLINE void addTotal(i32 first, i32 width, i32 taps, i32v total, f32 scale, u8 *d, isize step) {
  u8 *to = d + (taps - 1 - first / width) * step + first % width * 4;
  STORE(to, LOAD(f32v, to) + scale * CONVERT(f32v, total));
}

/**
 * The same in integers: dy in 12 bits, sums of a level in 16 bits, widened to 32 in `totals` after `most` events, which 16 bits
 * hold for certain; the sum over a list is then exact, and times `scale` added to dw. Even and odd channels are widened
 * apart, each by one instruction: products with pairs of the level and 0.
 */
INLINE void addIntegers(i32 width, i32 taps, i32 rows, SparseWeightGradient t, const u32 *head, const u32 *events, const u8 *q,
                        u8 *d, isize step, isize rowStep, i32 most, f32 scale) {
  const i32 all = width * taps / (2 * LANES);
  // Vectors of 512 bits may leave sixteen channels.
  const i32 rest = width * taps % (2 * LANES);
  u8 *totals = t.totals, *totalsOfRest = totals + 2 * rows * all * WIDTH;
  EACH(v, rows * width * taps / LANES) STORE(totals + v * WIDTH, (i32v){0});
  for (i32 level = 1; level <= t.levels; level++, head += t.cutCount) {
    const u32 *e = events + head[0], *end = events + head[2 * rows - 1];
    const i16v even = (i16v)SPLAT(i32v, level), odd = (i16v)SPLAT(i32v, level << 16);
    while (e < end) {
      i16v sum[mostRows * 96 / LANES];
      i16half sumOfRest[mostRows];
      EACH(v, rows * all) sum[v] = (i16v){0};
      EACH(r, rows) sumOfRest[r] = (i16half){0};
      const u32 *some = end - e < most ? end : e + most;
      for (; e < some; e++) {
        ADD_ROWS(i16v, all, rows, q, e, t.dyRow)
        if (rest)
          EACH(r, rows) sumOfRest[r] += LOAD(i16half, q + *e - r * t.dyRow + all * WIDTH);
      }
      // Not kept in registers meanwhile.
      FORGET;
      EACH(v, rows * all) {
        u8 *total = totals + 2 * v * WIDTH;
        STORE(total, LOAD(i32v, total) + addedProducts(sum[v], even));
        STORE(total + WIDTH, LOAD(i32v, total + WIDTH) + addedProducts(sum[v], odd));
      }
      if (rest)
        EACH(r, rows) {
          u8 *total = totalsOfRest + r * WIDTH;
          STORE(total, LOAD(i32v, total) + level * CONVERT(i32v, sumOfRest[r]));
        }
    }
  }
  EACH(r, rows) {
    u8 *row = d + r * rowStep;
    EACH(v, all) {
      const u8 *total = totals + 2 * (r * all + v) * WIDTH;
      const i32v evens = LOAD(i32v, total), odds = LOAD(i32v, total + WIDTH);
      addTotal(2 * v * LANES, width, taps, LOWER_IN_TURNS(evens, odds), scale, row, step);
      addTotal((2 * v + 1) * LANES, width, taps, UPPER_IN_TURNS(evens, odds), scale, row, step);
    }
    if (rest) addTotal(2 * all * LANES, width, taps, LOAD(i32v, totalsOfRest + r * WIDTH), scale, row, step);
  }
}

/**
 * Asks for what the next input channel's sums are added to: of each tap, a row of dw that lies so far from the others that the
 * processor does not foresee it. WebAssembly can't ask.
 */
INLINE void fetchNext(SparseWeightGradient t, i32 ci, i32 cb) {
#ifndef __wasm__
  const u8 *d = t.dw + ((isize)(ci + 1) * t.outChannels + cb) * 4;
  for (i32 tap = 0; tap < t.kernelHeight * t.kernelWidth; tap++, d += (isize)t.inChannels * t.outChannels * 4)
    for (i32 at = 0; at < t.width * 4; at += 64) __builtin_prefetch(d + at);
#endif
}

/** Walks chunk → block of channels → input channel → phase → taps. lo, hi: input channels. */
INLINE void addUp(SparseWeightGradient t, i32 lo, i32 hi, bool integer) {
  const f32 scale = integer ? (f32)(gradientStep((const f32 *)t.bounds, t.outChannels, coarseBits) * t.scale) : t.scale;
  const isize perPhase = (isize)t.inChannels * t.levels * t.cutCount, perChunk = (isize)t.stride * t.stride * perPhase;
  const isize rowBytes = (isize)t.inChannels * t.outChannels * 4, step = rowBytes * t.stride;
  const u32 *heads = (const u32 *)t.heads, *events = (const u32 *)t.events;
  for (i32 first = 0; first < t.images; first += t.imagesPerChunk, heads += perChunk, events += t.capacity) {
    const u8 *dy = t.dy + first * t.dyImage;
    for (i32 cb = 0; cb < t.outChannels; cb += t.width, dy += t.dyBlock) {
      const i32 most = integer ? safeAdditions((const u16 *)t.largest, first, min(first + t.imagesPerChunk, t.images),
                                               t.outChannels / t.width, cb / t.width)
                               : 0;
      for (i32 ci = lo; ci < hi; ci++) {
        if (ci + 1 < hi) fetchNext(t, ci, cb);
        for (i32 py = 0; py < min(t.stride, t.kernelHeight); py++)
          for (i32 px = 0; px < min(t.stride, t.kernelWidth); px++) {
            const u32 *lists = heads + (py * t.stride + px) * perPhase + (isize)ci * t.levels * t.cutCount;
            // From the first event of the first level to the last one of the last level, for whatever row of taps.
            if (lists[0] == lists[(isize)t.levels * t.cutCount - 1]) continue;
            const u32 *head = lists;
            const i32 rows = (t.kernelHeight - py + t.stride - 1) / t.stride;
            for (i32 ty = 0, taken; ty < rows; ty += taken, head += 2 * taken) {
              taken = rows - ty < mostRows ? 1 : mostRows;
              const u8 *q = dy - ty * t.dyRow;
              u8 *d =
                  t.dw + ((isize)(py + ty * t.stride) * t.kernelWidth + px) * rowBytes + ((isize)ci * t.outChannels + cb) * 4;
              i32 left = (t.kernelWidth - px + t.stride - 1) / t.stride;
#define TAKE_ROWS(channels, taps, rows)                                                                  \
  if (integer)                                                                                           \
    addIntegers(channels, taps, rows, t, head, events, last, d, step, t.kernelWidth *step, most, scale); \
  else                                                                                                   \
    addFloats(channels, taps, rows, t, head, events, last, d, step, t.kernelWidth *step);
#define TAKE(channels, taps)                                                      \
  if (t.width == channels) {                                                      \
    for (; left >= taps; left -= taps, q -= taps * t.dyPixel, d += taps * step) { \
      const u8 *last = q - (taps - 1) * t.dyPixel;                                \
      if (taken > 1) {                                                            \
        TAKE_ROWS(channels, taps, mostRows)                                       \
      } else {                                                                    \
        TAKE_ROWS(channels, taps, 1)                                              \
      }                                                                           \
    }                                                                             \
  }
              if (integer) {
                GRADIENTS_i16(TAKE)
              } else {
                GRADIENTS_f32(TAKE)
              }
#undef TAKE
#undef TAKE_ROWS
            }
          }
      }
    }
  }
}

KERNEL(sparseWeightGradient_f32, SparseWeightGradient) { addUp(t, lo, hi, false); }
KERNEL(sparseWeightGradient_i16, SparseWeightGradient) { addUp(t, lo, hi, true); }
