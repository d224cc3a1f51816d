// Integer convolution of spike counts with ternary weights: by events, or where there are many spikes from tables of sums or,
// where a processor has it, by multiplying bytes or bit by bit. The first grows with the spikes; the others take the same for
// any, and tables for one image as long as for sixteen. Sums are exact in all.
#include "column-conv.h"
#include "product-conv.h"
#include "sliced-conv.h"

ENTRY(eventConv16_i16);
ENTRY(eventConv16_fire);
ENTRY(eventConv32_i16);
ENTRY(eventConv32_fire);
ENTRY(eventConv64_i16);
ENTRY(eventConv64_fire);
ENTRY(tabledMembranes);
ENTRY(tabledSpikes);

/** Inputs of images first…end that are not zero. */
INLINE i64 nonZeroInputs(SpikeConv t, i32 first, i32 end) {
  i64 count = 0;
  for (const u8 *at = t.spikes + first * t.imageBytes, *last = t.spikes + end * t.imageBytes; at < last; at += 16)
    count += __builtin_popcount(nonZeroBytes(LOAD(u8x16, at)));
  return count;
}

/** True if images have so many that lists of events cost more. */
INLINE bool many(SpikeConv t, i64 inputs) {
#if defined(BYTE_PRODUCTS) && WIDTH == 64
  return inputs * 100 >= (i64)t.least * productShare;
#else
  return inputs >= t.least;
#endif
}

/** Images that have many. fire is a constant. */
INLINE void convolveMany(SpikeConv t, i32 first, i32 end, bool fire) {
#ifdef BYTE_PRODUCTS
  const EventConv events = readEventConv(t.memory, (const u32 *)POINTER(t.memory, t.events));
  if (multiplyingPays(events)) {
    multiplySpikes(events, first, end, fire);
    return;
  }
#endif
  if (fire)
    CALL(tabledSpikes, t.memory, t.tables, first, end);
  else
    CALL(tabledMembranes, t.memory, t.tables, first, end);
}

/** Membranes of images lo…hi in 16 bits. */
KERNEL(spikeConv_i16, SpikeConv) {
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 end = min(first + forwardLanes, hi);
    if (many(t, nonZeroInputs(t, first, end)))
      convolveMany(t, first, end, false);
    else if (t.block == 64)
      CALL(eventConv64_i16, t.memory, t.events, first, end);
    else if (t.block == 32)
      CALL(eventConv32_i16, t.memory, t.events, first, end);
    else
      CALL(eventConv16_i16, t.memory, t.events, first, end);
  }
}

/** Their spikes. */
KERNEL(spikeConv_fire, SpikeConv) {
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 end = min(first + forwardLanes, hi);
    const i64 inputs = nonZeroInputs(t, first, end);
#ifdef COLUMNS
    if (t.columns) {
      const ColumnForward columns = readColumnForward(t.memory, (const u32 *)POINTER(t.memory, t.columns));
      if (columnsPay(columns, inputs, t.least, end - first)) {
        columnSpikes(columns, first, end);
        continue;
      }
    }
#endif
#ifdef SLICES
    if (t.sliced) {
      const SlicedForward sliced = readSlicedForward(t.memory, (const u32 *)POINTER(t.memory, t.sliced));
      if (slicesPay(sliced, inputs, t.least, end - first)) {
        slicedSpikes(sliced, first, end);
        continue;
      }
    }
#endif
    if (many(t, inputs))
      convolveMany(t, first, end, true);
    else if (t.block == 64)
      CALL(eventConv64_fire, t.memory, t.events, first, end);
    else if (t.block == 32)
      CALL(eventConv32_fire, t.memory, t.events, first, end);
    else
      CALL(eventConv16_fire, t.memory, t.events, first, end);
  }
}
