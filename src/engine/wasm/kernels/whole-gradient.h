// Input gradient of all neurons, for vectors so wide that passing over closed ones, four products at a time, takes longer: of 512
// bits always, of 256 where many are open. Lanes are
// neighbouring input channels, and each has the same four partial sums as if it were alone.
#pragma once
#include "tiles.h"
#include "transpose.h"
#include "windows.h"

/** The weights of so many vectors of channels, [value][channel], to [value mod 4][value / 4][channel]. */
INLINE void turnWeights(const u8 *w, isize channelBytes, u8 *panel, i32 vectors) {
  const isize quarter = channelBytes / 16 * vectors * WIDTH;
  for (isize k = 0; k < channelBytes; k += WIDTH, panel += LANES / 4 * vectors * WIDTH)
    EACH(v, vectors) {
      f32v rows[LANES];
      EACH(i, LANES) rows[i] = LOAD(f32v, w + (v * LANES + i) * channelBytes + k);
      turn(rows);
      EACH(i, LANES) STORE(panel + i % 4 * quarter + (i / 4 * vectors + v) * WIDTH, rows[i]);
    }
}

/** Sums of every fourth product of each pixel's window: dy from p on, weights from the first row's on. */
INLINE void addQuarter(f32v sums[tilePixels][mostVectors], const u8 *const p[tilePixels], const u8 *weights, Window window,
                       isize dyRow, i32 vectors) {
  EACH(r, pixelsOf(vectors))
    EACH(v, vectors) sums[r][v] = (f32v){0};
  const isize step = vectors * WIDTH;
  for (i32 row = 0; row < window.rows; row++) {
    const u8 *q = weights + row * (window.weightRow / 16) * step;
    for (isize k = row * dyRow, end = k + window.runBytes; k < end; k += 16, q += step) {
      f32v w[mostVectors];
      EACH(v, vectors) w[v] = LOAD(f32v, q + v * WIDTH);
      EACH(r, pixelsOf(vectors)) {
        const f32 g = *(const f32 *)(p[r] + k);
        EACH(v, vectors) sums[r][v] += g * w[v];
      }
    }
  }
}

/** dx of so many vectors of channels of images lo…hi, which are a chunk at most. */
INLINE void wholeGradient(MaskedGradient t, i32 lo, i32 images, i32 channel, i32 vectors) {
  const isize values = (isize)t.pixels * t.channels;
  const u8 *dy = t.dy + lo * t.dyImage, *open = t.open + lo * values + channel;
  u8 *dx = t.dx + (lo * values + channel) * 4;
  const Window *window = (const Window *)t.classes;
  const Target *target = (const Target *)t.targets;
  for (i32 phase = 0; phase < t.phases; phase++, window++) {
    // Classes of a phase lie side by side, and have its weights in common.
    if (phase == 0 || window->weights != window[-1].weights)
      turnWeights(t.w + window->weights + channel * (isize)window->channelBytes, window->channelBytes, t.panel, vectors);
    const i32 pixels = ((const i32 *)t.phasePixels)[phase], count = pixels * images;
    const isize quarter = (isize)window->channelBytes / 16 * vectors * WIDTH;
    const u8 *weights = t.panel + (isize)window->skipped / 16 * vectors * WIDTH;
    for (i32 first = 0; first < count; first += pixelsOf(vectors)) {
      const u8 *p[tilePixels];
      isize to[tilePixels];
      EACH(r, pixelsOf(vectors)) {
        const Target one = target[min(first + r, count - 1)];
        p[r] = dy + one.dy;
        to[r] = one.dx;
      }
      f32v sums[tilePixels][mostVectors];
      // Of (s0 + s1) + (s2 + s3), s0 waits, and then s0 + s1 beside s2.
      for (i32 j = 0; j < 4; j++) {
        addQuarter(sums, p, weights + j * quarter, *window, t.dyRow, vectors);
        EACH(r, pixelsOf(vectors)) {
          p[r] += 4;
          EACH(v, vectors) {
            u8 *waiting = t.waiting + ((j / 2 * pixelsOf(vectors) + r) * vectors + v) * WIDTH;
            STORE(waiting, j % 2 ? LOAD(f32v, waiting) + sums[r][v] : sums[r][v]);
          }
        }
      }
      EACH(r, pixelsOf(vectors))
        EACH(v, vectors) {
          const u8 *waiting = t.waiting + (r * vectors + v) * WIDTH;
          const f32v sum = LOAD(f32v, waiting) + LOAD(f32v, waiting + pixelsOf(vectors) * vectors * WIDTH);
          const i32v isOpen = (i32v)(CONVERT(i32v, LOAD(u8quarter, open + to[r] / 4 + v * LANES)) != 0);
          STORE(dx + to[r] + v * WIDTH, (f32v)((i32v)sum & isOpen));
        }
    }
    target += (isize)pixels * t.imagesPerChunk;
  }
}
