// Sixteen channels as numbers of 32, 16 and 8 bits.
#pragma once
#include "vector.h"

/** 16 bits of up to sixteen channels, and from how many vectors of 32 bits each comes. */
#if WIDTH == 64
typedef i16half i16s;
#else
typedef i16v i16s;
#endif
enum { WORDS_OF_HALF = (i32)sizeof(i16s) / (WIDTH / 2), HALVES = 32 / (i32)sizeof(i16s), HALF_LANES = (i32)sizeof(i16s) / 2 };

/** Numbers in 16 bits, and what doesn't fit as the least or greatest. */
INLINE i16s narrow(const i32v *words) {
#if defined(__wasm__) && WIDTH == 16
  return (i16s)wasm_i16x8_narrow_i32x4((v128_t)words[0], (v128_t)words[1]);
#elif defined(__AVX512F__) && WIDTH == 64
  return (i16s)_mm512_cvtsepi32_epi16((__m512i)words[0]);
#elif defined(__AVX2__) && WIDTH == 32
  return (i16s)_mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)words[0], (__m256i)words[1]), 0xd8);
#elif defined(__SSE2__) && WIDTH == 16
  return (i16s)_mm_packs_epi32((__m128i)words[0], (__m128i)words[1]);
#else
  i16s all;
  EACH(i, HALF_LANES) all[i] = (i16)max(min(words[i / LANES][i % LANES], 32767), -32768);
  return all;
#endif
}

/** Numbers from −1 to 127 in bytes. */
INLINE i8x16 signedBytes(const i16s *halves) {
#if defined(__wasm__) && WIDTH == 16
  return (i8x16)wasm_i8x16_narrow_i16x8((v128_t)halves[0], (v128_t)halves[1]);
#elif defined(__SSE2__) && WIDTH == 16
  return (i8x16)_mm_packs_epi16((__m128i)halves[0], (__m128i)halves[1]);
#elif WIDTH > 16
  return CONVERT(i8x16, halves[0]);
#else
  i8x16 all;
  EACH(i, 16) all[i] = (i8)halves[i / HALF_LANES][i % HALF_LANES];
  return all;
#endif
}

/** Numbers from 0 to 255 in bytes. */
INLINE u8x16 bytes(const i16s *halves) {
#if defined(__wasm__) && WIDTH == 16
  return (u8x16)wasm_u8x16_narrow_i16x8((v128_t)halves[0], (v128_t)halves[1]);
#elif defined(__SSE2__) && WIDTH == 16
  return (u8x16)_mm_packus_epi16((__m128i)halves[0], (__m128i)halves[1]);
#else
  return (u8x16)signedBytes(halves);
#endif
}

/** Sixteen channels of 32 bits in 16. */
INLINE void narrowAll(const i32v *words, i16s *halves) {
  EACH(i, HALVES) halves[i] = narrow(words + i * WORDS_OF_HALF);
}

/** Whole numbers 0 … 255 as integers: in the last bits of 2^23 + v. Conversions with saturation take ten instructions. */
INLINE i32v whole(f32v v) { return (i32v)(v + 8388608.0f) & 255; }

/** |v| < 2^22 to the nearest whole number, ties to even: the last bits of 1.5·2^23 + v. */
INLINE i32v nearest(f32v v) { return (i32v)(v + 12582912.0f) - 0x4b400000; }

/** v ≥ 0 without what is behind the point. */
INLINE f32v floors(f32v v) {
#if defined(__wasm__) && WIDTH == 16
  return (f32v)wasm_f32x4_floor((v128_t)v);
#elif defined(__AVX512F__) && WIDTH == 64
  return (f32v)_mm512_roundscale_ps((__m512)v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif defined(__AVX2__) && WIDTH == 32
  return (f32v)_mm256_floor_ps((__m256)v);
#elif defined(__SSE4_1__) && WIDTH == 16
  return (f32v)_mm_floor_ps((__m128)v);
#else
  EACH(i, LANES) v[i] = __builtin_floorf(v[i]);
  return v;
#endif
}

/** z as floats: it is in floats, or in 16 bits. */
INLINE f32v values(const u8 *z, bool integer) {
  return integer ? CONVERT(f32v, CONVERT(i32v, LOAD(i16half, z))) : LOAD(f32v, z);
}
