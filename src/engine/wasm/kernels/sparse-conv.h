// Convolution of floats that passes over zeros, as rectified activations have many of: with vectors of 256 or 512 bits, which take
// as long to multiply one value as to find it. Sums run over the others in the same order, and a zero's products would add nothing.
#pragma once
#include "presence.h"
#include "tiles.h"

/** Bytes from row to row of packed weights. */
enum { packedRow = channelBlock * 4 };

/** Where vector v of a row of packed weights lies, from that of the first: in the same block of channels, or in the next one. */
INLINE isize packedVector(isize block, i32 v) { return v * LANES / channelBlock * block + v * LANES % channelBlock * 4; }

#if WIDTH >= 32

/** Values that are found together, and channels that each of them is multiplied for. */
enum { foundTogether = 64, sparseChannels = 64, sparseVectors = sparseChannels / LANES, sparseRow = sparseChannels * 4 };

/** Pixels that it pays to lay weights side by side for. */
enum { worthPanels = 48 };

/** Marks what of an image is not zero; values in whole vectors. Returns how many are. */
INLINE i32 markValues(const u8 *x, isize bytes, u8 *marks) {
  i32 count = 0;
  for (const u8 *end = x + bytes; x < end; x += WIDTH, marks += LANES / 8) {
    const u32 bits = nonZeroLanes(LOAD(f32v, x));
    __builtin_memcpy(marks, &bits, LANES / 8);
    count += __builtin_popcount(bits);
  }
  return count;
}

/** Packed weights of so many rows and the channels of a tile, side by side. */
INLINE void packPanel(u8 *panel, const u8 *w, isize block, i32 rows) {
  for (i32 k = 0; k < rows; k++, w += packedRow, panel += sparseRow)
    EACH(v, sparseVectors) STORE(panel + v * WIDTH, LOAD(f32v, w + packedVector(block, v)));
}

/** Adds to a pixel's sums the products of the values that `bits` marks, from the lowest on. */
INLINE void addMarked(f32v sums[sparseVectors], u64 bits, const u8 *x, const u8 *panel) {
  for (; bits; bits &= bits - 1) {
    const isize k = __builtin_ctzll(bits);
    const f32 value = ((const f32 *)x)[k];
    const u8 *w = panel + k * sparseRow;
    EACH(v, sparseVectors) sums[v] += value * LOAD(f32v, w + v * WIDTH);
  }
}

/** True if all weights are finite numbers: the product of another one and 0 is none. */
INLINE bool finiteWeights(DenseConv t) {
  f32v nothing = {0};
  const u8 *w = t.w;
  for (const u8 *end = w + (isize)t.rows * t.run * t.channels * 4; w < end; w += WIDTH) nothing += LOAD(f32v, w) * 0;
  return allNumbers(nothing);
}

/** The channels of a panel, of images lo…hi, whose values were marked. */
INLINE void convolveMarked(DenseConv t, i32 lo, i32 hi, i32 channel) {
  const u32 *xOffsets = (const u32 *)t.xOffsets, *yOffsets = (const u32 *)t.yOffsets;
  const isize block = (isize)t.rows * t.run * packedRow, rowBytes = t.run * 4 + t.rowSkip;
  const u8 *w = t.w + channel / channelBlock * block;
  for (i32 row = 0; row < t.rows; row++)
    for (i32 k = 0, count; k < t.run; k += count, w += count * packedRow) {
      count = min(t.run - k, foundTogether);
      const u64 all = ~(u64)0 >> (foundTogether - count);
      const isize from = row * rowBytes + k * 4;
      packPanel(t.panel, w, block, count);
      for (i32 n = lo; n < hi; n++) {
        const u8 *x = t.x + n * t.xImage + from, *marks = t.marks + (n - lo) * t.markBytes + from / 32;
        u8 *y = t.y + n * t.yImage + channel * 4;
        for (i32 p = 0; p < t.pixels; p++) {
          u8 *to = y + yOffsets[p];
          f32v sums[sparseVectors];
          EACH(v, sparseVectors) sums[v] = row == 0 && k == 0 ? (f32v){0} : LOAD(f32v, to + v * WIDTH);
          addMarked(sums, LOAD(u64, marks + xOffsets[p] / 32) & all, x + xOffsets[p], t.panel);
          EACH(v, sparseVectors) STORE(to + v * WIDTH, sums[v]);
        }
      }
    }
}

/** All channels of images lo…hi, which may be marked together; false if so many values are not zero that it takes less time to multiply all. */
INLINE bool convolveSparse(DenseConv t, i32 lo, i32 hi) {
  i32 count = 0;
  for (i32 n = lo; n < hi; n++) count += markValues(t.x + n * t.xImage, t.xImage, t.marks + (n - lo) * t.markBytes);
  if (!isSparse(count, (hi - lo) * (i64)t.xImage / 4)) return false;
  for (i32 channel = 0; channel < t.channels; channel += sparseChannels) convolveMarked(t, lo, hi, channel);
  return true;
}

#endif
