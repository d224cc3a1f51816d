// Integer convolution of spike counts with ternary weights, bit by bit: for one bit of the counts, a vector holds that of
// sixteen images at 32 places, or of fewer images in bands of the map, one below the other. Takes the same time for any number of spikes;
// zero weights of all of four channels take none. Sums are exact.
#pragma once
#include "sliced-sums.h"
#include "transpose.h"

#ifdef SLICES
typedef u16 Words VECTOR(32);
enum {
  /** Places, and channels whose spikes are written at a time. */
  slicedPlaces = 32,
  slicedChannels = 64,
  /** Where a hundred spikes make tables pay, so many make slices pay. */
  slicedShare = 20,
  channelBytes = countBits * planeBytes
};

/** What bits of a word are: bit n·images + i is image i in band n of the map, of which each has so many rows of the output. */
typedef struct {
  i32 images, rows;
} Bands;

INLINE Bands bandsOf(SlicedForward t, i32 images) {
  const i32 lanes = images > 8 ? 16 : images > 4 ? 8 : 4, bands = 16 / lanes;
  return (Bands){lanes, (t.outHeight + bands - 1) / bands};
}

/** Spikes of a channel: how many thresholds, less one, its membranes exceed; these are as numbers with a sign and `offset` more. */
INLINE void compareSums(SlicedForward t, const Bits *sums, i32 bits, i32 offset, const i16 *threshold, u8 *spikes) {
  const Bits sign = ~sums[bits - 1];
  Bits counts[countBits] = {{0}};
  for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) {
    // None is as large as 2^bits − 1.
    const i32 least = max(0, min(*threshold + 1 + offset + (1 << (bits - 1)), (1 << bits) - 1));
    Bits reached = ~(Bits){0};
    // From the lowest bit on: where the threshold's is 1, the sum's must be, too; else it may.
    EACH(i, bits) reached = twoOfThree(i < bits - 1 ? sums[i] : sign, reached, SPLAT(Bits, (u64)(least >> i & 1) - 1));
    EACH(bit, countBits) {
      const Bits next = counts[bit] & reached;
      counts[bit] ^= reached;
      reached = next;
    }
  }
  EACH(bit, countBits) STORE(spikes + bit * planeBytes, counts[bit]);
}

/** Spikes of four channels from c on, whose columns' sums have so many bits, and their own. @returns the list of the next four */
INLINE const u16 *sliceFour(SlicedForward t, const u16 *list, i32 c, i32 columnBits, i32 bits, u8 *spikes) {
  const u8 *planes[countBits];
  EACH(bit, countBits) planes[bit] = t.window + bit * (isize)t.spanWords * 2;
  list = addSlicedColumns(planes, list, t.sums, columnBits);
  Number channels[4];
  combineSlices(t.sums, columnBits, bits, channels);
  EACH(k, 4)
    compareSums(t, channels[k], bits, ((const i32 *)t.offsets)[c + k], (const i16 *)t.thresholds + c + k,
                spikes + k * channelBytes);
  return list;
}
APART const u16 *sliceShort(SlicedForward t, const u16 *list, i32 c, u8 *spikes) {
  return sliceFour(t, list, c, 8, 13, spikes);
}
APART const u16 *sliceMiddle(SlicedForward t, const u16 *list, i32 c, u8 *spikes) {
  return sliceFour(t, list, c, 9, 14, spikes);
}
APART const u16 *sliceMiddling(SlicedForward t, const u16 *list, i32 c, u8 *spikes) {
  return sliceFour(t, list, c, 10, 16, spikes);
}
APART const u16 *sliceLong(SlicedForward t, const u16 *list, i32 c, u8 *spikes) {
  return sliceFour(t, list, c, mostColumnBits, mostSumBits, spikes);
}

/**
 * Where a row of the planes has its first pixel of each image and band: the last image is there for those beyond it.
 * @returns a bit for each that does not lie beside the map
 */
