// Integer convolution of spike counts with ternary weights by columns of weights. The 64 counts of a vector are those of one input of
// windows that lie evenly apart, in sixteen images: four windows of each, and of fewer images more. Takes the same time for any number
// of spikes. Sums are exact.
#pragma once
#include "column-sums.h"
#include "transpose.h"

#ifdef COLUMNS
enum {
  /** Bytes of a channel's membranes at a place: four vectors. */
  membraneBytes64 = 4 * WIDTH,
  /** Bytes of the spikes of a channel at all places. */
  firedBytes = 2 * halfSums,
  /** Where a hundred spikes make tables pay, so many make columns pay. */
  columnShare = 40
};

/** What lanes are: lane n·images + i is image i at window n, of which there are `across` in a row and `down` such rows. */
typedef struct {
  i32 images, across, down;
  /** Pixels of the output from one window to the next, to the right and down. */
  i32 right, below;
} Lanes;

INLINE Lanes lanesOf(ColumnForward t, i32 images) {
  Lanes l = images > 8 ? (Lanes){16, 2, 2} : images > 4 ? (Lanes){8, 4, 2} : (Lanes){4, 4, 4};
  l.right = (t.outWidth + l.across - 1) / l.across;
  l.below = (t.outHeight + l.down - 1) / l.down;
  return l;
}

/** Bytes of two squares turned, each in a half of sixteen vectors: row i, column k becomes row k, column i. */
INLINE void turnSquares(i8v rows[16]) {
  EACH(pass, 4) {
    i8v next[16];
    EACH(i, 8) {
      next[2 * i] = (i8v)_mm256_unpacklo_epi8((__m256i)rows[i], (__m256i)rows[i + 8]);
      next[2 * i + 1] = (i8v)_mm256_unpackhi_epi8((__m256i)rows[i], (__m256i)rows[i + 8]);
    }
    EACH(i, 16) rows[i] = next[i];
  }
}

/** Sixteen channels from c on of the pixels of 64 lanes, as inputs. */
APART void gatherChannels(const u8 *const pixels[64], isize c, u8 *to) {
  i8v rows[16];
  EACH(half, 2) {
    EACH(i, 16)
      rows[i] = (i8v)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)LOAD(i8x16, pixels[half * 32 + i] + c)),
                                             (__m128i)LOAD(i8x16, pixels[half * 32 + 16 + i] + c), 1);
    turnSquares(rows);
    EACH(i, 16) STORE(to + i * inputBytes, half ? LOAD(u16v, to + i * inputBytes) | (u16v)rows[i] << 4 : (u16v)rows[i]);
  }
}

/** Where the pixels of a place are, of images from `first` on; that of the last is there for those beyond it, and zeros beside the map. */
INLINE void findPixels(ColumnForward t, Lanes l, i32 row, i32 place, i32 first, i32 last, const u8 *pixels[64]) {
  const isize image = (isize)t.height * t.width * t.inChannels;
  for (i32 down = 0; down < l.down; down++)
    for (i32 across = 0; across < l.across; across++) {
      const i32 y = row + down * l.below * t.stride - t.padV, x = place + across * l.right * t.stride - t.padH;
      const bool inside = y >= 0 && y < t.height && x >= 0 && x < t.width;
      const u8 *pixel = inside ? t.spikes + first * image + ((isize)y * t.width + x) * t.inChannels : t.none;
      for (i32 i = 0; i < l.images; i++) *pixels++ = pixel + (inside ? min(i, last) * image : 0);
    }
}

/** The counts of images from `first` on, as [block of channels][row][place][channel, and none][lane]. */
INLINE void gatherInputs(ColumnForward t, Lanes l, i32 first, i32 last) {
  const isize placeBytes = (isize)(t.block + 1) * inputBytes, row = t.places * placeBytes;
  const i32 rows = (l.below - 1) * t.stride + t.kernelHeight, places = (l.right - 1) * t.stride + t.kernelWidth;
  __builtin_memset(t.none, 0, t.inChannels);
  for (i32 y = 0; y < rows; y++)
    for (i32 x = 0; x < places; x++) {
      const u8 *pixels[64];
      findPixels(t, l, y, x, first, last, pixels);
      for (i32 block = 0; block < t.inChannels; block += t.block) {
        u8 *to = t.inputs + (block / t.block * t.rows + y) * row + x * placeBytes;
        for (i32 c = 0; c < t.block; c += 16, to += 16 * inputBytes) gatherChannels(pixels, block + c, to);
        STORE(to, (u8v){0});
      }
    }
}

/** Adds what a byte could not hold of the columns: lists of one column each. @returns what follows them */
INLINE const u16 *addRest(i32 places, const u8 *const *windows, const u16 *list, u8 *membranes) {
  for (i32 count = *list++; count > 0; count--) {
    i32 column = *list++;
    PartedSums sums;
    EACH(i, places) sums.low[i] = sums.high[i] = (i8v){0};
    list = addListed(&sums, places, windows, list, false);
    for (i32 channel = columnChannels - 1; channel >= 0; channel--, column /= 3)
      EACH(i, places)
        EACH(part, 4) {
          u8 *to = membranes + (channel * columnPlaces + i) * membraneBytes64 + part * WIDTH;
          const u8 *own = (const u8 *)(part < 2 ? sums.low + i : sums.high + i) + part % 2 * 16;
          STORE(to, LOAD(i16v, to) + CONVERT(i16v, LOAD(i8x16, own)) * (i16)(column % 3 - 1));
        }
  }
  return list;
}

