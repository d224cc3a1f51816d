// Input gradient of ternary layers from tables. Four weights of −1, 0 and 1 make 81 sums of four gradients: for each pixel
// these are added up once, and then looked up by all input channels and taps (the method of four Russians: Arlazarov,
// Dinic, Kronrod and Faradzev 1970). A quarter of the additions are left, and no multiplication. Images go side by side,
// eight or sixteen in floats and sixteen in 16-bit integers, so that a vector holds what several images have of the same value: a
// sum then does not depend on which images these are.
#include "add-gradients.h"
#include "product-gradient.h"
#include "ternary.h"

INLINE u64v plus(u64v a, u64v b, bool integer) { return integer ? (u64v)((i16v)a + (i16v)b) : (u64v)((f32v)a + (f32v)b); }
INLINE u64v minus(u64v a, u64v b, bool integer) { return integer ? (u64v)((i16v)a - (i16v)b) : (u64v)((f32v)a - (f32v)b); }

/**
 * Gradients of `width` channels of one pixel, as columns of images. dy: of the first; sixteen: from there to the next
 * sixteen; last: the last image there is.
 */
INLINE void gatherGradients(u8 *to, const u8 *dy, isize sixteen, isize image, i32 last, i32 width, bool integer) {
  for (i32 first = 0; first < width; first += 16, dy += sixteen)
    for (i32 at = 0; at < (integer ? 32 : 64); at += 16)
      if (integer) {
        transposeHalves(dy + at, image, 0, last, to, valueSize, 8);
        transposeHalves(dy + at, image, 8, last, to + 16, valueSize, 8);
        to += 8 * valueSize;
      } else if (WIDTH == 64) {
        f32v rows[LANES];
        EACH(n, LANES) rows[n] = LOAD(f32v, dy + min(n, last) * image);
        turn(rows);
        EACH(c, LANES) STORE(to + c * valueSize, rows[c]);
        to += 16 * valueSize;
        break;
      } else {
        transposeFloats(dy + at, image, 0, last, to, valueSize, 4);
        transposeFloats(dy + at, image, 4, last, to + 16, valueSize, 4);
        to += 4 * valueSize;
      }
}

/** The sum of what has no sign, 65,535 at most. */
INLINE u16v saturatedSum(u16v a, u16v b) {
#if __has_builtin(__builtin_elementwise_add_sat)
  return __builtin_elementwise_add_sat(a, b);
#else
  const u16v sum = a + b;
  return sum | (u16v)(sum < a);
#endif
}

/** True if there are so many channels side by side whose gradients can add up to more than 16 bits hold. */
APART bool overflows(const u8 *x, i32 width, i32 channels) {
  u16v over = {0};
  for (i32 c = 0; c < width; c += channels) {
    u16v sums[parts];
    EACH(s, parts) sums[s] = (u16v){0};
    for (i32 i = 0; i < channels; i++, x += valueSize)
      EACH(s, parts) {
        const i16v value = LOAD(i16v, x + s * WIDTH), sign = value >> 15;
        sums[s] = saturatedSum(sums[s], (u16v)((value ^ sign) - sign));
      }
    EACH(s, parts) over |= sums[s];
  }
  u64 bits = 0;
  EACH(i, WIDTH / 8) bits |= ((u64v)over)[i];
  return bits & 0x8000800080008000;
}

/** Of gradients that were gathered, the lower byte from 0 to 255 or the upper one, which has the sign. */
APART void takeBytes(i16 *gradients, i32 width, bool upper) {
  NEIGHBOURS for (i32 i = 0; i < width * integerLanes; i++) gradients[i] = upper ? gradients[i] >> 8 : gradients[i] & 255;
}

/** Of the first sums of a table, of `bytes` all: with the value x added to each, and behind those with it taken away. */
INLINE void fillSums(u8 *table, i32 bytes, const u8 *x, bool integer) {
  u64v value[parts];
  EACH(s, parts) value[s] = LOAD(u64v, x + s * WIDTH);
  SHORT_LOOP for (u8 *sum = table, *more = table + bytes; sum < table + bytes; sum += valueSize, more += valueSize)
      EACH(s, parts) {
    const u64v known = LOAD(u64v, sum + s * WIDTH);
    STORE(more + s * WIDTH, plus(known, value[s], integer));
    STORE(more + bytes + s * WIDTH, minus(known, value[s], integer));
  }
}

