// Integer convolution of spike counts, driven by those that are not zero, for blocks of CHANNELS output channels: included
// once for each such number, 16, 32 or 64, with NAME giving names that end in it.
#include "events.h"

/** Weights, and sums of them, as bytes; and sums of 16 bits, with as many bytes as make one of their vectors. */
typedef i8 NAME(Bytes) VECTOR(CHANNELS < WIDTH ? CHANNELS : WIDTH);
typedef i16 NAME(Sums) VECTOR(CHANNELS * 2 < WIDTH ? CHANNELS * 2 : WIDTH);
typedef i8 NAME(Part) VECTOR(sizeof(NAME(Sums)) / 2);
/** Membranes of one pixel in the making. */
typedef struct {
  NAME(Bytes) few[CHANNELS / sizeof(NAME(Bytes))];
  NAME(Sums) all[CHANNELS * 2 / sizeof(NAME(Sums))];
} NAME(Membranes);

/** Adds a row of weights. */
INLINE void NAME(addRow)(NAME(Membranes) *m, const u8 *row) {
  EACH(v, LENGTH(m->few)) m->few[v] += LOAD(NAME(Bytes), row + v * sizeof m->few[v]);
}

INLINE void NAME(widen)(NAME(Membranes) *m) {
  EACH(v, LENGTH(m->all)) m->all[v] += CONVERT(NAME(Sums), LOAD(NAME(Part), (u8 *)m->few + v * sizeof(NAME(Part))));
  EACH(v, LENGTH(m->few)) m->few[v] = (NAME(Bytes)){0};
}

/** The same to two output rows, above and below, which share the reading of events; or to one, where the other is null. */
INLINE void NAME(addEvent)(NAME(Membranes) *above, const u8 *wa, NAME(Membranes) *below, const u8 *wb, isize event) {
  if (above) NAME(addRow)(above, wa + event);
  if (below) NAME(addRow)(below, wb + event);
}

/**
 * Adds the weights of the events e … end, whose sums are widened every `period` events, before bytes can overflow. zeros: an
 * event that adds nothing.
 */
INLINE void NAME(addEvents)(NAME(Membranes) *above, const u8 *wa, NAME(Membranes) *below, const u8 *wb, const i32 *e,
                            const i32 *end, isize period, i32 zeros) {
  while (e < end) {
    const i32 *pause = e + period;
    if (pause > end) pause = end;
    const i32 *fours = e + ((pause - e) & ~3);
    for (; e < fours; e += 4)
      EACH(i, 4) {
        // One block leaves registers enough for four loads.
        if (i > 0 && CHANNELS > 16) SEPARATE((uintptr_t)e - 256 * i);
        NAME(addEvent)(above, wa, below, wb, e[i]);
      }
    // Two more, or zeros twice: half the lists have them, and a wrong guess costs more than to add zeros.
    const i32 one = e[0], two = e[1];
    NAME(addEvent)(above, wa, below, wb, e < pause ? one : zeros);
    NAME(addEvent)(above, wa, below, wb, e < pause ? two : zeros);
    e = pause;
    if (above) NAME(widen)(above);
    if (below) NAME(widen)(below);
  }
}

/** Writes membranes, which are read no more. */
INLINE void NAME(writeMembranes)(const NAME(Membranes) *m, u8 *y) {
  EACH(v, LENGTH(m->all)) STORE(y + v * sizeof m->all[v], m->all[v]);
}

/** Writes their spikes: how many thresholds [level][channel], less one, each membrane exceeds. */
INLINE void NAME(writeSpikes)(const NAME(Membranes) *m, u8 *y, const i16 *thresholds, i32 levels, isize channels) {
  enum { together = sizeof(NAME(Bytes)) / sizeof(NAME(Part)) };
  EACH(v, LENGTH(m->few)) {
    NAME(Sums) spikes[together] = {0};
    const i16 *threshold = thresholds + v * sizeof m->few[v];
    // A true comparison is −1.
    NO_UNROLLING for (i32 level = 0; level < levels; level++, threshold += channels) EACH(i, together) spikes[i] -=
        m->all[v * together + i] > LOAD(NAME(Sums), threshold + i * sizeof(NAME(Part)));
    EACH(i, together) STORE(y + v * sizeof m->few[v] + i * sizeof(NAME(Part)), CONVERT(NAME(Part), spikes[i]));
  }
}

