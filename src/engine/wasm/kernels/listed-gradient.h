// Weight gradient of a convolution of floats from lists of inputs that are not zero, as half of the rectified ones are: each brings every
// tap its product with the gradient that the tap sees. Sums run over the others in the same order, and a zero's products would add
// nothing. For kernels of 3×3 and stride 1, with vectors of 256 bits, where a processor deposits bits at once, or 512.
#pragma once
#include "dense-gradient.h"
#include "presence.h"
#include "transpose.h"

// Some processors with vectors of 256 bits deposit bits one by one: those that don't are told so.
#if WIDTH == 64 || (WIDTH == 32 && defined(FAST_DEPOSITS))
#define LISTED_GRADIENT

/** The lanes that `there` marks, in order, and anything behind them. */
INLINE u32v lanesThere(u32v v, u32 there) {
#if WIDTH == 64
  return (u32v)_mm512_maskz_compress_epi32((u16)there, (__m512i)v);
#else
  // Of the lanes' numbers, a byte each, those that are marked.
  const u64 order = _pext_u64(0x0706050403020100, _pdep_u64(there, 0x0101010101010101) * 255);
  return (u32v)_mm256_permutevar8x32_epi32((__m256i)v, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((i64)order)));
#endif
}

/** Rows and columns of the kernel; input channels that are listed together. */
enum { listedTaps = 3, listedChannels = 64 };

/** The lists of an input channel: places of gradients in `spread`, and the inputs; and where those of each image begin. */
typedef struct {
  u32 *places;
  f32 *inputs;
  i32 *starts;
} InputList;

INLINE InputList listOf(DenseWeightGradient t, i32 channel) {
  const isize first = (isize)channel * t.listed;
  return (InputList){(u32 *)t.places + first, (f32 *)t.inputs + first, (i32 *)t.starts + channel * (t.imagesPerChunk + 1)};
}

/**
 * Lists a vector of input channels of images first…last from `ci` on, as the lists `own` and following. Returns how many inputs they have, and adds
 * to `nothing` what is NaN if one is no finite number.
 */
INLINE i32 listChannels(DenseWeightGradient t, i32 ci, i32 own, i32 first, i32 last, f32v *nothing) {
  const i32 pixels = t.xImage / t.xPixel, heads = t.imagesPerChunk + 1;
  u32v lanes;
  EACH(i, LANES) lanes[i] = (u32)i;
  const InputList list = listOf(t, own);
  i32 count[LANES] = {0}, sum = 0;
  for (i32 n = first; n < last; n++) {
    const u8 *x = t.x + n * t.xImage + ci * 4;
    EACH(c, LANES) list.starts[c * heads + n - first] = count[c];
    for (i32 p = 0; p < pixels; p += LANES) {
      f32v rows[LANES];
      EACH(i, LANES) {
        rows[i] = LOAD(f32v, x + min(p + i, pixels - 1) * t.xPixel);
        *nothing += rows[i] * 0;
      }
      turn(rows);
      // Beyond the last pixel it was taken again.
      const u32 own = pixels - p < LANES ? (1u << (pixels - p)) - 1 : (1u << LANES) - 1;
      const u32v places = ((u32)((n - first) * pixels + p) + lanes) * WIDTH;
      EACH(c, LANES) {
        const u32 there = nonZeroLanes(rows[c]) & own;
        const isize at = c * (isize)t.listed + count[c];
        STORE(list.places + at, lanesThere(places, there));
        STORE(list.inputs + at, (f32v)lanesThere((u32v)rows[c], there));
        count[c] += __builtin_popcount(there);
      }
    }
  }
  EACH(c, LANES) {
    list.starts[c * heads + last - first] = count[c];
    sum += count[c];
  }
  return sum;
}

/**
 * Lists input channels begin…end of images first…last. False if that does not pay, or if one is no finite number: then its products with 0
 * are none, too.
 */
