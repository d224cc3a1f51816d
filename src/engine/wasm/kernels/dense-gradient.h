// Weight gradient of convolutions of floats: every product is made.
#pragma once
#include "tiles.h"

/** Rows of the kernel whose gradients are added up together. */
enum { tileRows = WIDTH == 64 ? 12 : WIDTH == 32 ? 6 : 4 };

/** Gradients of some images: where those of a tile's channels lie, and from image to image, row to row and pixel to pixel of them. */
typedef struct {
  const u8 *first;
  isize image, row, pixel;
} Gradients;

/**
 * The gradients of so many vectors of channels of images first…last, side by side: with many channels they lie so far from each other that
 * the processor does not foresee where the next ones are.
 */
INLINE Gradients packGradients(DenseWeightGradient t, i32 first, i32 last, i32 channel, i32 vectors) {
  const isize pixel = vectors * WIDTH, row = t.outWidth * pixel;
  u8 *to = t.panel;
  for (i32 n = first; n < last; n++)
    for (i32 oy = 0; oy < t.outHeight; oy++) {
      const u8 *dy = t.dy + n * t.dyImage + oy * t.dyRow + (isize)channel * 4;
      for (i32 ox = 0; ox < t.outWidth; ox++, dy += t.dyPixel, to += pixel) {
        f32v values[mostVectors];
        EACH(v, vectors) values[v] = LOAD(f32v, dy + v * WIDTH);
        EACH(v, vectors) STORE(to + v * WIDTH, values[v]);
      }
    }
  return (Gradients){t.panel, t.outHeight * row, row, pixel};
}

/**
 * So many vectors of channels of `rows` rows, images first…last; rows and vectors are constants. The rows are those of input channels
 * begin…end of each tap, of which this is from the row-th on; beyond the last one it is repeated.
 */
INLINE void addRows(DenseWeightGradient t, Gradients gradients, i32 begin, i32 end, i32 row, i32 rows, i32 first, i32 last,
                    i32 channel, i32 vectors) {
  const i32 count = end - begin;
  isize offset[tileRows];
  u8 *dw[tileRows];
  EACH(r, rows) {
    const i32 own = min(row + r, t.taps * count - 1), one = own / count * t.inChannels + begin + own % count;
    offset[r] = ((const u32 *)t.rowOffsets)[one];
    dw[r] = t.dw + ((isize)one * t.channels + channel) * 4;
  }
  const u8 *image = gradients.first;
  for (i32 n = first; n < last; n++, image += gradients.image) {
    const u8 *x = t.x + n * t.xImage, *dy = image;
    f32v sums[tileRows][mostVectors];
    EACH(r, rows)
      EACH(v, vectors) sums[r][v] = (f32v){0};
    for (i32 oy = 0; oy < t.outHeight; oy++, x += t.xRow, dy += gradients.row) {
      const u8 *p = x, *q = dy;
      for (i32 ox = 0; ox < t.outWidth; ox++, p += t.xPixel, q += gradients.pixel) {
        f32v b[mostVectors];
        EACH(v, vectors) b[v] = LOAD(f32v, q + v * WIDTH);
        EACH(r, rows) {
          const f32 a = *(const f32 *)(p + offset[r]);
          EACH(v, vectors) sums[r][v] += a * b[v];
        }
      }
    }
    // All sums are loaded before any is stored: a row may be there twice.
    if (n > 0)
      EACH(r, rows)
        EACH(v, vectors) sums[r][v] = LOAD(f32v, dw[r] + v * WIDTH) + sums[r][v];
    EACH(r, rows)
      EACH(v, vectors) STORE(dw[r] + v * WIDTH, sums[r][v]);
  }
}

/** Rows for which it pays to pack gradients. */
enum { worthPacking = 8 * tileRows };

/** So many vectors of channels of input channels begin…end, images first…last. */
INLINE void addGradients(DenseWeightGradient t, i32 begin, i32 end, i32 first, i32 last, i32 channel, i32 vectors) {
  const i32 all = t.taps * (end - begin);
  const bool packs = all >= worthPacking && t.channels > vectors * LANES;
  const Gradients gradients = packs ? packGradients(t, first, last, channel, vectors)
                                    : (Gradients){t.dy + first * t.dyImage + (isize)channel * 4, t.dyImage, t.dyRow, t.dyPixel};
  const i32 rows = vectors > tileVectors ? wideTile : tileRows;
  for (i32 row = 0; row < all; row += rows) addRows(t, gradients, begin, end, row, rows, first, last, channel, vectors);
}
