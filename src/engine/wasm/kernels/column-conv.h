// Integer convolution of spike counts with ternary weights by columns, the weights that four output channels have for one input:
// there are 40, but for their signs. The inputs that meet the same column are added up once for all four channels, in bytes, and the
// channels' sums are made of the columns' (Liberty and Zucker, The Mailman algorithm, 2009). A vector holds the counts of sixteen
// images at two places, one in each half of a row. Takes the same time for any number of spikes. Sums are exact.
#pragma once
#include "transpose.h"

#if defined(__AVX2__) && WIDTH == 32
#define COLUMNS
enum {
  columnChannels = 4,
  /** Columns, of which the first weight that is not zero is 1; as a number of base 3, whose digits are −1, 0 and 1. */
  columnCount = 40,
  /** Places, counted in the first half of a row, whose sums are made at a time. */
  columnPlaces = 4,
  /** Bytes of an input at two places, and of a membrane there. */
  inputBytes = 32,
  sumBytes = 64
};

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

/** Sixteen channels of two pixels of the images, whose distances from the first one are given, as inputs. */
APART void gatherPixels(const u8 *low, const u8 *high, const isize images[16], u8 *to) {
  i8v rows[16];
  EACH(i, 16)
    rows[i] = (i8v)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)LOAD(i8x16, low + images[i])),
                                           (__m128i)LOAD(i8x16, high + images[i]), 1);
  turnSquares(rows);
  EACH(i, 16) STORE(to + i * inputBytes, rows[i]);
}

/** The counts of sixteen images, of which the last may be there several times, as [row][place][channel][half][image], zeros around. */
INLINE void gatherInputs(ColumnForward t, i32 first, i32 last) {
  const isize image = (isize)t.height * t.width * t.inChannels;
  const i32 apart = (t.outWidth + 1) / 2 * t.stride;
  isize images[16];
  EACH(i, 16) images[i] = min(i, last) * image;
  u8 *to = t.inputs;
  for (i32 row = 0; row < t.rows; row++) {
    const i32 y = row - t.padV;
    const u8 *spikes = t.spikes + first * image + (isize)y * t.width * t.inChannels;
    for (i32 place = 0; place < t.places; place++) {
      const i32 low = place - t.padH, high = low + apart;
      const bool rowInside = y >= 0 && y < t.height;
      const bool lowInside = rowInside && low >= 0 && low < t.width, highInside = rowInside && high >= 0 && high < t.width;
      for (i32 c = 0; c < t.inChannels; c += 16, to += 16 * inputBytes)
        if (lowInside && highInside)
          gatherPixels(spikes + (isize)low * t.inChannels + c, spikes + (isize)high * t.inChannels + c, images, to);
        else {
          EACH(i, 16) STORE(to + i * inputBytes, (u8v){0});
          if (lowInside) transposeBytes(spikes + (isize)low * t.inChannels + c, image, 0, last, to, inputBytes, 16);
          if (highInside) transposeBytes(spikes + (isize)high * t.inChannels + c, image, 0, last, to + 16, inputBytes, 16);
        }
    }
  }
}

/** Adds to sums, or takes away from them, what the next inputs of a list are at neighbouring places. @returns what follows them */
INLINE const u16 *addListed(i8v *sums, i32 places, const u8 *window, isize placeBytes, const u16 *list, bool negative) {
  const u16 *end = list + 1 + *list;
  for (list++; list < end; list++) {
    const u8 *input = window + (isize)*list * inputBytes;
    EACH(i, places) {
      const i8v counts = LOAD(i8v, input + i * placeBytes);
      sums[i] = negative ? sums[i] - counts : sums[i] + counts;
    }
  }
  return list;
}

/** Sums of each column, as [column][place], in bytes. */
INLINE const u16 *addColumns(ColumnForward t, i32 places, const u8 *window, const u16 *list) {
  const isize placeBytes = (isize)t.stride * t.inChannels * inputBytes;
  u8 *to = t.sums;
  for (i32 column = 0; column < columnCount; column++, to += columnPlaces * inputBytes) {
    i8v sums[columnPlaces];
    EACH(i, places) sums[i] = (i8v){0};
    list = addListed(sums, places, window, placeBytes, list, false);
    list = addListed(sums, places, window, placeBytes, list, true);
    EACH(i, places) STORE(to + i * inputBytes, sums[i]);
  }
  return list;
}

/** Sixteen sums of a column, counted from 1. */
INLINE i16v columnSums(const u8 *sums, i32 column) {
  return CONVERT(i16v, LOAD(i8x16, sums + (column - 1) * (columnPlaces * inputBytes)));
}

/**
 * Membranes of four channels of the sums of columns: the last channel is what ends in 1 less what ends in −1, and columns that differ
 * in their last weight only are one for the channels before.
 */
INLINE void combineColumns(const u8 *sums, i16v membranes[columnChannels]) {
  // Column r of three channels is 3r − 1, 3r and 3r + 1 of four; column s of two, 3s − 1, 3s and 3s + 1 of three.
  i16v fourth = columnSums(sums, 1), third = {0}, second = {0}, first = {0};
  EACH(s, 5) {
    i16v both = {0};
    EACH(k, 3) {
      const i32 r = 3 * s + k - 1;
      if (r < 1) continue;
      const i16v more = columnSums(sums, 3 * r + 1), less = columnSums(sums, 3 * r - 1);
      const i16v all = more + columnSums(sums, 3 * r) + less;
      fourth += more - less;
      if (k == 2) third += all;
      if (k == 0) third -= all;
      both += all;
    }
    // (0, 0), (0, 1), (1, −1), (1, 0) and (1, 1).
    if (s == 1 || s == 4) second += both;
    if (s == 2) second -= both;
    if (s >= 2) first += both;
  }
  membranes[0] = first;
  membranes[1] = second;
  membranes[2] = third;
  membranes[3] = fourth;
}