/** Spikes of a channel at a place: how many thresholds, less one, its membranes exceed. */
INLINE void fireColumns(ColumnForward t, const u8 *membranes, const i16 *threshold, u8 *spikes) {
  i16v own[4], reached[4];
  EACH(part, 4) {
    own[part] = LOAD(i16v, membranes + part * WIDTH);
    reached[part] = (i16v){0};
  }
  // A true comparison is −1.
  for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels)
    EACH(part, 4) reached[part] -= own[part] > SPLAT(i16v, *threshold);
  EACH(half, 2) {
    const __m256i both = _mm256_packus_epi16((__m256i)reached[2 * half], (__m256i)reached[2 * half + 1]);
    STORE(spikes + half * halfSums, (u8v)_mm256_permute4x64_epi64(both, 0xd8));
  }
}

/** Writes the spikes of sixteen channels at a place of the output. y: of the first of these channels, of the first image. */
APART void scatterSpikes(ColumnForward t, Lanes l, const u8 *fired, i32 oy, i32 ox, u8 *y, i32 images) {
  const isize image = (isize)t.outHeight * t.outWidth * t.outChannels;
  i8v rows[16];
  EACH(half, 2) {
    EACH(i, 16) rows[i] = LOAD(i8v, fired + i * firedBytes + half * halfSums);
    turnSquares(rows);
    EACH(i, 16) {
      STORE(t.turned + (half * 32 + i) * 16, (i8x16)_mm256_castsi256_si128((__m256i)rows[i]));
      STORE(t.turned + (half * 32 + 16 + i) * 16, (i8x16)_mm256_extracti128_si256((__m256i)rows[i], 1));
    }
  }
  const u8 *from = t.turned;
  for (i32 row = oy, down = 0; down < l.down; row += l.below, down++)
    for (i32 column = ox, across = 0; across < l.across; column += l.right, across++, from += l.images * 16)
      if (row < t.outHeight && column < t.outWidth)
        for (i32 i = 0; i < images; i++)
          STORE(y + i * image + ((isize)row * t.outWidth + column) * t.outChannels, LOAD(i8x16, from + i * 16));
}

/** Sixteen channels from c on at some places of a row, from their membranes. */
INLINE void fireChannels(ColumnForward t, Lanes l, i32 places, i32 oy, i32 ox, i32 c, const u8 *membranes, i32 first,
                         i32 images) {
  for (i32 k = 0; k < 16; k++)
    for (i32 i = 0; i < places; i++)
      fireColumns(t, membranes + (k * columnPlaces + i) * membraneBytes64, (const i16 *)t.thresholds + c + k,
                  t.fired + k * firedBytes + i * inputBytes);
  u8 *y = t.y + (isize)first * t.outHeight * t.outWidth * t.outChannels + c;
  for (i32 i = 0; i < places; i++) scatterSpikes(t, l, t.fired + i * inputBytes, oy, ox + i, y, images);
}

/** All channels at some places of a row, block by block of the inputs' channels. places is a constant. */
INLINE void convolvePlaces(ColumnForward t, Lanes l, i32 places, i32 oy, i32 ox, i32 first, i32 images) {
  const isize place = (isize)(t.block + 1) * inputBytes, blockBytes = t.rows * t.places * place;
  const bool several = t.block < t.inChannels;
  const u16 *list = (const u16 *)t.lists;
  const u8 *windows[columnPlaces];
  EACH(i, places) windows[i] = t.inputs + ((isize)oy * t.places + ox + i) * t.stride * place;
  for (i32 block = 0; block < t.inChannels; block += t.block) {
    for (i32 c = 0; c < t.outChannels; c += columnChannels) {
      // Those of a block are kept for the next one.
      u8 *membranes = t.membranes + (several ? c : c % 16) * columnPlaces * membraneBytes64;
      list = addColumns(t.sums, places, windows, list);
      for (i32 i = 0; i < places; i++)
        for (i32 part = 0; part < 4; part++) {
          i16v own[columnChannels];
          combineColumns(t.sums + part / 2 * halfSums + i * inputBytes + part % 2 * 16, own);
          EACH(k, columnChannels) {
            u8 *to = membranes + (k * columnPlaces + i) * membraneBytes64 + part * WIDTH;
            STORE(to, block > 0 ? own[k] + LOAD(i16v, to) : own[k]);
          }
        }
      list = addRest(places, windows, list, membranes);
      if (c % 16 == 12 && block + t.block == t.inChannels)
        fireChannels(t, l, places, oy, ox, c - 12, membranes - 12 * columnPlaces * membraneBytes64, first, images);
    }
    EACH(i, places) windows[i] += blockBytes;
  }
}

/** Spikes of images lo…hi, at most sixteen. */
INLINE void columnSpikes(ColumnForward t, i32 lo, i32 hi) {
  const Lanes l = lanesOf(t, hi - lo);
  gatherInputs(t, l, lo, hi - lo - 1);
  const i32 parts = (l.right + columnPlaces - 1) / columnPlaces;
  for (i32 oy = 0; oy < l.below; oy++)
    for (i32 part = 0; part < parts; part++) {
      const i32 ox = l.right * part / parts, places = l.right * (part + 1) / parts - ox;
      if (places == 4)
        convolvePlaces(t, l, 4, oy, ox, lo, hi - lo);
      else if (places == 3)
        convolvePlaces(t, l, 3, oy, ox, lo, hi - lo);
      else if (places == 2)
        convolvePlaces(t, l, 2, oy, ox, lo, hi - lo);
      else
        convolvePlaces(t, l, 1, oy, ox, lo, hi - lo);
    }
}
#endif
