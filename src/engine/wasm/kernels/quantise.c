// Gradients of batch norm in integers.
#include "integers.h"
#include "narrow.h"

/** a, b and d over the unit of 16 bits, a power of two: one behind the other in the scratch memory. */
INLINE void scaleCoefficients(QuantiseGradient t, f32 inverse) {
  const u8 *from[3] = {t.a, t.b, t.d};
  f32 *to = (f32 *)t.coefficients;
  EACH(k, 3) {
    const f32 *v = (const f32 *)from[k];
    NEIGHBOURS for (i32 c = 0; c < t.channels; c++) to[k * t.channels + c] = v[c] * inverse;
  }
}

/** The larger of numbers without a sign, in 16 bits. */
INLINE i16s largerHalves(i16s a, i16s b) {
#if defined(__wasm__) && WIDTH == 16
  return (i16s)wasm_u16x8_max((v128_t)a, (v128_t)b);
#else
  typedef u16 unsignedHalves VECTOR(sizeof(i16s));
  return SELECT(i16s, (unsignedHalves)a > (unsignedHalves)b, a, b);
#endif
}

INLINE void quantise(QuantiseGradient t, i32 lo, i32 hi, bool integer) {
  const f64 unit = gradientStep((f32 *)t.bounds, t.channels, fineBits);
  const f32 coarse = (f32)(unit / gradientStep((f32 *)t.bounds, t.channels, coarseBits));
  const isize zBytes = integer ? 2 : 4, row = (isize)t.channels * 4;
  scaleCoefficients(t, (f32)(1 / unit));
  for (i32 n = lo; n < hi; n++) {
    __builtin_memset(t.maxima, 0, t.blocks * sizeof(i16s));
    for (i32 p = 0; p < t.pixels; p++) {
      const isize first = ((isize)n * t.pixels + p) * t.channels;
      const u8 *z = t.z + first * zBytes, *g = t.g + first * 4, *at = t.coefficients;
      u8 *out = t.dy + n * t.dyImage + ((u32 *)t.dyOffsets)[p];
      u8 *block = t.coarse + n * t.coarseImage + ((u32 *)t.coarseOffsets)[p];
      for (i32 cb = 0; cb < t.blocks; cb++, block += t.blockBytes) {
        i16s most = LOAD(i16s, t.maxima + cb * sizeof(i16s));
        for (isize c = 0; c < t.width; c += HALF_LANES) {
          i32v fines[WORDS_OF_HALF], coarses[WORDS_OF_HALF];
          EACH(v, WORDS_OF_HALF) {
            const f32v dz =
                LOAD(f32v, g) * LOAD(f32v, at) + values(z, integer) * LOAD(f32v, at + row) + LOAD(f32v, at + 2 * row);
            fines[v] = nearest(dz);
            coarses[v] = nearest(dz * coarse);
            g += WIDTH;
            at += WIDTH;
            z += LANES * zBytes;
          }
          const i16s few = narrow(coarses);
          STORE(out, narrow(fines));
          STORE(block + c * 2, few);
          // The least number is its own opposite, and the largest without a sign.
          most = largerHalves(most, SELECT(i16s, few < 0, -few, few));
          out += sizeof(i16s);
        }
        STORE(t.maxima + cb * sizeof(i16s), most);
      }
    }
    for (i32 cb = 0; cb < t.blocks; cb++) {
      const u16 *maxima = (u16 *)t.maxima + cb * HALF_LANES;
      i32 most = 0;
      for (i32 i = 0; i < HALF_LANES; i++) most = max(most, maxima[i]);
      ((u16 *)t.largest)[(isize)n * t.blocks + cb] = (u16)most;
    }
  }
}

/**
 * dz = a·g + b·z + d of images lo…hi, in 16 and in 12 bits; and of each image and block of channels the largest |dz| in
 * 12 bits.
 */
KERNEL(quantiseGradient, QuantiseGradient) {
  if (t.integer)
    quantise(t, lo, hi, true);
  else
    quantise(t, lo, hi, false);
}