INLINE u32 findRows(SlicedForward t, Bands b, i32 row, i32 first, i32 last, const u8 *rows[16]) {
  const isize rowBytes = (isize)t.width * t.inChannels;
  u32 inside = 0;
  EACH(n, 16) {
    const i32 y = n / b.images * b.rows + row - t.padV, image = first + min(n % b.images, last);
    rows[n] = t.spikes + ((isize)image * t.height + max(0, min(y, t.height - 1))) * rowBytes;
    inside |= (u32)(y >= 0 && y < t.height) << n;
  }
  return inside;
}

/** Bits of the counts that eight images have side by side: in a byte, bit i is that of image i. mask: of those that are there, in images
 * that have a bit in `inside`; others are zeros */
INLINE void sliceEight(const u8 *const images[8], isize at, u64 mask, u32 inside, u8v planes[countBits]) {
  u16v bits[countBits] = {{0}};
#define COUNTS(i) ((u16v)_mm512_maskz_loadu_epi8(inside >> (i) & 1 ? mask : 0, images[i] + at))
  EACH(i, 4) {
    const u16v two = COUNTS(i) | COUNTS(i + 4) << 4;
    EACH(bit, countBits) bits[bit] |= (two >> bit & 0x1111) << i;
  }
#undef COUNTS
  EACH(bit, countBits) planes[bit] = (u8v)bits[bit];
}

/** A row of the planes as it lies in the images, [bit][pixel][channel], in words, and zeros behind it. */
INLINE void sliceRow(SlicedForward t, const u8 *const rows[16], u32 inside) {
  const i32 values = t.width * t.inChannels;
  u8 *to = t.turned;
  for (i32 at = 0; at < t.rowWords; at += 64, to += 128) {
    const i32 left = max(0, values - at);
    const u64 mask = left < 64 ? (1ull << left) - 1 : ~0ull;
    u8v low[countBits], high[countBits];
    sliceEight(rows, at, mask, inside, low);
    sliceEight(rows + 8, at, mask, inside >> 8, high);
    EACH(bit, countBits)
      EACH(half, 2)
        STORE(to + bit * (isize)t.rowWords * 2 + half * 64, CONVERT(u16v, LOAD(u8half, (u8 *)&low[bit] + half * 32)) |
                                                                CONVERT(u16v, LOAD(u8half, (u8 *)&high[bit] + half * 32)) << 8);
  }
}

/** The counts of up to sixteen images as planes, [channel][bit][place], in words; zeros around. */
INLINE void sliceSpikes(SlicedForward t, Bands b, i32 first, i32 last) {
  const isize bitBytes = (isize)t.planeWords * 2;
  __builtin_memset(t.planes, 0, t.inChannels * countBits * bitBytes);
  for (i32 row = 0; row < b.rows + t.kernelHeight - 1; row++) {
    const u8 *rows[16];
    sliceRow(t, rows, findRows(t, b, row, first, last, rows));
    // Behind the row's end zeros are written, some of which the next row writes over.
    for (i32 x = 0; x < t.width; x += 8)
      for (i32 c = 0; c < t.inChannels; c += 8)
        for (i32 bit = 0; bit < countBits; bit++)
          transposeHalves(t.turned + ((isize)bit * t.rowWords + x * t.inChannels + c) * 2, t.inChannels * 2, 0, 7,
                          t.planes + (c * countBits + bit) * bitBytes + (row * t.pitch + x + t.padH) * 2, countBits * bitBytes,
                          8);
  }
}

/** What the windows of the places hold, side by side: [channel][bit][spanWords]; and a channel of zeros. */
INLINE void copyWindow(SlicedForward t, i32 place) {
  const isize spanBytes = (isize)t.spanWords * 2, planeStride = (isize)t.planeWords * 2;
  const u8 *from = t.planes + place * 2;
  u8 *to = t.window;
  // What is written beyond a plane's end, the next one writes over.
  for (i32 i = 0; i < t.inChannels * countBits; i++, from += planeStride, to += spanBytes)
    for (isize k = 0; k < spanBytes; k += planeBytes) STORE(to + k, LOAD(Bits, from + k));
  __builtin_memset(to, 0, countBits * spanBytes);
}

