// Lists of a layer's inputs that are not zero, for its forward pass.
#pragma once
#include "vector.h"

/**
 * Lists the non-zero inputs of an image x: first where each pixel's events start (height·width + 1 indices into the list),
 * then the events. An event is (level − 1)·levelStride + channel·rowBytes + column·tapStride. Eight channels at a time: those
 * that are not zero move to the front, all eight are stored, and the end advances by how many they are; eight events of slack
 * are reserved behind the list. Eight, whatever the width of vectors: the table of places (nonZero) has 2^8 rows.
 */
APART void listEvents(const u8 *x, i32 height, i32 width, i32 channels, i32 levelStride, i32 tapStride, i32 rowBytes,
                      const u8 *nonZero, i32 *list) {
  i32 *start = list, *e = list + (isize)height * width + 1;
  for (i32 iy = 0; iy < height; iy++) {
    i32 column = -levelStride;
    for (i32 ix = 0; ix < width; ix++, column += tapStride) {
      const i32 *first = e;
      *start++ = (i32)(e - list);
      i32 offset = column;
      for (i32 c = 0; c < channels; c += 8, x += 8, offset += rowBytes * 8) {
        const u8x16 counts = eightBytes(x);
        const u32 mask = nonZeroBytes(counts);
        const u8x16 front = eightBytes(nonZero + mask * 8);
        const i16x8 levels = lowHalves(chosenBytes(counts, front)), which = lowHalves(front);
        STORE(e, lowWords(levels) * levelStride + lowWords(which) * rowBytes + offset);
        STORE(e + 4, highWords(levels) * levelStride + highWords(which) * rowBytes + offset);
        e += __builtin_popcount(mask);
      }
      // An even number of events a pixel: the last one meets the row of zeros behind the tap's table.
      *e = column + tapStride - rowBytes + levelStride;
      e += (e - first) & 1;
    }
  }
  *start = (i32)(e - list);
}
