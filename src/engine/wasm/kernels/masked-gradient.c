// Input gradient of open neurons only (0 < y ≤ B): others pass nothing on, and get 0. Images in chunks whose dy stays in the
// second-level cache.
#include "positions.h"
#include "whole-gradient.h"

enum { sharing = 6 };

/** Adds to the sums of each pixel products of four values: the u-th four from q and p on. */
INLINE void addProductsOfFour(f32x4 sums[sharing], const u8 *const p[sharing], const u8 *q, i32 u) {
  const f32x4 w = LOAD(f32x4, q + u * 16);
  EACH(c, sharing) sums[c] += w * LOAD(f32x4, p[c] + u * 16);
}

/**
 * A chunk by lists: per class of windows and input channel that of open pixels, six of which share each load of the channel's
 * weights. The four partial sums are a vector of 128 bits.
 */
INLINE void listedGradient(MaskedGradient t, i32 lo, i32 images) {
  const isize imageValues = (isize)t.pixels * t.channels;
  u32 *heads = (u32 *)t.heads, *events = (u32 *)t.events;
  listPositions(t.open + lo * imageValues, t.channels, 1, images, t.imagesPerChunk, t.phases, (const i32 *)t.phasePixels,
                (const Position *)t.order, (const Cut *)t.cuts, 2, heads, events, t.listing);
  const u8 *dy = t.dy + lo * t.dyImage;
  u8 *chunk = t.dx + lo * imageValues * 4;
  const u32 *head = heads;
  const Window *window = (const Window *)t.classes;
  for (i32 phase = 0; phase < t.phases; phase++, window++) {
    const isize runBytes = window->runBytes, skip = t.dyRow - runBytes, weightSkip = window->weightRow - runBytes;
    const u8 *w = t.w + window->weights + window->skipped;
    for (i32 ci = 0; ci < t.channels; ci++, head += 2, w += window->channelBytes) {
      u8 *dx = chunk + (isize)ci * 4;
      const u32 *last = events + head[1] - 1;
      for (const u32 *e = events + head[0]; e <= last; e += sharing) {
        const u8 *p[sharing];
        u8 *to[sharing];
        f32x4 sums[sharing];
        EACH(c, sharing) {
          // Beyond the end of the list the last pixel is taken again.
          const Target *target = (const Target *)(t.targets + *(e + c < last ? e + c : last));
          p[c] = dy + target->dy;
          to[c] = dx + target->dx;
          sums[c] = (f32x4){0};
        }
        const u8 *q = w;
        for (i32 row = 0; row < window->rows; row++) {
          for (const u8 *end = q + runBytes; q < end; q += 64) {
            addProductsOfFour(sums, p, q, 0);
            SEPARATE_ROUND(q);
            addProductsOfFour(sums, p, q, 1);
            SEPARATE_ROUND(q);
            addProductsOfFour(sums, p, q, 2);
            SEPARATE_ROUND(q);
            addProductsOfFour(sums, p, q, 3);
            EACH(c, sharing) p[c] += 64;
          }
          q += weightSkip;
          EACH(c, sharing) p[c] += skip;
        }
        EACH(c, sharing) STORE(to[c], (sums[c][0] + sums[c][1]) + (sums[c][2] + sums[c][3]));
      }
    }
  }
}

/** Open neurons in a hundred below which passing over the others takes less time, with vectors of 256 bits. */
enum { openShare = 35 };

/** True if passing over closed neurons, a chunk at a time, takes less time than to compute all. */
INLINE bool listingPays(MaskedGradient t, i32 lo, i32 images) {
  if (WIDTH != 32) return WIDTH < 32;
  const i64 values = (i64)images * t.pixels * t.channels;
  const u8 *open = t.open + (isize)lo * t.pixels * t.channels;
  i64 count = 0;
  for (i64 i = 0; i < values; i += 16) count += __builtin_popcount(nonZeroBytes(LOAD(u8x16, open + i)));
  return count * 100 < values * openShare;
}

/** dx[pixel][c] = Σ_k dy[k]·w[c][k] of images lo…hi, in four partial sums (k mod 4), added up last. */
KERNEL(maskedGradient, MaskedGradient) {
  const isize imageBytes = (isize)t.pixels * t.channels * 4;
  for (i32 first = lo; first < hi; first += t.imagesPerChunk) {
    const i32 images = min(t.imagesPerChunk, hi - first);
    // Pixels that no window takes in are in no class.
    __builtin_memset(t.dx + first * imageBytes, 0, images * imageBytes);
    if (listingPays(t, first, images))
      listedGradient(t, first, images);
    else
      BY_CHANNELS(mostVectors, t.channels, wholeGradient, t, first, images);
  }
}
