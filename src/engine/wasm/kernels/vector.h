// Vectors as wide as the compiler was told (WIDTH bytes: 16, 32 or 64), and what few things need the processor's own words.
// Lanes are neighbouring outputs, never parts of one sum.
#pragma once
#include "convert.h"
#include "kernel.h"
#include "shuffle.h"
#ifdef __wasm__
#include <wasm_simd128.h>
#elif defined(__SSE4_1__)
#include <immintrin.h>
#endif

#ifndef WIDTH
#define WIDTH 16
#endif

#define VECTOR(bytes) __attribute__((vector_size(bytes), aligned(1)))
/** f32v and so on: as wide as told. f32x4 and so on: 128 bits, for what is laid out that way. */
#define NUMBERS(type)                        \
  typedef type type##v VECTOR(WIDTH);        \
  typedef type type##half VECTOR(WIDTH / 2); \
  typedef type type##quarter VECTOR(WIDTH / 4);
NUMBERS(i8)
NUMBERS(u8)
NUMBERS(i16)
NUMBERS(u16)
NUMBERS(i32)
NUMBERS(u32)
NUMBERS(f32)
typedef i64 i64v VECTOR(WIDTH);
typedef u64 u64v VECTOR(WIDTH);
typedef f64 f64v VECTOR(WIDTH);
typedef i8 i8x16 VECTOR(16);
typedef u8 u8x16 VECTOR(16);
typedef u8 u8x8 VECTOR(8);
typedef u8 u8x4 VECTOR(4);
typedef i8 i8x8 VECTOR(8);
typedef i8 i8x4 VECTOR(4);
typedef i16 i16x4 VECTOR(8);
typedef i16 i16x8 VECTOR(16);
typedef u16 u16x8 VECTOR(16);
typedef u16 u16x4 VECTOR(8);
typedef i32 i32x4 VECTOR(16);
typedef u32 u32x4 VECTOR(16);
typedef f32 f32x4 VECTOR(16);
typedef f32 f32x2 VECTOR(8);
typedef u64 u64x2 VECTOR(16);
typedef i64 i64x2 VECTOR(16);
typedef f64 f64x2 VECTOR(16);

/** Floats, or other numbers of 32 bits, in a vector; a block of sixteen channels is BLOCK vectors of them. */
#define LANES (WIDTH / 4)
#define BLOCK (16 / LANES)

/** One number in every lane. Minus 0, because plus 0 would take the sign of −0. */
#define SPLAT(type, number) ((number) - (type){0})
/** Lanes of a where the mask is −1, those of b where it is 0. */
#define SELECT(type, mask, a, b) ((type)(((mask) & (__typeof__(mask))(a)) | (~(mask) & (__typeof__(mask))(b))))

/** The lesser and the greater, a where neither is; a NaN in b is passed over. */
INLINE f32v lesser(f32v a, f32v b) {
#if defined(__wasm__) && WIDTH == 16
  return (f32v)wasm_f32x4_pmin((v128_t)a, (v128_t)b);
#else
  return SELECT(f32v, b < a, b, a);
#endif
}

INLINE f32v greater(f32v a, f32v b) {
#if defined(__wasm__) && WIDTH == 16
  return (f32v)wasm_f32x4_pmax((v128_t)a, (v128_t)b);
#else
  return SELECT(f32v, a < b, b, a);
#endif
}

/** √ of each lane. */
INLINE f32v root(f32v v) {
#if defined(__wasm__) && WIDTH == 16
  return (f32v)wasm_f32x4_sqrt((v128_t)v);
#elif __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(v);
#else
  EACH(i, LANES) v[i] = __builtin_sqrtf(v[i]);
  return v;
#endif
}

/** Eight bytes, and zeros. */
INLINE u8x16 eightBytes(const u8 *address) {
#if defined(__wasm__)
  return (u8x16)wasm_v128_load64_zero(address);
#else
  return (u8x16)(u64x2){LOAD(u64, address), 0};
#endif
}

/** Numbers in twice as many bits, the first half of them and the last. */
INLINE i16x8 lowHalves(u8x16 v) { return CONVERT(i16x8, __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)); }
INLINE i16x8 highHalves(u8x16 v) { return CONVERT(i16x8, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)); }
INLINE i32x4 lowWords(i16x8 v) { return CONVERT(i32x4, __builtin_shufflevector(v, v, 0, 1, 2, 3)); }
INLINE i32x4 highWords(i16x8 v) { return CONVERT(i32x4, __builtin_shufflevector(v, v, 4, 5, 6, 7)); }

/** A bit for each byte that is not zero. */
INLINE u32 nonZeroBytes(u8x16 v) {
#if defined(__wasm__)
  return wasm_i8x16_bitmask((v128_t)(v != 0));
#elif defined(__SSE2__)
  return (u32)_mm_movemask_epi8((__m128i)(v != 0));
#else
  u32 bits = 0;
  EACH(i, 16) bits |= (u32)(v[i] != 0) << i;
  return bits;
#endif
}

/** Of each place below 16 the byte that v has there. */
INLINE u8x16 chosenBytes(u8x16 v, u8x16 places) {
#if defined(__wasm__)
  return (u8x16)wasm_i8x16_swizzle((v128_t)v, (v128_t)places);
#elif defined(__SSSE3__)
  return (u8x16)_mm_shuffle_epi8((__m128i)v, (__m128i)places);
#else
  u8x16 chosen;
  EACH(i, 16) chosen[i] = v[places[i]];
  return chosen;
#endif
}