/**
 * List the inputs of some images (offset of the weight row of level and channel, plus column · tap stride, so that the taps
 * of one kernel row are one contiguous run of events), then add weight rows for each block of channels and output pixel: sums
 * of bytes, widened at the end of each run. Lists are even. Exact while Σ|w|·levels over the kernel < 32,768 (the planner's
 * promise). fire: writes spikes, not membranes.
 */
INLINE void NAME(convolveEvents)(EventConv t, i32 lo, i32 hi, i32 fire) {
  const i32 height = t.height, width = t.width, outHeight = t.outHeight, outWidth = t.outWidth, stride = t.stride;
  const i32 kernelHeight = t.kernelHeight, kernelWidth = t.kernelWidth, padV = t.padV, padH = t.padH;
  const isize tapStride = t.tapStride, bytes = fire ? 1 : 2, pixelBytes = t.outChannels * bytes,
              rowBytes = outWidth * pixelBytes;
  for (i32 first = lo; first < hi; first += t.listed) {
    const i32 end = min(first + t.listed, hi);
    u8 *list = t.lists;
    for (i32 n = first; n < end; n++, list += t.listBytes)
      listEvents(t.spikes + (isize)n * height * width * t.inChannels, height, width, t.inChannels, (i32)t.levelStride,
                 (i32)tapStride, (i32)t.rowBytes, t.nonZero, (i32 *)list);
    // Block by block of channels, so that its weights stay in the second-level cache from image to image.
    const u8 *w = t.w;
    for (i32 cb = 0; cb < t.outChannels; cb += CHANNELS, w += t.blockStride) {
      const i16 *thresholds = (i16 *)t.thresholds + cb;
      const u8 *listed = t.lists;
      for (i32 n = first; n < end; n++, listed += t.listBytes) {
        const i32 *starts = (i32 *)listed;
        u8 *y = t.y + (isize)n * outHeight * rowBytes + cb * bytes;
        for (i32 oy = 0; oy < outHeight; oy += 2, y += rowBytes)
          for (i32 ox = 0; ox < outWidth; ox++, y += pixelBytes) {
            // Between 0 and the width, also where padding is so wide that a window sees nothing of the image.
            const i32 left = ox * stride - padH, x0 = max(min(left, width), 0), x1 = max(min(left + kernelWidth, width), 0);
            const i32 y0 = oy * stride - padV;
            // Input rows from this one on are seen by the row below, too; there is none at an odd end.
            const i32 belowFrom = oy + 1 < outHeight ? stride : kernelHeight;
            const i32 y1 = min(y0 + kernelHeight + (oy + 1 < outHeight ? stride : 0), height);
            // The row of zeros behind the first tap's table.
            const i32 zeros = (i32)((x0 + 1) * tapStride - CHANNELS);
            NAME(Membranes) above = {0}, below = {0};
            for (i32 iy = max(0, y0); iy < y1; iy++) {
              const i32 ky = iy - y0, *row = starts + (isize)iy * width, *e = starts + row[x0], *e1 = starts + row[x1];
              const u8 *wa = w + ((isize)ky * kernelWidth - left) * tapStride;
              const u8 *wb = wa - stride * kernelWidth * tapStride;
              if (ky < kernelHeight && ky >= belowFrom)
                NAME(addEvents)(&above, wa, &below, wb, e, e1, t.period >> 2, zeros);
              else if (ky < kernelHeight)
                NAME(addEvents)(&above, wa, 0, 0, e, e1, t.period >> 2, zeros);
              else if (ky >= belowFrom)
                NAME(addEvents)(0, 0, &below, wb, e, e1, t.period >> 2, zeros);
            }
            if (fire)
              NAME(writeSpikes)(&above, y, thresholds, t.levels, t.outChannels);
            else
              NAME(writeMembranes)(&above, y);
            if (oy + 1 == outHeight) continue;
            if (fire)
              NAME(writeSpikes)(&below, y + rowBytes, thresholds, t.levels, t.outChannels);
            else
              NAME(writeMembranes)(&below, y + rowBytes);
          }
      }
    }
  }
}
