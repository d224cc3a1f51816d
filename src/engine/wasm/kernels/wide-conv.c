// Integer convolution of spike counts with ternary weights, for any number of levels and any sum below 2^31: rows hold Q(W)
// itself, the event's level multiplies them in 32 bits. Slower than eventConv; the planner takes it where bytes or 16 bits could
// overflow.
#include "kernel.h"

/** @param asFloats true to write the sums as floats, times t.scale */
INLINE void convolveWide(WideConv t, i32 lo, i32 hi, i32 asFloats) {
  const i32 channels = t.inChannels, outChannels = t.outChannels;
  i32 *y = (i32 *)t.y + (isize)lo * t.outHeight * t.outWidth * outChannels;
  for (i32 n = lo; n < hi; n++)
    for (i32 oy = 0; oy < t.outHeight; oy++)
      for (i32 ox = 0; ox < t.outWidth; ox++, y += outChannels) {
        __builtin_memset(y, 0, (isize)outChannels * 4);
        for (i32 ky = 0; ky < t.kernelHeight; ky++) {
          const i32 iy = oy * t.stride - t.padV + ky;
          if (iy < 0 || iy >= t.height) continue;
          for (i32 kx = 0; kx < t.kernelWidth; kx++) {
            const i32 ix = ox * t.stride - t.padH + kx;
            if (ix < 0 || ix >= t.width) continue;
            const u8 *x = t.spikes + (((isize)n * t.height + iy) * t.width + ix) * channels;
            const i8 *row = (i8 *)t.w + (isize)(ky * t.kernelWidth + kx) * channels * outChannels;
            for (i32 c = 0; c < channels; c++, row += outChannels) {
              const i32 level = x[c];
              if (!level) continue;
              NEIGHBOURS for (i32 co = 0; co < outChannels; co++) y[co] += level * row[co];
            }
          }
        }
        if (!asFloats) continue;
        f32 *scaled = (f32 *)y;
        NEIGHBOURS for (i32 co = 0; co < outChannels; co++) scaled[co] = (f32)y[co] * t.scale;
      }
}

KERNEL(wideConv_f32, WideConv) { convolveWide(t, lo, hi, 1); }

KERNEL(wideConv_i32, WideConv) { convolveWide(t, lo, hi, 0); }