/** Tables of the gradients x. With each channel the sums come twice more: with it added, and taken away. */
INLINE void fillGradientTables(u8 *tables, const u8 *x, i32 width, bool integer) {
  for (u8 *table = tables, *end = tables + width / 4 * tableSize; table < end; table += tableSize) {
    EACH(s, parts) STORE(table + s * WIDTH, (u64v){0});
#ifdef __wasm__
    NO_UNROLLING for (i32 bytes = valueSize; bytes < tableSize; bytes *= 3, x += valueSize) fillSums(table, bytes, x, integer);
#else
    EACH(k, 4) fillSums(table, (const i32[]){1, 3, 9, 27}[k] * valueSize, x + k * valueSize, integer);
    x += 4 * valueSize;
#endif
  }
}

/** One row of dx of up to sixteen images to where it belongs, 0 where the neuron is closed. step: what an integer counts. */
INLINE void writeGradientRow(TabledGradient t, const u8 *row, i32 first, i32 images, i32 y, f32 step, bool integer) {
  u8 *columns = t.gradients;
  const isize image = (isize)t.height * t.width * t.channels, value = integer ? integerSize : valueSize;
  isize at = ((isize)first * t.height + y) * t.width * t.channels;
  for (const isize end = at + (isize)t.width * t.channels; at < end; at += 4, row += 4 * value) {
    for (i32 n = 0; n < images; n += 4) {
      // As the lanes of integers were left: the first fours of all eights go first.
      const i32 place = integer && WIDTH > 16 ? (n & 4) * 8 + (n & 8) * 2 : n * 4;
      transposeFloats(row + place, value, 0, 3, columns + n * 16, 16, 4);
    }
    const u8 *sums = columns;
    isize place = at;
    for (i32 n = 0; n < images; n++, sums += 16, place += image) {
      // 1 or 0 as a mask.
      const i32x4 open = -CONVERT(i32x4, LOAD(u8x4, t.open + place));
      const f32x4 sum = integer ? CONVERT(f32x4, LOAD(i32x4, sums)) * step : LOAD(f32x4, sums);
      STORE(t.dx + place * 4, open & (i32x4)sum);
    }
  }
}

#if WIDTH == 64
/** One row of dx of up to sixteen images to where it belongs, 0 where the neuron is closed: sixteen channels at a time, which are a whole line. */
INLINE void writeWideRow(TabledGradient t, const u8 *row, i32 first, i32 images, i32 y) {
  const isize image = (isize)t.height * t.width * t.channels;
  isize at = ((isize)first * t.height + y) * t.width * t.channels;
  for (const isize end = at + (isize)t.width * t.channels; at < end; at += LANES, row += LANES * valueSize) {
    f32v rows[LANES];
    EACH(c, LANES) rows[c] = LOAD(f32v, row + c * valueSize);
    turn(rows);
    EACH(n, LANES)
      if (n < images) {
        const isize place = at + n * image;
        // 1 or 0 as a mask.
        STORE(t.dx + place * 4, -CONVERT(i32v, LOAD(u8quarter, t.open + place)) & (i32v)rows[n]);
      }
  }
}
#endif

/**
 * dx of images lo…hi, by rows of dy: each adds to as many rows of dx as the kernel has, which wait in the scratch memory
 * until nothing more comes. A sum adds groups of channels in order, by blocks of channels, within those by pixels, row by
 * row of dy.
 */
