// Integer convolution of spike counts with ternary weights by products of matrices, where a processor has them (Intel's AMX): one
// instruction multiplies 64 inputs of sixteen images with the weights of sixteen channels, and adds up. Takes the same time for
// any number of spikes. Sums are exact.
#pragma once
#include "vector.h"

// Compilers that have this header come with assemblers that know the instructions.
#if defined(__x86_64__) && defined(__linux__) && WIDTH == 64
#if __has_include(<amxint8intrin.h>)
#define MATRICES
#endif
#endif

#ifdef MATRICES
enum {
  /** Rows of a tile, a register that holds a matrix, and bytes of a row. */
  matrixRows = 16,
  matrixRowBytes = 64,
  matrixBytes = matrixRows * matrixRowBytes,
  /** Images and channels whose sums are made at a time: two tiles by two, so that each that is loaded serves two products. */
  matrixImages = 2 * matrixRows,
  matrixChannels = 32,
  /** Bytes of an image's sums. */
  imageSumBytes = matrixChannels * 4,
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

/** True if a layer's channels fill tiles. */
INLINE bool fillsTiles(EventConv t) {
  return tilesGranted && t.inChannels % matrixRowBytes == 0 && t.outChannels % matrixChannels == 0;
}

/** True if so many inputs that are not zero take less time than as events; tables of sixteen images pay from `least` on. */
INLINE bool matricesPay(i64 inputs, i64 least, i32 images) {
  return inputs * 1600 >= least * matrixShare * max(images, matrixRows);
}

/** Tiles of sums 0 and 1 are of the first and the other images, 2 and 3 of sixteen more channels; 4 and 5 of inputs, 6 and 7 of weights. */
INLINE void shapeTiles(i32 images, i32 others) {
  TileShapes shapes = {1, 0, {0}, {0}, {0}};
  EACH(tile, 8) {
    shapes.columns[tile] = matrixRowBytes;
    shapes.rows[tile] = tile > 5 ? matrixRows : tile & 1 ? others : images;
  }
  __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
}

/**
 * Sums of one pixel, [image][channel]. inputs: of the first image, and of the first of the others; w: of sixteen channels, the next
 * `sixteen` bytes behind.
 */
INLINE void multiplyTiles(EventConv t, const u8 *const inputs[2], const u8 *w, isize sixteen, i32 oy, i32 ox, u8 *sums) {
  const isize image = (isize)t.height * t.width * t.inChannels;
  const i32 top = oy * t.stride - t.padV, left = ox * t.stride - t.padH;
  const i32 y0 = max(-top, 0), y1 = min(t.kernelHeight, t.height - top);
  const i32 x0 = max(-left, 0), x1 = min(t.kernelWidth, t.width - left);
  CLEAR_TILE(0);
  CLEAR_TILE(1);
  CLEAR_TILE(2);
  CLEAR_TILE(3);
  for (i32 ky = y0; ky < y1; ky++) {
    isize at = ((isize)(top + ky) * t.width + left + x0) * t.inChannels;
    const u8 *weights = w + (isize)(ky * t.kernelWidth + x0) * t.inChannels * 16;
    for (const isize end = at + (isize)(x1 - x0) * t.inChannels; at < end; at += matrixRowBytes, weights += matrixBytes) {
      LOAD_TILE(4, inputs[0] + at, image);
      LOAD_TILE(5, inputs[1] + at, image);
      LOAD_TILE(6, weights, matrixRowBytes);
      LOAD_TILE(7, weights + sixteen, matrixRowBytes);
      ADD_PRODUCTS(0, 4, 6);
      ADD_PRODUCTS(1, 5, 6);
      ADD_PRODUCTS(2, 4, 7);
      ADD_PRODUCTS(3, 5, 7);
    }
  }
  u8 *others = sums + matrixRows * imageSumBytes;
  STORE_TILE(0, sums, imageSumBytes);
  STORE_TILE(1, others, imageSumBytes);
  STORE_TILE(2, sums + matrixRowBytes, imageSumBytes);
  STORE_TILE(3, others + matrixRowBytes, imageSumBytes);
}

/** An image's sums in 16 bits. */
INLINE i16v halfSums32(const u8 *sums) {
  const __m512i packed = _mm512_packs_epi32((__m512i)LOAD(i32v, sums), (__m512i)LOAD(i32v, sums + WIDTH));
  return (i16v)_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
}

/** Writes what becomes of one pixel's sums: they are kept, or become spikes. y: of the first image, the next `image` bytes behind. */
INLINE void writeSums(EventConv t, const u8 *sums, i32 images, u8 *y, isize image, const i16 *thresholds, bool fire) {
  enum { some = 8 };
  for (i32 n = 0; n < images; n += some, y += some * image, sums += some * imageSumBytes) {
    i16v own[some], spikes[some];
    EACH(r, some) {
      own[r] = halfSums32(sums + r * imageSumBytes);
      spikes[r] = (i16v){0};
    }
    if (fire) {
      const i16 *threshold = thresholds;
      // A true comparison is −1.
      for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) {
        const i16v most = LOAD(i16v, threshold);
        EACH(r, some) spikes[r] -= own[r] > most;
      }
    }
    EACH(r, some)
      if (n + r < images) {
        if (fire)
          STORE(y + r * image, CONVERT(u8half, spikes[r]));
        else
          STORE(y + r * image, own[r]);
      }
  }
}

/** Membranes of images lo…hi, at most 32, in 16 bits, or their spikes. sums: room for them */
INLINE void multiplyMatrices(EventConv t, i32 lo, i32 hi, u8 *sums, bool fire) {
  const i32 images = min(hi - lo, matrixRows), others = hi - lo - images;
  const isize imageBytes = (isize)t.height * t.width * t.inChannels;
  // Without others, the last image is taken once more.
  const u8 *const inputs[2] = {t.spikes + lo * imageBytes, t.spikes + (others > 0 ? lo + images : hi - 1) * imageBytes};
  const isize sixteen = (isize)t.kernelHeight * t.kernelWidth * t.inChannels * 16, outBytes = fire ? 1 : 2;
  const isize pixel = t.outChannels * outBytes, outImage = t.outHeight * t.outWidth * pixel;
  shapeTiles(images, max(others, 1));
  u8 *y = t.y + lo * outImage;
  for (i32 oy = 0; oy < t.outHeight; oy++)
    for (i32 ox = 0; ox < t.outWidth; ox++, y += pixel)
      for (i32 co = 0; co < t.outChannels; co += matrixChannels) {
        multiplyTiles(t, inputs, t.products + co / 16 * sixteen, sixteen, oy, ox, sums);
        writeSums(t, sums, hi - lo, y + co * outBytes, outImage, (const i16 *)t.thresholds + co, fire);
      }
  // What the system keeps of a thread is less then.
  __asm__ volatile("tilerelease" ::);
}
#endif
