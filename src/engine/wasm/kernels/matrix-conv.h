// Integer convolution of spike counts with ternary weights by products of matrices, where a processor has them (Intel's AMX): one
// instruction multiplies 64 inputs of sixteen images with the weights of sixteen channels, and adds up. Takes the same time for
// any number of spikes. Sums are exact.
#pragma once
#include "vector.h"

#ifdef MATRICES
enum {
  /** Rows of a tile, a register that holds a matrix. */
  matrixRows = 16,
  matrixBytes = matrixRows * matrixRowBytes,
  /** Images and channels whose sums are made at a time: two tiles by two, so that each that is loaded serves two products. */
  matrixImages = 2 * matrixRows,
  matrixChannels = 32,
  /** Where a hundred spikes make tables pay, so many make matrices pay. */
  matrixShare = 10
};

/** True if this process may use tiles: library.c asks Linux for them, as a thread that uses them has 8 KiB more to keep. */
static bool tilesGranted = false;

/** Shapes of tiles, as the processor wants them told. */
typedef struct {
  u8 palette, start, reserved[14];
  u16 columns[16];
  u8 rows[16];
} TileShapes;

// The compilers' own functions want options that older ones lack.
#define LOAD_TILE(tile, address, stride) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile::"r"(address), "r"((isize)(stride)) : "memory")
#define STORE_TILE(tile, address, stride) \
  __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" ::"r"(address), "r"((isize)(stride)) : "memory")
#define CLEAR_TILE(tile) __asm__ volatile("tilezero %%tmm" #tile::)
/** Bytes without a sign times bytes with one. */
#define ADD_PRODUCTS(sums, inputs, weights) __asm__ volatile("tdpbusd %%tmm" #weights ", %%tmm" #inputs ", %%tmm" #sums::)

/**
 * Tiles 0 and 1 are sums of the first and the other images, 4 and 5 their inputs, 6 weights of sixteen channels; 7 are those of sixteen
 * more, 2 and 3 their sums. Where rows of windows leave inputs, 2, 3 and 7 have these and their weights instead.
 */
INLINE void shapeTiles(i32 images, i32 others, i32 left) {
  TileShapes shapes = {1, 0, {0}, {0}, {0}};
  EACH(tile, 8) {
    const bool ofLeft = left > 0 && (tile == 2 || tile == 3 || tile == 7);
    shapes.columns[tile] = ofLeft && tile < 7 ? left : matrixRowBytes;
    shapes.rows[tile] = tile < 6 ? (tile & 1 ? others : images) : ofLeft ? left / 4 : matrixRows;
  }
  __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
}

/**
 * Sums of one pixel, [image][channel], of 32 channels, or of sixteen where rows of windows leave inputs. inputs: of the first image,
 * and of the first of the others; w: of sixteen channels, the next `sixteen` bytes behind.
 */
INLINE void multiplyTiles(EventConv t, i32 channels, const u8 *const inputs[2], const u8 *w, isize sixteen, i32 left, i32 oy,
                          i32 ox, u8 *sums) {
  const isize image = (isize)t.height * t.width * t.inChannels;
  const i32 top = oy * t.stride - t.padV, before = ox * t.stride - t.padH;
  const i32 y0 = max(-top, 0), y1 = min(t.kernelHeight, t.height - top);
  const i32 x0 = max(-before, 0), x1 = min(t.kernelWidth, t.width - before);
  CLEAR_TILE(0);
  CLEAR_TILE(1);
  if (channels == matrixChannels) {
    CLEAR_TILE(2);
    CLEAR_TILE(3);
  }
  for (i32 ky = y0; ky < y1; ky++) {
    isize at = ((isize)(top + ky) * t.width + before + x0) * t.inChannels;
    const u8 *weights = w + (isize)(ky * t.kernelWidth + x0) * t.inChannels * 16;
    for (const isize end = at + (isize)(x1 - x0) * t.inChannels - left; at < end;
         at += matrixRowBytes, weights += matrixBytes) {
      LOAD_TILE(4, inputs[0] + at, image);
      LOAD_TILE(5, inputs[1] + at, image);
      LOAD_TILE(6, weights, matrixRowBytes);
      ADD_PRODUCTS(0, 4, 6);
      ADD_PRODUCTS(1, 5, 6);
      if (channels == matrixChannels) {
        LOAD_TILE(7, weights + sixteen, matrixRowBytes);
        ADD_PRODUCTS(2, 4, 7);
        ADD_PRODUCTS(3, 5, 7);
      }
    }
    if (left > 0) {
      LOAD_TILE(2, inputs[0] + at, image);
      LOAD_TILE(3, inputs[1] + at, image);
      LOAD_TILE(7, weights, matrixRowBytes);
      ADD_PRODUCTS(0, 2, 7);
      ADD_PRODUCTS(1, 3, 7);
    }
  }
  const i32 sumBytes = channels * 4;
  u8 *others = sums + matrixRows * sumBytes;
  STORE_TILE(0, sums, sumBytes);
  STORE_TILE(1, others, sumBytes);
  if (channels == matrixChannels) {
    STORE_TILE(2, sums + matrixRowBytes, sumBytes);
    STORE_TILE(3, others + matrixRowBytes, sumBytes);
  }
}

