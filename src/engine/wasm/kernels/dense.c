// Convolutions of floats, and their weight gradient: every product is made. Four pixels, or four rows of the kernel, share each
// load of the other operand.
#include "vector.h"

/** Channels that packForward lays side by side; vectors of 512 bits would be wider. */
enum { packedBlock = 8 };
typedef f32 packed VECTOR(WIDTH < 32 ? WIDTH : 32);
enum { packedLanes = sizeof(packed) / 4, packedVectors = packedBlock / packedLanes };

/** Adds to sums of 4 pixels × 8 channels the products of step k: p: the pixels' values, q: weights. */
INLINE void addProducts(packed sums[4][packedVectors], const u8 *const p[4], const u8 *q, i32 k) {
  packed w[packedVectors];
  EACH(v, packedVectors) w[v] = LOAD(packed, q + k * packedBlock * 4 + v * (i32)sizeof(packed));
  EACH(r, 4) {
    const f32 x = ((const f32 *)p[r])[k];
    EACH(v, packedVectors) sums[r][v] += x * w[v];
  }
}

/**
 * Float convolution, 4 pixels × 8 channels in registers: y[p][c] = Σ_k x[p][k]·w[k][c], k over `rows` contiguous runs.
 * The order of the sum is k ascending, whatever the range of images. Pixels beyond the range repeat the last one.
 */
KERNEL(denseConv, DenseConv) {
  const i32 total = (hi - lo) * t.pixels;
  const u32 *xOffsets = (const u32 *)t.xOffsets, *yOffsets = (const u32 *)t.yOffsets;
  const u8 *w = t.w;
  for (i32 cb = 0; cb < t.channels; cb += packedBlock, w += (isize)t.rows * t.run * packedBlock * 4) {
    const u8 *x = t.x + lo * t.xImage;
    u8 *y = t.y + lo * t.yImage + (isize)cb * 4;
    i32 pixel = 0;
    for (i32 first = 0; first < total; first += 4) {
      const u8 *p[4];
      u8 *to[4];
      EACH(r, 4) {
        p[r] = x + xOffsets[pixel];
        to[r] = y + yOffsets[pixel];
        if (first + r + 1 < total && ++pixel == t.pixels) {
          pixel = 0;
          x += t.xImage;
          y += t.yImage;
        }
      }
      packed sums[4][packedVectors];
      EACH(r, 4) EACH(v, packedVectors) sums[r][v] = (packed){0};
      const u8 *q = w;
      for (i32 row = 0; row < t.rows; row++) {
        for (i32 k = 1; k < t.run; k += 2) {
          addProducts(sums, p, q, 0);
          SEPARATE_ROUND(q);
          addProducts(sums, p, q, 1);
          q += 2 * packedBlock * 4;
          EACH(r, 4) p[r] += 8;
        }
        if (t.run & 1) {
          addProducts(sums, p, q, 0);
          q += packedBlock * 4;
          EACH(r, 4) p[r] += 4;
        }
        EACH(r, 4) p[r] += t.rowSkip;
      }
      EACH(r, 4) EACH(v, packedVectors) STORE(to[r] + v * (i32)sizeof(packed), sums[r][v]);
    }
  }
}

/** Channels whose weight gradients are added up together. */
enum { gradientVectors = LANES < 8 ? 8 / LANES : 1 };

/**
 * Float weight gradient: dw[row][c] += Σ x[pixel + offset(row)]·dy[pixel][c], 4 kernel rows × 8 channels in registers, or as many
 * as a vector has. lo, hi: range of tiles of 4 rows. Sums run over the pixels of an image; the images' sums are added in order.
 */
KERNEL(denseWeightGradient, DenseWeightGradient) {
  for (i32 first = 0; first < t.images; first += t.imagesPerChunk) {
    const i32 last = min(first + t.imagesPerChunk, t.images);
    for (i32 tile = lo; tile < hi; tile++) {
      i32 row[4];
      isize offset[4];
      EACH(r, 4) {
        row[r] = min(tile * 4 + r, t.rows - 1);
        offset[r] = ((const u32 *)t.rowOffsets)[row[r]];
      }
      for (i32 cb = 0; cb < t.channels; cb += gradientVectors * LANES) {
        u8 *dw[4];
        f32v sum[4][gradientVectors];
        EACH(r, 4) {
          dw[r] = t.dw + ((isize)row[r] * t.channels + cb) * 4;
          EACH(v, gradientVectors) sum[r][v] = first ? LOAD(f32v, dw[r] + v * WIDTH) : (f32v){0};
        }
        for (i32 n = first; n < last; n++) {
          const u8 *x = t.x + n * t.xImage, *dy = t.dy + n * t.dyImage + (isize)cb * 4;
          f32v c[4][gradientVectors];
          EACH(r, 4) EACH(v, gradientVectors) c[r][v] = (f32v){0};
          for (i32 oy = 0; oy < t.outHeight; oy++, x += t.xRow, dy += t.dyRow) {
            const u8 *p = x, *q = dy;
            for (i32 ox = 0; ox < t.outWidth; ox++, p += t.xPixel, q += t.dyPixel) {
              f32v b[gradientVectors];
              EACH(v, gradientVectors) b[v] = LOAD(f32v, q + v * WIDTH);
              EACH(r, 4) {
                const f32 a = *(const f32 *)(p + offset[r]);
                EACH(v, gradientVectors) c[r][v] += a * b[v];
              }
            }
          }
          EACH(r, 4) EACH(v, gradientVectors) sum[r][v] += c[r][v];
        }
        EACH(r, 4) EACH(v, gradientVectors) STORE(dw[r] + v * WIDTH, sum[r][v]);
      }
    }
  }
}
