// Convolutions of floats, and their weight gradient: every product is made.
#include "tiles.h"

/** Rows of the kernel whose gradients are added up together. */
enum { tileRows = WIDTH == 64 ? 12 : WIDTH == 32 ? 6 : 4 };

/** Bytes from row to row of packed weights. */
enum { packedRow = channelBlock * 4 };

/** Where vector v of a row of packed weights lies, from that of the first: in the same block of channels, or in the next one. */
INLINE isize packedVector(isize block, i32 v) { return v * LANES / channelBlock * block + v * LANES % channelBlock * 4; }

/** Adds to the sums of each pixel the products of one value, the k-th from p and q on. */
INLINE void addProducts(f32v sums[tilePixels][mostVectors], const u8 *const p[tilePixels], const u8 *q, isize block, i32 k,
                        i32 vectors) {
  f32v w[mostVectors];
  EACH(v, vectors) w[v] = LOAD(f32v, q + k * packedRow + packedVector(block, v));
  EACH(r, pixelsOf(vectors)) {
    const f32 x = ((const f32 *)p[r])[k];
    EACH(v, vectors) sums[r][v] += x * w[v];
  }
}

/** So many vectors of channels of images lo…hi. Pixels beyond the range repeat the last one. */
INLINE void convolve(DenseConv t, i32 lo, i32 hi, i32 channel, i32 vectors) {
  const i32 total = (hi - lo) * t.pixels;
  const u32 *xOffsets = (const u32 *)t.xOffsets, *yOffsets = (const u32 *)t.yOffsets;
  const isize block = (isize)t.rows * t.run * packedRow;
  const u8 *w = t.w + channel / channelBlock * block + channel % channelBlock * 4;
  const u8 *x = t.x + lo * t.xImage;
  u8 *y = t.y + lo * t.yImage + (isize)channel * 4;
  i32 pixel = 0;
  for (i32 first = 0; first < total; first += pixelsOf(vectors)) {
    const u8 *p[tilePixels];
    u8 *to[tilePixels];
    f32v sums[tilePixels][mostVectors];
    EACH(r, pixelsOf(vectors)) {
      p[r] = x + xOffsets[pixel];
      to[r] = y + yOffsets[pixel];
      if (first + r + 1 < total && ++pixel == t.pixels) {
        pixel = 0;
        x += t.xImage;
        y += t.yImage;
      }
      EACH(v, vectors) sums[r][v] = (f32v){0};
    }
    const u8 *q = w;
    for (i32 row = 0; row < t.rows; row++) {
      for (i32 k = 1; k < t.run; k += 2) {
        addProducts(sums, p, q, block, 0, vectors);
        SEPARATE_ROUND(q);
        addProducts(sums, p, q, block, 1, vectors);
        q += 2 * packedRow;
        EACH(r, pixelsOf(vectors)) p[r] += 8;
      }
      if (t.run & 1) {
        addProducts(sums, p, q, block, 0, vectors);
        q += packedRow;
        EACH(r, pixelsOf(vectors)) p[r] += 4;
      }
      EACH(r, pixelsOf(vectors)) p[r] += t.rowSkip;
    }
    EACH(r, pixelsOf(vectors))
      EACH(v, vectors) STORE(to[r] + v * WIDTH, sums[r][v]);
  }
}

/**
 * Float convolution: y[p][c] = Σ_k x[p][k]·w[k][c], k over `rows` contiguous runs. The order of the sum is k ascending, whatever
 * the range of images.
 */
KERNEL(denseConv, DenseConv) { BY_CHANNELS(mostVectors, t.channels, convolve, t, lo, hi); }

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
 * So many vectors of channels of `rows` rows from `row` on, images first…last; rows and vectors are constants. Rows beyond the last
 * one repeat it.
 */
INLINE void addRows(DenseWeightGradient t, Gradients gradients, i32 row, i32 rows, i32 first, i32 last, i32 channel,
                    i32 vectors) {
  isize offset[tileRows];
  u8 *dw[tileRows];
  EACH(r, rows) {
    const i32 one = min(row + r, t.rows - 1);
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

/** So many vectors of channels of rows begin…end, images first…last. */
INLINE void addGradients(DenseWeightGradient t, i32 begin, i32 end, i32 first, i32 last, i32 channel, i32 vectors) {
  const bool packs = end - begin >= worthPacking && t.channels > vectors * LANES;
  const Gradients gradients = packs ? packGradients(t, first, last, channel, vectors)
                                    : (Gradients){t.dy + first * t.dyImage + (isize)channel * 4, t.dyImage, t.dyRow, t.dyPixel};
  const i32 rows = vectors > tileVectors ? wideTile : tileRows;
  for (i32 row = begin; row < end; row += rows) addRows(t, gradients, row, rows, first, last, channel, vectors);
}

/**
 * Float weight gradient: dw[row][c] += Σ x[pixel + offset(row)]·dy[pixel][c]. lo, hi: range of `gradientRows` rows each. Sums run
 * over the pixels of an image; the images' sums are added in order.
 */
KERNEL(denseWeightGradient, DenseWeightGradient) {
  const i32 end = min(hi * gradientRows, t.rows);
  for (i32 first = 0; first < t.images; first += t.imagesPerChunk) {
    const i32 last = min(first + t.imagesPerChunk, t.images);
    BY_CHANNELS(mostVectors, t.channels, addGradients, t, lo * gradientRows, end, first, last);
  }
}