/** A bit for each of 64 bytes that is `wanted`. */
INLINE u64 equalBytes(const u8 *address, u8 wanted) {
#if defined(__AVX512BW__) && WIDTH == 64
  return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(address), _mm512_set1_epi8((char)wanted));
#elif defined(__AVX2__) && WIDTH == 32
  const __m256i all = _mm256_set1_epi8((char)wanted);
  const u32 low = (u32)_mm256_movemask_epi8((__m256i)(LOAD(u8v, address) == (u8v)all));
  return low | (u64)(u32)_mm256_movemask_epi8((__m256i)(LOAD(u8v, address + 32) == (u8v)all)) << 32;
#else
  u64 bits = 0;
  EACH(i, 4) bits |= (u64)nonZeroBytes((u8x16)(LOAD(u8x16, address + i * 16) == wanted)) << i * 16;
  return bits;
#endif
}

/** Place of the lowest bit that is set, 64 without any. */
INLINE i32 lowestBit(u64 bits) { return bits ? __builtin_ctzll(bits) : 64; }

/** Place of the first byte of a mask that is −1, not 0; WIDTH without any. */
INLINE i32 firstSet(u8v mask) {
#if defined(__AVX512BW__) && WIDTH == 64
  return lowestBit(_mm512_movepi8_mask((__m512i)mask));
#elif defined(__AVX2__) && WIDTH == 32
  return lowestBit((u32)_mm256_movemask_epi8((__m256i)mask) | 1ull << WIDTH);
#else
  u64 bits = (u64)1 << (WIDTH & 63);
  EACH(i, WIDTH / 16) bits |= (u64)nonZeroBytes(LOAD(u8x16, (u8 *)&mask + i * 16)) << i * 16;
  return __builtin_ctzll(bits);
#endif
}

/** Sums of neighbouring bytes. */
INLINE i16x8 sumsOfPairs(u8x16 v) {
#if defined(__wasm__)
  return (i16x8)wasm_u16x8_extadd_pairwise_u8x16((v128_t)v);
#else
  return (i16x8)(((u16x8)v & 255) + ((u16x8)v >> 8));
#endif
}

/** Products of two neighbouring lanes, added up in 32 bits: four of them, whatever the width of vectors. */
INLINE i32x4 fourProducts(i16x8 a, i16x8 b) {
#if defined(__wasm__)
  return (i32x4)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#elif defined(__SSE2__)
  return (i32x4)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return ((i32x4)a << 16 >> 16) * ((i32x4)b << 16 >> 16) + ((i32x4)a >> 16) * ((i32x4)b >> 16);
#endif
}

/** The lower word of each lane times b. */
INLINE u64v evenProducts(u64v a, u32 b) {
#if defined(__AVX512F__) && WIDTH == 64
  return (u64v)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi32((i32)b));
#elif defined(__AVX2__) && WIDTH == 32
  return (u64v)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi32((i32)b));
#elif defined(__SSE2__) && WIDTH == 16
  return (u64v)_mm_mul_epu32((__m128i)a, _mm_set1_epi32((i32)b));
#else
  return (a & 0xffffffff) * (u64)b;
#endif
}

#if defined(__wasm__) && WIDTH == 16
/** Products of 64 bits, as their lower and upper words. */
typedef struct {
  u32v low, high;
} Products;

/** Each lane times b. */
INLINE Products wholeProducts(u32v a, u32 b) {
  const u32v all = SPLAT(u32v, b);
  const u32v two = (u32v)wasm_u64x2_extmul_low_u32x4((v128_t)a, (v128_t)all);
  const u32v others = (u32v)wasm_u64x2_extmul_high_u32x4((v128_t)a, (v128_t)all);
  return (Products){
      __builtin_shufflevector(two, others, 0, 2, 4, 6),
      __builtin_shufflevector(two, others, 1, 3, 5, 7),
  };
}
#endif

/** Lanes of two vectors of 32-bit numbers in turns, a0 b0 a1 b1 …: of their lower halves, and of their upper ones. */
#if WIDTH == 16
#define LOWER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UPPER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#elif WIDTH == 32
#define LOWER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define UPPER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define LOWER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UPPER_IN_TURNS(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

/** Products of neighbouring lanes, added up in 32 bits. */
INLINE i32v addedProducts(i16v a, i16v b) {
#if defined(__wasm__) && WIDTH == 16
  return (i32v)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#elif defined(__AVX512BW__) && WIDTH == 64
  return (i32v)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__) && WIDTH == 32
  return (i32v)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__) && WIDTH == 16
  return (i32v)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return ((i32v)a << 16 >> 16) * ((i32v)b << 16 >> 16) + ((i32v)a >> 16) * ((i32v)b >> 16);
#endif
}

/** The same, added to sums. */
INLINE i32v withProducts(i32v sums, i16v a, i16v b) {
#if defined(__AVX512VNNI__) && WIDTH == 64
  return (i32v)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#else
  return sums + addedProducts(a, b);
#endif
}

/** Products of four neighbouring bytes, of which those of b have signs, added to sums. Sums of two fit 16 bits. */
#if defined(__AVX512VNNI__) && WIDTH == 64
#define BYTE_PRODUCTS
INLINE i32v withByteProducts(i32v sums, u8v a, i8v b) {
  return (i32v)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
}
#elif defined(__AVX2__) && WIDTH == 32
#define BYTE_PRODUCTS
INLINE i32v withByteProducts(i32v sums, u8v a, i8v b) {
  return sums + addedProducts((i16v)_mm256_maddubs_epi16((__m256i)a, (__m256i)b), SPLAT(i16v, 1));
}
#endif
