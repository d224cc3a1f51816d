// What is there of floats: which are not zero, and whether all are finite. With vectors of 256 or 512 bits.
#pragma once
#include "vector.h"

#if WIDTH >= 32

/** A bit for each lane that is not zero. */
INLINE u32 nonZeroLanes(f32v v) {
#if WIDTH == 64
  return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
#else
  return (u32)_mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#endif
}

/** True if no lane is NaN. */
INLINE bool allNumbers(f32v v) {
#if WIDTH == 64
  return _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_UNORD_Q) == 0;
#else
  return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, (__m256)v, _CMP_UNORD_Q)) == 0;
#endif
}

/** Values in a hundred that are not zero, below which passing over the others takes less time than to multiply all. */
enum { sparseShare = 70 };

INLINE bool isSparse(i64 count, i64 values) { return count * 100 < values * sparseShare; }

#endif
