// Integer convolution of spike counts with ternary weights: by events, or where there are many spikes from tables of sums or,
// where a processor has it, by multiplying bytes or matrices of them, or bit by bit. The first grows with the spikes; the others
// take the same for any, and tables for one image as long as for sixteen. Sums are exact in all.
#include "column-conv.h"
#include "matrix-conv.h"
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

/** Inputs of images first…end that are not zero: counted up to `least`, as more of them decide nothing. */
INLINE i64 nonZeroInputs(SpikeConv t, i32 first, i32 end) {
  i64 count = 0;
  for (const u8 *at = t.spikes + first * t.imageBytes, *last = t.spikes + end * t.imageBytes; at < last && count < t.least;
       at += 16)
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

/** Few inputs that are not zero, of images first…end. */
INLINE void convolveFew(SpikeConv t, i32 first, i32 end, bool fire) {
#define BY_EVENTS(block)                                           \
  if (fire)                                                        \
    CALL(eventConv##block##_fire, t.memory, t.events, first, end); \
  else                                                             \
    CALL(eventConv##block##_i16, t.memory, t.events, first, end);
  if (t.block == 64) {
    BY_EVENTS(64)
  } else if (t.block == 32) {
    BY_EVENTS(32)
  } else {
    BY_EVENTS(16)
  }
#undef BY_EVENTS
}

/** Convolves images lo…hi, where this process has tiles that the layer's channels fill. @returns false where it doesn't */
INLINE bool convolveTiles(SpikeConv t, i32 lo, i32 hi, bool fire) {
#ifdef MATRICES
  const EventConv events = readEventConv(t.memory, (const u32 *)POINTER(t.memory, t.events));
  if (!fillsTiles(events)) return false;
  for (i32 first = lo; first < hi; first += matrixImages) {
    const i32 end = min(first + matrixImages, hi);
    if (matricesPay(nonZeroInputs(t, first, end), t.least, end - first))
      multiplyMatrices(events, first, end, t.sums, fire);
    else
      convolveFew(t, first, end, fire);
  }
  return true;
#else
  return false;
#endif
}

/** Membranes of images lo…hi in 16 bits. */
KERNEL(spikeConv_i16, SpikeConv) {
  if (convolveTiles(t, lo, hi, false)) return;
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 end = min(first + forwardLanes, hi);
    if (many(t, nonZeroInputs(t, first, end)))
      convolveMany(t, first, end, false);
    else
      convolveFew(t, first, end, false);
  }
}

/** Their spikes. */
KERNEL(spikeConv_fire, SpikeConv) {
  if (convolveTiles(t, lo, hi, true)) return;
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
    else
      convolveFew(t, first, end, true);
  }
}
