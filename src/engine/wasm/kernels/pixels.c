// Weight gradient of a layer that sees images of one channel, of which much is black: only the other pixels are touched.
#include "vector.h"

/** A pixel that is not zero: byte offset of dy's pixel for the first tap, and its value. */
typedef struct {
  u32 place;
  f32 value;
} Pixel;

/**
 * Lists the pixels of an image that are not zero, row by row; and where each row begins, and the last one ends, as an index
 * of the list.
 */
INLINE void listPixels(PixelWeightGradient t, const u8 *x) {
  i32 *starts = (i32 *)t.rowStarts, count = 0;
  Pixel *list = (Pixel *)t.list;
  for (i32 y = 0; y < t.height; y++, x += t.xRow) {
    starts[y] = count;
    isize place = (y + t.padV) * t.dyRow + t.padH * t.dyPixel;
    for (i32 column = 0; column < t.width; column++, place += t.dyPixel) {
      const f32 value = ((const f32 *)x)[column];
      list[count].place = (u32)place;
      list[count].value = value;
      // One that is zero is written over.
      count += value != 0;
    }
  }
  starts[t.height] = count;
}

/**
 * sum[tap][c] = Σ value·dy[pixel − tap][c] of 16 channels, for `taps` neighbouring taps of a kernel row, over pixels of the
 * list. dy: of the first tap; others lie a pixel before; sum: of the first tap, others rowBytes further.
 */
INLINE void addPixels(i32 taps, const Pixel *from, const Pixel *to, const u8 *dy, isize pixelBytes, u8 *sum, isize rowBytes) {
  f32v sums[3][BLOCK];
  EACH(tap, taps)
    EACH(v, BLOCK) sums[tap][v] = (f32v){0};
  for (; from < to; from++) {
    const u8 *row = dy + from->place;
    EACH(tap, taps) {
      if (tap > 0) SEPARATE(from);
      EACH(v, BLOCK) sums[tap][v] += from->value * LOAD(f32v, row + v * WIDTH);
      row -= pixelBytes;
    }
  }
  EACH(tap, taps)
    EACH(v, BLOCK) STORE(sum + tap * rowBytes + v * WIDTH, sums[tap][v]);
}

/**
 * Of each image lo…hi, sums[image][ky][kx][c] = Σ x[pixel]·dy[pixel − (ky, kx)][c], pixel by pixel. A value of zero would
 * change none.
 */
KERNEL(pixelWeightGradient, PixelWeightGradient) {
  const isize rowBytes = (isize)t.channels * 4;
  const i32 *starts = (i32 *)t.rowStarts;
  const Pixel *list = (Pixel *)t.list;
  u8 *sums = t.sums + (isize)lo * t.kernelHeight * t.kernelWidth * rowBytes;
  for (i32 n = lo; n < hi; n++) {
    listPixels(t, t.x + n * t.xImage);
    const u8 *row = t.dy + n * t.dyImage;
    for (i32 ky = 0; ky < t.kernelHeight; ky++, row -= t.dyRow, sums += t.kernelWidth * rowBytes) {
      // Rows of the image of which this row of the kernel makes rows of dy.
      const i32 y0 = max(ky - t.padV, 0), y1 = max(min(ky - t.padV + t.outHeight, t.height), y0);
      const Pixel *from = list + starts[y0], *to = list + starts[y1];
      for (isize block = 0; block < rowBytes; block += 64) {
        const u8 *dy = row + block;
        u8 *sum = sums + block;
        i32 taps = t.kernelWidth;
        for (; taps >= 3; taps -= 3, dy -= 3 * t.dyPixel, sum += 3 * rowBytes)
          addPixels(3, from, to, dy, t.dyPixel, sum, rowBytes);
        if (taps == 2)
          addPixels(2, from, to, dy, t.dyPixel, sum, rowBytes);
        else if (taps == 1)
          addPixels(1, from, to, dy, t.dyPixel, sum, rowBytes);
      }
    }
  }
}

/** Adds up what each image has of values lo…hi, fours of them, image by image. */
KERNEL(imageSums, ImageSums) {
  for (isize i = (isize)lo * 4; i < (isize)hi * 4; i += 4) {
    f32x4 sum = {0};
    const f32 *values = (f32 *)t.sums + i;
    for (i32 n = 0; n < t.images; n++, values += t.values) sum += LOAD(f32x4, values);
    STORE((f32 *)t.total + i, sum);
  }
}
