// Input gradient of open neurons only (0 < y ≤ B): others pass nothing on, and get 0. Images in chunks whose dy stays in the
// second-level cache; per class of windows and input channel the list of open pixels, six of which share each load of the
// channel's weights.
#include "positions.h"
#include "vector.h"

enum { sharing = 6 };

/** Pixels whose windows hold the same taps: rows, bytes of a row; the weights' offset, and from channel to channel and row to row. */
typedef struct {
  i32 rows;
  u32 runBytes, weights, channelBytes, weightRow;
} Window;

/** Byte offsets of a pixel's window in dy, and of its values in dx. */
typedef struct {
  u32 dy, dx;
} Target;

/** Adds to the sums of each pixel products of four values: the u-th four from q and p on. */
INLINE void addProductsOfFour(f32x4 sums[sharing], const u8 *const p[sharing], const u8 *q, i32 u) {
  const f32x4 w = LOAD(f32x4, q + u * 16);
  EACH(c, sharing) sums[c] += w * LOAD(f32x4, p[c] + u * 16);
}

/**
 * dx[pixel][c] = Σ_k dy[k]·w[c][k] of images lo…hi, in four partial sums (k mod 4), added up last: so vectors have 128 bits, whatever
 * the processor has.
 */
KERNEL(maskedGradient, MaskedGradient) {
  const isize imageValues = (isize)t.pixels * t.channels;
  u32 *heads = (u32 *)t.heads, *events = (u32 *)t.events;
  for (i32 first = lo; first < hi; first += t.imagesPerChunk) {
    const i32 images = min(t.imagesPerChunk, hi - first);
    listPositions(t.open + first * imageValues, t.channels, 1, images, t.imagesPerChunk, t.phases,
                  (const i32 *)t.phasePixels, (const Position *)t.order, (const Cut *)t.cuts, 2, heads, events, t.listing);
    const u8 *dy = t.dy + first * t.dyImage;
    u8 *chunk = t.dx + first * imageValues * 4;
    __builtin_memset(chunk, 0, images * imageValues * 4);
    const u32 *head = heads;
    const Window *window = (const Window *)t.classes;
    for (i32 phase = 0; phase < t.phases; phase++, window++) {
      const isize runBytes = window->runBytes, skip = t.dyRow - runBytes, weightSkip = window->weightRow - runBytes;
      const u8 *w = t.w + window->weights;
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
}
