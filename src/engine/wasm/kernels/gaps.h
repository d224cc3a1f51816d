// The gaps between deleted spikes that random words mean.
#pragma once
#include "random.h"

/** The gap of a word: how many of the table's shares it is below. */
INLINE u32 gapOf(DeleteSpikes t, u32 word) {
  u32 gap = t.guide[word >> (32 - guideBits)];
  if (__builtin_expect(gap < openGap, 1)) return gap;
  gap -= openGap;
  while (word < ((u32 *)t.gaps)[gap]) gap++;
  return gap;
}
