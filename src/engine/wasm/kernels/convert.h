// Vectors of one kind of numbers as vectors of another. GCC makes halves of wide ones and puts them together again, and where
// numbers have a fourth of the bits moves them one by one: so the processor's own instructions are named here.
#pragma once
#include "kernel.h"

#if defined(__AVX2__) && !defined(__clang__)
#include <immintrin.h>

/** Vectors at any address, whose types say nothing of their numbers. */
typedef struct {
  __m128i all;
} __attribute__((packed, may_alias)) Bits128;
typedef struct {
  __m256i all;
} __attribute__((packed, may_alias)) Bits256;
#ifdef __AVX512F__
typedef struct {
  __m512i all;
} __attribute__((packed, may_alias)) Bits512;
#endif

/**
 * Sizes in bytes, of a number before and after and of the whole result; all of it constants.
 * @returns false where there is no instruction for that
 */
INLINE bool convertedAtOnce(void *to, const void *from, i32 before, i32 after, i32 size, bool sign, bool real) {
#define CASE(a, b, bytes, TO, operation, FROM)                                                              \
  if (before == a && after == b && size == bytes) {                                                         \
    ((Bits##TO *)to)->all = (__typeof__(((Bits##TO *)0)->all))(operation(((const Bits##FROM *)from)->all)); \
    return true;                                                                                            \
  }
#define SIGNED(a, b, bytes, TO, bits, name, FROM)         \
  if (sign) {                                             \
    CASE(a, b, bytes, TO, _mm##bits##_cvtepi##name, FROM) \
  } else                                                  \
    CASE(a, b, bytes, TO, _mm##bits##_cvtepu##name, FROM)
#ifdef __AVX512F__
  if (real && before == 4 && after == 8 && size == 64) {
    *(__m512d_u *)to = _mm512_cvtps_pd(*(const __m256_u *)from);
    return true;
  }
#endif
  if (real) return false;
  SIGNED(1, 2, 32, 256, 256, 8_epi16, 128)
  SIGNED(2, 4, 32, 256, 256, 16_epi32, 128)
  if (before == 1 && after == 4 && size == 32) {
    const __m128i eight = _mm_loadl_epi64((const __m128i *)from);
    ((Bits256 *)to)->all = sign ? _mm256_cvtepi8_epi32(eight) : _mm256_cvtepu8_epi32(eight);
    return true;
  }
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  SIGNED(1, 2, 64, 512, 512, 8_epi16, 256)
  SIGNED(1, 4, 64, 512, 512, 8_epi32, 128)
  SIGNED(2, 4, 64, 512, 512, 16_epi32, 256)
  CASE(4, 1, 16, 128, _mm512_cvtepi32_epi8, 512)
  CASE(4, 2, 32, 256, _mm512_cvtepi32_epi16, 512)
  CASE(4, 2, 16, 128, _mm256_cvtepi32_epi16, 256)
  CASE(2, 1, 32, 256, _mm512_cvtepi16_epi8, 512)
  CASE(2, 1, 16, 128, _mm256_cvtepi16_epi8, 256)
#endif
#undef SIGNED
#undef CASE
  return false;
}

/** True for a type with a fraction, or with a sign. */
#define IS_REAL(type) ((type)0.5 != 0)
#define IS_SIGNED(type) ((type) - 1 < 0)
#define CONVERT(type, vector)                                                                                    \
  ({                                                                                                             \
    const __auto_type unconverted = (vector);                                                                    \
    type converted;                                                                                              \
    if (!convertedAtOnce(&converted, &unconverted, sizeof unconverted[0], sizeof converted[0], sizeof converted, \
                         IS_SIGNED(__typeof__(unconverted[0])), IS_REAL(__typeof__(converted[0]))))              \
      converted = __builtin_convertvector(unconverted, type);                                                    \
    converted;                                                                                                   \
  })
#else
#define CONVERT(type, vector) __builtin_convertvector(vector, type)
#endif