/** 32 sums in 16 bits. */
INLINE i16v narrowSums(const u8 *sums) {
  const __m512i packed = _mm512_packs_epi32((__m512i)LOAD(i32v, sums), (__m512i)LOAD(i32v, sums + WIDTH));
  return (i16v)_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
}

/** Thresholds of 32 channels, or twice those of sixteen. */
INLINE i16v thresholdsOf(i32 channels, const i16 *thresholds) {
  if (channels == matrixChannels) return LOAD(i16v, thresholds);
  return (i16v)_mm512_broadcast_i64x4((__m256i)LOAD(i16half, thresholds));
}

/**
 * Writes what becomes of one pixel's sums, 32 at a time, of one image or two: they are kept, or become spikes. y: of the first image, the
 * next `image` bytes behind.
 */
INLINE void writeSums(EventConv t, i32 channels, const u8 *sums, i32 images, u8 *y, isize image, const i16 *thresholds,
                      bool fire) {
  enum { some = 8 };
  const i32 together = matrixChannels / channels;
  for (i32 n = 0; n < images; n += some * together, sums += some * 2 * WIDTH) {
    i16v own[some], spikes[some];
    EACH(r, some) {
      own[r] = narrowSums(sums + r * 2 * WIDTH);
      spikes[r] = (i16v){0};
    }
    if (fire) {
      const i16 *threshold = thresholds;
      // A true comparison is −1.
      for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) {
        const i16v most = thresholdsOf(channels, threshold);
        EACH(r, some) spikes[r] -= own[r] > most;
      }
    }
    EACH(r, some) {
      const u8half counts = CONVERT(u8half, spikes[r]);
      u8 *to = y + (isize)(n + r * together) * image;
      const i32 left = images - n - r * together;
      if (channels == matrixChannels) {
        if (left < 1) continue;
        if (fire)
          STORE(to, counts);
        else
          STORE(to, own[r]);
      } else
        EACH(k, 2) {
          if (left < k + 1) continue;
          if (fire)
            STORE(to + k * image, LOAD(u8quarter, (u8 *)&counts + k * 16));
          else
            STORE(to + k * image, LOAD(i16half, (u8 *)&own[r] + k * 32));
        }
    }
  }
}

/** The same for all pixels and channels, so many at a time. */
INLINE void multiplyPixels(EventConv t, i32 channels, const u8 *const inputs[2], i32 left, i32 lo, i32 hi, u8 *sums,
                           bool fire) {
  const isize sixteen = (isize)t.kernelHeight * t.kernelWidth * t.inChannels * 16, outBytes = fire ? 1 : 2;
  const isize pixel = t.outChannels * outBytes, outImage = t.outHeight * t.outWidth * pixel;
  u8 *y = t.y + lo * outImage;
  for (i32 oy = 0; oy < t.outHeight; oy++)
    for (i32 ox = 0; ox < t.outWidth; ox++, y += pixel)
      for (i32 co = 0; co < t.outChannels; co += channels) {
        multiplyTiles(t, channels, inputs, t.products + co / 16 * sixteen, sixteen, left, oy, ox, sums);
        writeSums(t, channels, sums, hi - lo, y + co * outBytes, outImage, (const i16 *)t.thresholds + co, fire);
      }
}

/** Membranes of images lo…hi, at most 32, in 16 bits, or their spikes. sums: room for them */
INLINE void multiplyMatrices(EventConv t, i32 lo, i32 hi, u8 *sums, bool fire) {
  const i32 images = min(hi - lo, matrixRows), others = hi - lo - images;
  const i32 left = t.kernelWidth * t.inChannels % matrixRowBytes;
  const isize imageBytes = (isize)t.height * t.width * t.inChannels;
  // Without others, the last image is taken once more.
  const u8 *const inputs[2] = {t.spikes + lo * imageBytes, t.spikes + (others > 0 ? lo + images : hi - 1) * imageBytes};
  shapeTiles(images, max(others, 1), left);
  if (left == 0 && t.outChannels % matrixChannels == 0)
    multiplyPixels(t, matrixChannels, inputs, 0, lo, hi, sums, fire);
  else
    multiplyPixels(t, matrixRows, inputs, left, lo, hi, sums, fire);
  // What the system keeps of a thread is less then.
  __asm__ volatile("tilerelease" ::);
}
#endif
