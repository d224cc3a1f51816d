// For the weight gradient: where a layer's inputs are not zero.
#include "positions.h"

/** The non-zero inputs of chunks lo…hi, of `listed` images each; an event is its dy pixel for the phase's first tap. */
KERNEL(spikeLists, SpikeLists) {
  const isize headsPerChunk = (isize)t.phases * t.channels * t.levels * t.cutCount;
  for (i32 chunk = lo; chunk < hi; chunk++)
    listPositions(t.spikes + (isize)chunk * t.imagesPerChunk * t.imageBytes, t.channels, t.levels, t.listed, t.listed, t.phases,
                  (i32 *)t.phasePixels, (Position *)t.order, (Cut *)t.cuts, t.cutCount, (u32 *)t.heads + chunk * headsPerChunk,
                  (u32 *)t.events + (isize)chunk * t.capacity, t.listing);
}