INLINE void tabledGradient(TabledGradient t, i32 lo, i32 hi, bool integer) {
  const f32 step = integer ? (f32)gradientStep((const f32 *)t.bounds, t.outChannels, fineBits) : 1;
  const isize tapPlaces = (isize)t.channels * (t.block / 4), blockPlaces = t.kernelHeight * t.kernelWidth * tapPlaces;
  const isize pixelBytes = (isize)t.channels * (integer ? integerSize : valueSize), rowBytes = t.width * pixelBytes;
  // As many channels as have tables in the first-level cache.
  const i32 filled = WIDTH == 64 ? 16 : t.block;
  const i32 waiting = t.kernelHeight, together = integer ? integerLanes : valueSize / 4;
  for (i32 first = lo; first < hi; first += together) {
    const i32 images = min(together, hi - first);
    i32 begun = 0, done = 0;
    for (i32 oy = 0; oy < t.outHeight; oy++) {
      const i32 top = oy * t.stride - t.padV, y0 = max(top, 0), y1 = min(top + t.kernelHeight, t.height);
      for (; begun < y1; begun++) __builtin_memset(t.rows + begun % waiting * rowBytes, 0, rowBytes);
      const u8 *dy = t.dy + first * t.dyImage + oy * t.dyRow;
      const u16 *places = (const u16 *)t.places;
      for (i32 block = 0; block < t.outChannels; block += t.block, dy += t.dyBlock, places += blockPlaces) {
        const u8 *pixel = dy;
        for (i32 ox = 0; ox < t.outWidth; ox++, pixel += t.dyPixel) {
          const i32 left = ox * t.stride - t.padH, x0 = max(left, 0), x1 = min(left + t.kernelWidth, t.width);
          gatherGradients(t.gradients, pixel, t.dySixteen, t.dyImage, images - 1, t.block, integer);
          const bool pairs = integer && !overflows(t.gradients, t.block, 8);
          // Where 16 bits do not hold the sums of a table, those of the lower bytes, and then of the upper ones.
          const bool split = integer && !pairs && overflows(t.gradients, t.block, 4);
          if (split) takeBytes((i16 *)t.gradients, t.block, false);
          for (i32 shift = 0; shift <= (split ? 8 : 0); shift += 8) {
            if (shift > 0) {
              gatherGradients(t.gradients, pixel, t.dySixteen, t.dyImage, images - 1, t.block, integer);
              takeBytes((i16 *)t.gradients, t.block, true);
            }
            for (i32 c = 0; c < (WIDTH == 64 ? t.block : 1); c += filled) {
              fillGradientTables(t.tables, t.gradients + c * valueSize, filled, integer);
              for (i32 y = y0; y < y1; y++) {
                const u16 *tap = places + ((y - top) * t.kernelWidth + x0 - left) * tapPlaces + c / 4;
                u8 *dx = t.rows + y % waiting * rowBytes + x0 * pixelBytes;
                for (i32 x = x0; x < x1; x++, tap += tapPlaces, dx += pixelBytes)
                  addTap(t, tap, dx, t.tables - c / 4 * tableSize, shift, pairs, integer);
              }
            }
          }
        }
      }
      // Rows that the next row of dy does not reach, and in the end all; some may have got nothing.
      const i32 finished = oy + 1 < t.outHeight ? min(top + t.stride, t.height) : t.height;
      for (; done < finished; done++) {
        u8 *row = t.rows + done % waiting * rowBytes;
        if (done >= begun) __builtin_memset(row, 0, rowBytes);
#if WIDTH == 64
        writeWideRow(t, row, first, images, done);
#else
        writeGradientRow(t, row, first, images, done, step, integer);
#endif
      }
    }
  }
}

KERNEL(tabledGradient_f32, TabledGradient) { tabledGradient(t, lo, hi, false); }

/**
 * The same from 16-bit integers: sums are exact, and then multiplied by what an integer counts. Exact, so they may as well be
 * of products, where vectors are wide.
 */
KERNEL(tabledGradient_i16, TabledGradient) {
#if WIDTH > 16
  if (multiplyingGradientsPays(t)) {
    multiplyGradients(t, lo, hi);
    return;
  }
#endif
#if WIDTH < 64
  tabledGradient(t, lo, hi, true);
#endif
}

/** Sixteen weights of one tap and input channel, of the output channels from co on, to where multiplyGradients reads them. */
INLINE void writePairs(PackTabled t, i32 tap, i32 ci, i32 co, i8x16 q) {
  u8 *pairs = t.weights + (((isize)(ci / 16) * t.taps + tap) * t.outChannels + co) * 16 + ci % 16 * 2;
  EACH(i, 8) STORE(pairs + i * 32, (i16)((i16x8)q)[i]);
}

/** Places of the sums that the weights ask for, and the weights themselves where that is wanted. Items: input channels. */
KERNEL(packTabled, PackTabled) {
  const f32 threshold = *(const f32 *)t.threshold;
  const i8x16 powers = {1, 3, 9, 27, 1, 3, 9, 27, 1, 3, 9, 27, 1, 3, 9, 27};
  // By rows of the weights as they lie in memory, of which there may be much.
  const f32 *w = (const f32 *)t.w + (isize)lo * t.outChannels;
  for (i32 tap = 0; tap < t.taps; tap++, w += (isize)(t.channels - (hi - lo)) * t.outChannels)
    for (i32 ci = lo; ci < hi; ci++)
      for (i32 co = 0; co < t.outChannels; co += 16, w += 16) {
        const i8x16 q = sixteenTernaries(w, threshold);
        // 1 counts once what its place in a group is worth, −1 twice; a product with ones adds up four bytes.
        const u32x4 sums = (u32x4)((powers & (i8x16)(q != 0)) + (powers & (i8x16)(q < 0))) * 0x01010101 >> 24;
        const i32 block = co / t.block, own = co % t.block;
        const u32x4 all = (sums + sumsOfFour * ((u32x4){0, 1, 2, 3} + (u32)own / 4)) * placeSize;
        u16 *places = (u16 *)t.places + (((isize)block * t.taps + tap) * t.channels + ci) * (t.block / 4) + own / 4;
        STORE(places, CONVERT(u16x4, all));
        if (t.weights) writePairs(t, tap, ci, co, q);
      }
}
