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

/** How images are convolved. */
typedef enum { byEvents, byTables, byProducts, byColumns, bySlices, byMatrices } Way;

/** A way that takes the same time for any number of spikes. */
typedef struct {
  Way way;
  /** Where a hundred spikes make tables pay, so many make it pay. */
  i32 share;
  /** Images that it takes at a time, and for how many of them it takes as long as for fewer. */
  i32 together, lanes;
} Dense;

/** What the ways are told. */
INLINE EventConv eventsOf(SpikeConv t) { return readEventConv(t.memory, (const u32 *)POINTER(t.memory, t.events)); }
INLINE ColumnForward columnsOf(SpikeConv t) { return readColumnForward(t.memory, (const u32 *)POINTER(t.memory, t.columns)); }
INLINE SlicedForward slicesOf(SpikeConv t) { return readSlicedForward(t.memory, (const u32 *)POINTER(t.memory, t.sliced)); }

/** What takes the least time for many spikes, of what the processor has and suits the layer. images: those left; fire is a constant. */
INLINE Dense denseWay(SpikeConv t, i32 images, bool fire) {
#ifdef MATRICES
  if (tilesGranted && t.fillsTiles)
    return (Dense){byMatrices, matrixShare, matrixImages, max(min(images, matrixImages), matrixRows)};
#endif
#ifdef COLUMNS
  if (fire && t.columns) return (Dense){byColumns, columnShare, forwardLanes, lanesOf(columnsOf(t), images).images};
#endif
#ifdef SLICES
  if (fire && t.sliced) return (Dense){bySlices, slicedShare, forwardLanes, bandsOf(slicesOf(t), images).images};
#endif
#ifdef BYTE_PRODUCTS
  if (multiplyingPays(eventsOf(t))) return (Dense){byProducts, productShare, forwardLanes, forwardLanes};
#endif
  return (Dense){byTables, 100, forwardLanes, forwardLanes};
}

/** Inputs of images first…end that are not zero: counted up to `least`, as more of them decide nothing. */
INLINE i64 nonZeroInputs(SpikeConv t, i32 first, i32 end) {
  i64 count = 0;
  for (const u8 *at = t.spikes + first * t.imageBytes, *last = t.spikes + end * t.imageBytes; at < last && count < t.least;
       at += 16)
    count += __builtin_popcount(nonZeroBytes(LOAD(u8x16, at)));
  return count;
}

/** The way for images first…end: tables of sixteen images pay from `least` inputs on that are not zero. */
INLINE Way wayOf(SpikeConv t, Dense dense, i32 first, i32 end) {
  const i64 most = (i64)t.least * dense.share * dense.lanes;
  return nonZeroInputs(t, first, end) * 100 * forwardLanes >= most ? dense.way : byEvents;
}

/** Convolves images first…end from lists of events. */
INLINE void convolveEvents(SpikeConv t, i32 first, i32 end, bool fire) {
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

/** Convolves images first…end this way. */
INLINE void convolveAs(SpikeConv t, Way way, i32 first, i32 end, bool fire) {
  switch (way) {
#ifdef MATRICES
  case byMatrices:
    multiplyMatrices(eventsOf(t), first, end, t.sums, fire);
    break;
#endif
#ifdef COLUMNS
  case byColumns:
    columnSpikes(columnsOf(t), first, end);
    break;
#endif
#ifdef SLICES
  case bySlices:
    slicedSpikes(slicesOf(t), first, end);
    break;
#endif
#ifdef BYTE_PRODUCTS
  case byProducts:
    multiplySpikes(eventsOf(t), first, end, fire);
    break;
#endif
  case byEvents:
    convolveEvents(t, first, end, fire);
    break;
  default:
    if (fire)
      CALL(tabledSpikes, t.memory, t.tables, first, end);
    else
      CALL(tabledMembranes, t.memory, t.tables, first, end);
  }
}

/** Images lo…hi, some at a time. */
INLINE void convolveImages(SpikeConv t, i32 lo, i32 hi, bool fire) {
  for (i32 first = lo, end; first < hi; first = end) {
    const Dense dense = denseWay(t, hi - first, fire);
    end = min(first + dense.together, hi);
    convolveAs(t, wayOf(t, dense, first, end), first, end, fire);
  }
}

/** Membranes of images lo…hi in 16 bits. */
KERNEL(spikeConv_i16, SpikeConv) { convolveImages(t, lo, hi, false); }

/** Their spikes. */
KERNEL(spikeConv_fire, SpikeConv) { convolveImages(t, lo, hi, true); }
