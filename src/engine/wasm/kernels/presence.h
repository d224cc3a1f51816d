// What is there of floats: which are not zero, and whether all are finite. With vectors of 512 bits.
#pragma once
#include "vector.h"

#if WIDTH == 64

/** A bit for each lane that is not zero. */
INLINE u32 nonZeroLanes(f32v v) { return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ); }

/** True if no lane is NaN. */
INLINE bool allNumbers(f32v v) { return _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_UNORD_Q) == 0; }

/** Values in a hundred that are not zero, below which passing over the others takes less time than to multiply all. */
enum { sparseShare = 70 };

INLINE bool isSparse(i64 count, i64 values) { return count * 100 < values * sparseShare; }

#endif
