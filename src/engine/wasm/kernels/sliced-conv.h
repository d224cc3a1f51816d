// Integer convolution of spike counts with ternary weights, bit by bit: for one bit of the counts, a vector holds that of
// sixteen images at 32 places, or of fewer images in bands of the map, one below the other. Takes the same time for any number of spikes;
// zero weights of all of four channels take none. Sums are exact.
#pragma once
#include "sliced-sums.h"
#include "transpose.h"

#ifdef SLICES
typedef u16 Words VECTOR(32);
enum {
  /** Places, and channels, that are taken at a time. */
  slicedPlaces = 32,
  slicedChannels = 16,
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

/** True if so many inputs that are not zero take less time bit by bit, and not as events; tables of sixteen images pay from `least` on. */
INLINE bool slicesPay(SlicedForward t, i64 inputs, i64 least, i32 images) {
  return inputs * 1600 >= least * slicedShare * bandsOf(t, images).images;
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
    EACH(i, bits)
      reached = twoOfThree(i < bits - 1 ? sums[i] : sign, reached, SPLAT(Bits, (u64)(least >> i & 1) - 1));
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
    compareSums(t, channels[k], bits, ((const i32 *)t.offsets)[c + k], (const i16 *)t.thresholds + c + k, spikes + k * channelBytes);
  return list;
}
APART const u16 *sliceShort(SlicedForward t, const u16 *list, i32 c, u8 *spikes) { return sliceFour(t, list, c, 8, 14, spikes); }
APART const u16 *sliceMiddling(SlicedForward t, const u16 *list, i32 c, u8 *spikes) { return sliceFour(t, list, c, 10, 16, spikes); }
APART const u16 *sliceLong(SlicedForward t, const u16 *list, i32 c, u8 *spikes) {
  return sliceFour(t, list, c, mostColumnBits, mostSumBits, spikes);
}

/** Bits of eight images' counts, of sixteen channels each: in a byte, bit i is that of image i. */
INLINE void sliceEight(const u8 *const images[8], u8x16 planes[countBits]) {
  EACH(bit, countBits) planes[bit] = (u8x16){0};
  EACH(i, 4) {
    const u8x16 two = LOAD(u8x16, images[i]) | LOAD(u8x16, images[i + 4]) << 4;
    EACH(bit, countBits) planes[bit] |= (two >> bit & 0x11) << i;
  }
}

/** Where a row of the planes has its first pixel of each image and band: nowhere beside the map. The last image is there for those beyond it. */
INLINE void findRows(SlicedForward t, Bands b, i32 row, i32 first, i32 last, const u8 *rows[16]) {
  const isize rowBytes = (isize)t.width * t.inChannels;
  EACH(n, 16) {
    const i32 y = n / b.images * b.rows + row - t.padV, image = first + min(n % b.images, last);
    rows[n] = y >= 0 && y < t.height ? t.spikes + ((isize)image * t.height + y) * rowBytes : 0;
  }
}

/** Sixteen channels from c on of a pixel of the planes, as [bit][channel] in words. */
INLINE void slicePixel(const u8 *const rows[16], isize at, u8 *turned) {
  static const u8 none[16];
  const u8 *from[16];
  EACH(n, 16) from[n] = rows[n] ? rows[n] + at : none;
  u8x16 low[countBits], high[countBits];
  sliceEight(from, low);
  sliceEight(from + 8, high);
  EACH(bit, countBits) {
    STORE(turned + bit * 32, LOW_BYTES(low[bit], high[bit]));
    STORE(turned + bit * 32 + 16, HIGH_BYTES(low[bit], high[bit]));
  }
}

/** The counts of up to sixteen images as planes, [channel][bit][place], in words; zeros around. */
INLINE void sliceSpikes(SlicedForward t, Bands b, i32 first, i32 last) {
  const isize bitBytes = (isize)t.planeWords * 2;
  __builtin_memset(t.planes, 0, t.inChannels * countBits * bitBytes);
  for (i32 row = 0; row < b.rows + t.kernelHeight - 1; row++) {
    const u8 *rows[16];
    findRows(t, b, row, first, last, rows);
    for (i32 x = 0; x < t.width; x += 8) {
      u8 *to = t.planes + (row * t.pitch + x + t.padH) * 2;
      for (i32 c = 0; c < t.inChannels; c += 16) {
        // Behind the row's end zeros, or what is written over.
        for (i32 i = 0; i < 8; i++) {
          u8 *turned = t.turned + i * countBits * 32;
          if (x + i < t.width)
            slicePixel(rows, (isize)(x + i) * t.inChannels + c, turned);
          else
            __builtin_memset(turned, 0, countBits * 32);
        }
        for (i32 bit = 0; bit < countBits; bit++)
          for (i32 half = 0; half < 2; half++)
            transposeHalves(t.turned + bit * 32 + half * 16, countBits * 32, 0, 7,
                            to + ((c + half * 8) * countBits + bit) * bitBytes, countBits * bitBytes, 8);
      }
    }
  }
}

/** What the windows of the places hold, side by side: [channel][bit][spanWords]; and a channel of zeros. */
INLINE void copyWindow(SlicedForward t, i32 place) {
  const isize spanBytes = (isize)t.spanWords * 2, planeStride = (isize)t.planeWords * 2;
  const u8 *from = t.planes + place * 2;
  u8 *to = t.window;
  for (i32 i = 0; i < t.inChannels * countBits; i++, from += planeStride)
    for (isize k = 0; k < spanBytes; k += planeBytes, to += planeBytes) STORE(to, LOAD(Bits, from + k));
  __builtin_memset(to, 0, countBits * spanBytes);
}

/** Writes the spikes of sixteen channels at some places. */
INLINE void unslice(SlicedForward t, Bands b, i32 place, i32 channel, i32 first, i32 images) {
  const isize row = (isize)t.outWidth * t.outChannels, image = t.outHeight * row;
  // [place][bit][channel] in words.
  EACH(bit, countBits)
    for (i32 half = 0; half < 2; half++)
      for (i32 places = 0; places < slicedPlaces; places += 8)
        transposeHalves(t.sliced + half * 8 * channelBytes + bit * planeBytes + places * 2, channelBytes, 0, 7,
                        t.turned + (places * countBits + bit) * 32 + half * 16, countBits * 32, 8);
  for (i32 i = 0; i < slicedPlaces; i++) {
    const i32 oy = (place + i) / t.pitch, ox = (place + i) % t.pitch;
    if (ox >= t.outWidth || oy >= b.rows) continue;
    Words words[countBits];
    EACH(bit, countBits) words[bit] = LOAD(Words, t.turned + (i * countBits + bit) * 32);
    u8 *y = t.y + first * image + oy * row + (isize)ox * t.outChannels + channel;
    for (i32 n = 0, band = oy; n < 16; band += b.rows, y += b.rows * row)
      for (i32 k = 0; k < b.images; k++, n++) {
        Words counts = {0};
        EACH(bit, countBits) {
          counts |= (words[bit] & 1) << bit;
          words[bit] >>= 1;
        }
        if (k < images && band < t.outHeight) STORE(y + k * image, CONVERT(u8x16, counts));
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
      u8 *spikes = t.sliced;
      for (i32 c = co; c < co + slicedChannels; c += 4, spikes += 4 * channelBytes)
        list = t.columnBits <= 8 && t.sumBits <= 14    ? sliceShort(t, list, c, spikes)
               : t.columnBits <= 10 && t.sumBits <= 16 ? sliceMiddling(t, list, c, spikes)
                                                       : sliceLong(t, list, c, spikes);
      unslice(t, b, place, co, lo, hi - lo);
    }
  }
}
#endif