INLINE bool listInputs(DenseWeightGradient t, i32 begin, i32 end, i32 first, i32 last) {
  f32v nothing = {0};
  i64 count = 0, values = 0;
  for (i32 ci = begin; ci < end; ci += LANES) {
    count += listChannels(t, ci, ci - begin, first, last, &nothing);
    values += (last - first) * (isize)(t.xImage / t.xPixel) * LANES;
  }
  return isSparse(count, values) && allNumbers(nothing);
}

/**
 * A vector of channels of the gradient of images first…last, a pixel for each of the padded input's and zeros where there is none. So those that
 * the taps of an input see lie at the same distances from it. False if one is no finite number.
 */
INLINE bool spreadGradients(DenseWeightGradient t, i32 first, i32 last, i32 channel) {
  const i32 width = t.xRow / t.xPixel, height = t.xImage / t.xRow;
  f32v nothing = {0};
  u8 *to = t.spread;
  for (i32 p = (listedTaps - 1) * (width + 1); p > 0; p--, to += WIDTH) STORE(to, (f32v){0});
  for (i32 n = first; n < last; n++)
    for (i32 y = 0; y < height; y++) {
      const u8 *dy = t.dy + n * t.dyImage + y * t.dyRow + (isize)channel * 4;
      const i32 there = y < t.outHeight ? t.outWidth : 0;
      for (i32 x = 0; x < there; x++, dy += t.dyPixel, to += WIDTH) {
        const f32v values = LOAD(f32v, dy);
        nothing += values * 0;
        STORE(to, values);
      }
      for (i32 x = there; x < width; x++, to += WIDTH) STORE(to, (f32v){0});
    }
  return allNumbers(nothing);
}

/** Each tap of the kernel. */
#define TAPS(ky, kx)   \
  EACH(ky, listedTaps) \
    EACH(kx, listedTaps)

/** Adds dw of a vector of channels and input channel ci, of images first…last, from its list. */
INLINE void addFromList(DenseWeightGradient t, InputList list, i32 ci, i32 first, i32 last, i32 channel) {
  const isize row = t.xRow / t.xPixel * WIDTH, step = (isize)t.inChannels * t.channels * 4;
  const u8 *spread = t.spread + (listedTaps - 1) * (row + WIDTH);
  u8 *dw = t.dw + ((isize)ci * t.channels + channel) * 4;
  f32v total[listedTaps][listedTaps];
  TAPS(ky, kx) total[ky][kx] = first > 0 ? LOAD(f32v, dw + (ky * listedTaps + kx) * step) : (f32v){0};
  for (i32 n = 0; n < last - first; n++) {
    f32v sums[listedTaps][listedTaps];
    TAPS(ky, kx) sums[ky][kx] = (f32v){0};
    for (i32 e = list.starts[n], end = list.starts[n + 1]; e < end; e++) {
      const u8 *q = spread + list.places[e];
      const f32 input = list.inputs[e];
      TAPS(ky, kx) sums[ky][kx] += input * LOAD(f32v, q - ky * row - kx * WIDTH);
    }
    // A sum that begins with 0 is never −0: to add it to 0 does not change it.
    TAPS(ky, kx) total[ky][kx] += sums[ky][kx];
  }
  TAPS(ky, kx) STORE(dw + (ky * listedTaps + kx) * step, total[ky][kx]);
}

/** Input channels begin…end, as many as may be listed together, of images first…last: from lists, or where that does not pay from all inputs. */
INLINE void addSparse(DenseWeightGradient t, i32 begin, i32 end, i32 first, i32 last) {
  if (!listInputs(t, begin, end, first, last)) {
    BY_CHANNELS(mostVectors, t.channels, addGradients, t, begin, end, first, last);
    return;
  }
  for (i32 channel = 0; channel < t.channels; channel += LANES)
    if (spreadGradients(t, first, last, channel))
      for (i32 ci = begin; ci < end; ci++) addFromList(t, listOf(t, ci - begin), ci, first, last, channel);
    else
      addGradients(t, begin, end, first, last, channel, 1);
}

#endif