/** Adds what a byte could not hold of the columns: lists of one column each. @returns what follows them */
INLINE const u16 *addRest(ColumnForward t, i32 places, const u8 *window, const u16 *list) {
  const isize placeBytes = (isize)t.stride * t.inChannels * inputBytes;
  i32 count = *list++;
  for (; count > 0; count--) {
    i32 column = *list++;
    i8v sums[columnPlaces];
    EACH(i, places) sums[i] = (i8v){0};
    list = addListed(sums, places, window, placeBytes, list, false);
    for (i32 channel = columnChannels - 1; channel >= 0; channel--, column /= 3)
      EACH(i, places)
        EACH(half, 2) {
          u8 *membranes = t.membranes + (channel * columnPlaces + i) * sumBytes + half * WIDTH;
          const i16v own = CONVERT(i16v, LOAD(i8x16, (const u8 *)(sums + i) + half * 16));
          STORE(membranes, LOAD(i16v, membranes) + own * (i16)(column % 3 - 1));
        }
  }
  return list;
}

/** Spikes of a channel: how many thresholds, less one, its membranes exceed. */
INLINE void fireColumns(ColumnForward t, i32 places, const u8 *membranes, const i16 *threshold, u8 *spikes) {
  i16v reached[columnPlaces][2];
  EACH(i, places)
    EACH(half, 2) reached[i][half] = (i16v){0};
  for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) {
    const i16v most = SPLAT(i16v, *threshold);
    // A true comparison is −1.
    EACH(i, places)
      EACH(half, 2) reached[i][half] -= LOAD(i16v, membranes + i * sumBytes + half * WIDTH) > most;
  }
  EACH(i, places)
    STORE(spikes + i * inputBytes,
          (u8v)_mm256_permute4x64_epi64(_mm256_packus_epi16((__m256i)reached[i][0], (__m256i)reached[i][1]), 0xd8));
}

/** Writes the spikes of sixteen channels at two places, of which the second may be none. */
APART void scatterPixels(const u8 *fired, u8 *low, u8 *high, isize image, i32 images) {
  i8v rows[16];
  EACH(i, 16) rows[i] = LOAD(i8v, fired + i * columnPlaces * inputBytes);
  turnSquares(rows);
  EACH(i, 16)
    if (i < images) {
      STORE(low + i * image, (i8x16)_mm256_castsi256_si128((__m256i)rows[i]));
      if (high) STORE(high + i * image, (i8x16)_mm256_extracti128_si256((__m256i)rows[i], 1));
    }
}

/** Writes the spikes of sixteen channels from co on at some places of a row. */
INLINE void scatterSpikes(ColumnForward t, i32 places, i32 oy, i32 place, i32 co, i32 first, i32 images) {
  const isize image = (isize)t.outHeight * t.outWidth * t.outChannels;
  const i32 apart = (t.outWidth + 1) / 2;
  for (i32 i = 0; i < places; i++) {
    const i32 ox = place + i;
    u8 *low = t.y + first * image + ((isize)oy * t.outWidth + ox) * t.outChannels + co;
    u8 *high = ox + apart < t.outWidth ? low + (isize)apart * t.outChannels : 0;
    scatterPixels(t.fired + i * inputBytes, low, high, image, images);
  }
}

/** All channels at some places of a row. places is a constant. */
INLINE void convolvePlaces(ColumnForward t, i32 places, i32 oy, i32 place, i32 first, i32 images) {
  const u8 *window = t.inputs + ((isize)oy * t.places + place) * t.stride * t.inChannels * inputBytes;
  const u16 *list = (const u16 *)t.lists;
  for (i32 co = 0; co < t.outChannels; co += 16) {
    for (i32 c = co; c < co + 16; c += columnChannels) {
      list = addColumns(t, places, window, list);
      for (i32 i = 0; i < places; i++)
        for (i32 half = 0; half < 2; half++) {
          i16v membranes[columnChannels];
          combineColumns(t.sums + i * inputBytes + half * 16, membranes);
          EACH(k, columnChannels) STORE(t.membranes + (k * columnPlaces + i) * sumBytes + half * WIDTH, membranes[k]);
        }
      list = addRest(t, places, window, list);
      for (i32 k = 0; k < columnChannels; k++)
        fireColumns(t, places, t.membranes + k * columnPlaces * sumBytes, (const i16 *)t.thresholds + c + k,
                    t.fired + (c - co + k) * columnPlaces * inputBytes);
    }
    scatterSpikes(t, places, oy, place, co, first, images);
  }
}

/** Spikes of images lo…hi, at most sixteen. */
INLINE void columnSpikes(ColumnForward t, i32 lo, i32 hi) {
  gatherInputs(t, lo, hi - lo - 1);
  const i32 half = (t.outWidth + 1) / 2;
  for (i32 oy = 0; oy < t.outHeight; oy++)
    for (i32 place = 0; place < half; place += columnPlaces) {
      const i32 places = min(columnPlaces, half - place);
      if (places == 4)
        convolvePlaces(t, 4, oy, place, lo, hi - lo);
      else if (places == 3)
        convolvePlaces(t, 3, oy, place, lo, hi - lo);
      else if (places == 2)
        convolvePlaces(t, 2, oy, place, lo, hi - lo);
      else
        convolvePlaces(t, 1, oy, place, lo, hi - lo);
    }
}
#endif
