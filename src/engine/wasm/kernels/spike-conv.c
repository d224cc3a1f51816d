// Integer convolution of spike counts with ternary weights, by events or from tables of sums, whichever takes less time: the
// first grows with the spikes, the second takes the same for any, and for one image as long as for sixteen. Sums are exact
// in both.
#include "vector.h"

ENTRY(eventConv16_i16);
ENTRY(eventConv16_fire);
ENTRY(eventConv32_i16);
ENTRY(eventConv32_fire);
ENTRY(eventConv64_i16);
ENTRY(eventConv64_fire);
ENTRY(tabledMembranes);
ENTRY(tabledSpikes);

/** Do images first…end have enough spikes for tables? */
INLINE i32 many(SpikeConv t, i32 first, i32 end) {
  i32 count = 0;
  for (const u8 *at = t.spikes + first * t.imageBytes, *last = t.spikes + end * t.imageBytes; at < last; at += 16)
    count += __builtin_popcount(nonZeroBytes(LOAD(u8x16, at)));
  return count >= t.least;
}

/** Membranes of images lo…hi in 16 bits. */
KERNEL(spikeConv_i16, SpikeConv) {
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 end = min(first + forwardLanes, hi);
    if (many(t, first, end)) CALL(tabledMembranes, t.memory, t.tables, first, end);
    else if (t.block == 64) CALL(eventConv64_i16, t.memory, t.events, first, end);
    else if (t.block == 32) CALL(eventConv32_i16, t.memory, t.events, first, end);
    else CALL(eventConv16_i16, t.memory, t.events, first, end);
  }
}

/** Their spikes. */
KERNEL(spikeConv_fire, SpikeConv) {
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 end = min(first + forwardLanes, hi);
    if (many(t, first, end)) CALL(tabledSpikes, t.memory, t.tables, first, end);
    else if (t.block == 64) CALL(eventConv64_fire, t.memory, t.events, first, end);
    else if (t.block == 32) CALL(eventConv32_fire, t.memory, t.events, first, end);
    else CALL(eventConv16_fire, t.memory, t.events, first, end);
  }
}