/** A bit for each image of each band that has such a row of the output. */
INLINE u32 imagesThere(SlicedForward t, Bands b, i32 row, i32 images) {
  u32 there = 0;
  if (row < b.rows)
    for (i32 y = row, lane = 0; lane < 16 && y < t.outHeight; y += b.rows, lane += b.images)
      there |= ((1u << images) - 1) << lane;
  return there;
}

/** Writes the spikes of so many channels at some places: whole lines of the caches, where there are 64. */
INLINE void unslice(SlicedForward t, Bands b, i32 place, i32 channel, i32 channels, i32 first, i32 images) {
  const isize row = (isize)t.outWidth * t.outChannels, image = t.outHeight * row;
  // [bit][place][half of its word][channel]
  for (i32 c = 0; c < channels; c += 16)
    EACH(bit, countBits)
      for (i32 eight = 0; eight < slicedPlaces / 8; eight++)
        transposeBytes(t.sliced + c * channelBytes + bit * planeBytes + eight * 16, channelBytes, 0, 15,
                       t.turned + (bit * slicedPlaces / 8 + eight) * 16 * slicedChannels + c, slicedChannels, 16);
  isize lanes[16];
  EACH(n, 16) lanes[n] = n % b.images * image + n / b.images * b.rows * row;
  const u64 mask = ~0ull >> (slicedChannels - channels);
  i32 oy = place / t.pitch, ox = place % t.pitch;
  for (i32 i = 0; i < slicedPlaces; i++, ox++) {
    if (ox == t.pitch) {
      ox = 0;
      oy++;
    }
    const u32 there = ox < t.outWidth ? imagesThere(t, b, oy, images) : 0;
    if (there == 0) continue;
    u8 *y = t.y + first * image + oy * row + (isize)ox * t.outChannels + channel;
    EACH(half, 2) {
      u16v bits[countBits];
      EACH(bit, countBits) bits[bit] = LOAD(u16v, t.turned + ((bit * slicedPlaces + i) * 2 + half) * slicedChannels);
      EACH(k, 4) {
        u16v counts = {0};
        EACH(bit, countBits) counts |= (bits[bit] >> k & 0x1111) << bit;
        EACH(high, 2) {
          const i32 n = half * 8 + high * 4 + k;
          if (there >> n & 1) _mm512_mask_storeu_epi8(y + lanes[n], mask, (__m512i)(counts >> high * 4 & 0x0f0f));
        }
      }
    }
  }
}

/** Spikes of images lo…hi, at most sixteen. */
INLINE void slicedSpikes(SlicedForward t, i32 lo, i32 hi) {
  const Bands b = bandsOf(t, hi - lo);
  const i32 places = (b.rows - 1) * t.pitch + t.outWidth;
  sliceSpikes(t, b, lo, hi - lo - 1);
  for (i32 place = 0; place < places; place += slicedPlaces) {
    copyWindow(t, place);
    const u16 *list = (const u16 *)t.lists;
    for (i32 co = 0; co < t.outChannels; co += slicedChannels) {
      const i32 channels = min(t.outChannels - co, slicedChannels);
      u8 *spikes = t.sliced;
      for (i32 c = co; c < co + channels; c += 4, spikes += 4 * channelBytes)
        list = t.columnBits <= 8 && t.sumBits <= 13    ? sliceShort(t, list, c, spikes)
               : t.columnBits <= 9 && t.sumBits <= 14  ? sliceMiddle(t, list, c, spikes)
               : t.columnBits <= 10 && t.sumBits <= 16 ? sliceMiddling(t, list, c, spikes)
                                                       : sliceLong(t, list, c, spikes);
      unslice(t, b, place, co, channels, lo, hi - lo);
    }
  }
}
#endif
