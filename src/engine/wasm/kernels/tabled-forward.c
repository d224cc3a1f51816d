// Integer convolution of spike counts with ternary weights, from tables: see tabled.ts. Four input channels of one pixel
// have 81 sums, of sixteen images side by side, in bytes; each output channel looks up one of them for each tap. So that no
// sum is negative, a weight of −1 adds what its input lacks of the highest level; a membrane begins with as much less. Takes
// the same time for any number of spikes. Exact while 32 inputs at their highest fit a byte, and all of a window 16 bits (the
// planner's promise).
#include "add-sums.h"
#include "transpose.h"

enum {
  /** Bytes of a value, and of a sum, of sixteen images. */
  valueBytes = 16,
  membraneBytes = 32,
  /** Tables of sixteen channels; and up to how many taps of a kernel row add together what they bring of so few. */
  thinTables = 4 * sumsOfFour * valueBytes,
  mostTogether = 5
};

/** Tables of `width` channels of one pixel; last: the last image there is, which fills the rest. */
INLINE void fillTables(u8 *table, TabledForward t, const u8 *spikes, isize image, i32 last, i32 width) {
  const u8 highest = (u8)t.levels;
  for (i32 c = 0; c < width; c += 16) transposeBytes(spikes + c, image, 0, last, t.inputs + c * valueBytes, valueBytes, 16);
  const u8 *x = t.inputs;
  for (i32 c = 0; c < width; c += 4, table += sumsOfFour * valueBytes) {
    STORE(table, (u8x16){0});
    i32 bytes = valueBytes;
    for (i32 k = 0; k < 4; k++, bytes *= 3, x += valueBytes) {
      const u8x16 value = LOAD(u8x16, x), lacking = highest - value;
      NO_UNROLLING for (u8 *sum = table, *end = table + bytes; sum < end; sum += valueBytes) {
        const u8x16 s = LOAD(u8x16, sum);
        STORE(sum + bytes, s + value);
        STORE(sum + 2 * bytes, s + lacking);
      }
    }
  }
}

/**
 * Membranes of a row of the output before anything is added: for each weight of −1 that meets the image the highest level
 * less. The same from column to column, but near the borders.
 */
INLINE void beginRow(TabledForward t, u8 *row, i32 oy) {
  const i32 channels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth;
  const i32 y0 = max(t.padV - oy * stride, 0), y1 = min(t.kernelHeight, t.height + t.padV - oy * stride);
  const isize columnBytes = (isize)channels * membraneBytes;
  i32 from = -1, to = -1;
  for (i32 ox = 0; ox < t.outWidth; ox++) {
    const i32 x0 = max(t.padH - ox * stride, 0), x1 = min(kernelWidth, t.width + t.padH - ox * stride);
    if (x0 == from && x1 == to) {
      __builtin_memcpy(row, row - columnBytes, columnBytes);
      row += columnBytes;
      continue;
    }
    from = x0;
    to = x1;
    for (i32 c = 0; c < channels; c += 4) {
      i32x4 count = {0};
      for (i32 y = y0; y < y1; y++)
        for (i32 x = x0; x < x1; x++) count += LOAD(i32x4, (i32 *)t.negatives + (isize)(y * kernelWidth + x) * channels + c);
      EACH(k, 4) {
        const Sums one = SPLAT(Sums, (u16)(-count[k] * t.levels));
        EACH(v, sumsVectors) STORE(row + v * sizeof one, one);
        row += membraneBytes;
      }
    }
  }
}

/** One row of membranes of up to sixteen images as 16-bit integers. */
INLINE void writeMembranes(TabledForward t, const u8 *row, i32 first, i32 images, i32 oy) {
  const isize rowBytes = (isize)t.outWidth * t.outChannels * 2, image = t.outHeight * rowBytes;
  u8 *y = t.y + first * image + oy * rowBytes;
  for (const u8 *end = y + rowBytes; y < end; y += 16, row += 8 * membraneBytes) {
    transposeHalves(row, membraneBytes, 0, 7, y, image, images);
    transposeHalves(row + 16, membraneBytes, 0, 7, y + 8 * image, image, images - 8);
  }
}

/** The same as spikes: how many thresholds, less one, each membrane exceeds. */
INLINE void writeSpikes(TabledForward t, const u8 *row, i32 first, i32 images, i32 oy) {
  typedef i16 Signed VECTOR(sizeof(Sums));
  const i32 channels = t.outChannels;
  const isize rowBytes = (isize)t.outWidth * channels, image = t.outHeight * rowBytes;
  u8 *y = t.y + first * image + oy * rowBytes;
  for (i32 ox = 0; ox < t.outWidth; ox++)
    for (i32 c = 0; c < channels; c += 16, y += 16) {
      for (i32 k = 0; k < 16; k++, row += membraneBytes) {
        Signed membranes[sumsVectors], spikes[sumsVectors];
        EACH(v, sumsVectors) {
          membranes[v] = LOAD(Signed, row + v * sizeof(Sums));
          spikes[v] = (Signed){0};
        }
        const i16 *threshold = (i16 *)t.thresholds + c + k;
        // A true comparison is −1.
        NO_UNROLLING for (i32 level = 0; level < t.levels; level++, threshold += channels) EACH(v, sumsVectors) spikes[v] -=
            membranes[v] > *threshold;
        EACH(v, sumsVectors) STORE(t.inputs + k * valueBytes + v * sizeof(SumsBytes), CONVERT(SumsBytes, spikes[v]));
      }
      transposeBytes(t.inputs, valueBytes, 0, 15, y, image, images);
    }
}

/** Adds to rows done…begun of the output what `block` channels of row y bring, pixel by pixel and tap by tap. */
INLINE void addPixelTables(TabledForward t, const u8 *spikes, i32 last, const u8 *places, i32 y, i32 done, i32 begun) {
  const i32 outChannels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth;
  const isize tapBytes = (isize)outChannels * t.block / 2, image = (isize)t.height * t.width * t.channels;
  const isize pixelBytes = (isize)outChannels * membraneBytes, rowBytes = t.outWidth * pixelBytes;
  for (i32 x = 0; x < t.width; x++, spikes += t.channels) {
    fillTables(t.tables, t, spikes, image, last, t.block);
    for (i32 oy = done; oy < begun; oy++) {
      const i32 ky = y - (oy * stride - t.padV);
      // The first of the columns whose windows reach this pixel, and behind the last.
      const i32 right = x + t.padH, x0 = right < kernelWidth ? 0 : (right - kernelWidth) / stride + 1;
      const i32 x1 = min(right / stride + 1, t.outWidth);
      u8 *membranes = t.rows + oy % t.waiting * rowBytes + x0 * pixelBytes;
      for (i32 ox = x0; ox < x1; ox++, membranes += pixelBytes) {
        const u8 *tap = places + (ky * kernelWidth + right - ox * stride) * tapBytes;
        if (t.block == 64)
          addSums64(tap, membranes, outChannels, t.tables);
        else if (t.block == 32)
          addSums32(tap, membranes, outChannels, t.tables);
        else
          addSums16(tap, membranes, outChannels, t.tables);
      }
    }
  }
}

/**
 * The same for sixteen channels, whose tables are small: those of as many pixels as the kernel is wide wait for the column
 * whose window holds them, so that its sums are read and written once for all taps of a row.
 */
INLINE void addWindows(TabledForward t, const u8 *spikes, i32 last, const u8 *places, i32 y, i32 done, i32 begun) {
  const i32 outChannels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth;
  const isize tapBytes = (isize)outChannels * 8, image = (isize)t.height * t.width * t.channels;
  const isize pixelBytes = (isize)outChannels * membraneBytes, rowBytes = t.outWidth * pixelBytes;
  i32 ox = 0;
  for (i32 x = 0; x < t.width; x++, spikes += t.channels) {
    fillTables(t.tables + x % kernelWidth * thinTables, t, spikes, image, last, 16);
    // Windows that end here; behind the last pixel, all.
    for (; ox < t.outWidth && (ox * stride - t.padH + kernelWidth - 1 <= x || x == t.width - 1); ox++) {
      const i32 left = ox * stride - t.padH, k0 = max(-left, 0), taps = min(kernelWidth, t.width - left) - k0;
      if (taps <= 0) continue;
      // The table of each tap; of those beyond the last, any.
      const i32 slot = left + k0;
      const u8 *table0 = t.tables + slot % kernelWidth * thinTables;
      const u8 *table1 = t.tables + (slot + 1) % kernelWidth * thinTables;
      const u8 *table2 = t.tables + (slot + 2) % kernelWidth * thinTables;
      const u8 *table3 = t.tables + (slot + 3) % kernelWidth * thinTables;
      const u8 *table4 = t.tables + (slot + 4) % kernelWidth * thinTables;
      for (i32 oy = done; oy < begun; oy++) {
        const u8 *tap = places + ((y - (oy * stride - t.padV)) * kernelWidth + k0) * tapBytes;
        u8 *membranes = t.rows + oy % t.waiting * rowBytes + ox * pixelBytes;
        if (taps == 5)
          addSums16x5(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3, table4);
        else if (taps == 4)
          addSums16x4(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3, table4);
        else if (taps == 3)
          addSums16x3(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3, table4);
        else if (taps == 2)
          addSums16x2(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3, table4);
        else
          addSums16(tap, membranes, outChannels, table0);
      }
    }
  }
}

/** Images lo…hi, by rows of the input: each adds to the rows of the output whose windows hold it. */
INLINE void convolveTables(TabledForward t, i32 lo, i32 hi, i32 fire) {
  const i32 stride = t.stride, kernelHeight = t.kernelHeight;
  const isize placesOfBlock = (isize)kernelHeight * t.kernelWidth * t.outChannels * t.block / 2;
  const isize rowBytes = (isize)t.outWidth * t.outChannels * membraneBytes, image = (isize)t.height * t.width * t.channels;
  for (i32 first = lo; first < hi; first += forwardLanes) {
    const i32 images = min(forwardLanes, hi - first);
    i32 begun = 0, done = 0;
    for (i32 y = 0; y <= t.height; y++) {
      // Rows whose windows lie above this one; behind the last row of the input, all.
      for (; done < t.outHeight && (y == t.height || done * stride - t.padV + kernelHeight <= y); done++) {
        u8 *row = t.rows + done % t.waiting * rowBytes;
        if (done >= begun) beginRow(t, row, done);
        if (fire)
          writeSpikes(t, row, first, images, done);
        else
          writeMembranes(t, row, first, images, done);
      }
      if (y == t.height) break;
      for (; begun < t.outHeight && begun * stride - t.padV <= y; begun++)
        beginRow(t, t.rows + begun % t.waiting * rowBytes, begun);
      const u8 *spikes = t.spikes + first * image + (isize)y * t.width * t.channels, *places = t.places;
      for (i32 block = 0; block < t.channels; block += t.block, spikes += t.block, places += placesOfBlock)
        if (t.block == 16 && t.kernelWidth <= mostTogether)
          addWindows(t, spikes, images - 1, places, y, done, begun);
        else
          addPixelTables(t, spikes, images - 1, places, y, done, begun);
    }
  }
}

KERNEL(tabledMembranes, TabledForward) { convolveTables(t, lo, hi, 0); }

KERNEL(tabledSpikes, TabledForward) { convolveTables(t, lo, hi, 1); }

/** Places of the sums that the weights ask for, and how many of each output channel are −1. Items: taps. */
KERNEL(packTabledForward, PackTabledForward) {
  const f32 threshold = *(f32 *)t.threshold;
  const isize row = t.outChannels;
  // Places of an output channel.
  const isize own = t.block / 4;
  for (i32 tap = lo; tap < hi; tap++) {
    i32 *negatives = (i32 *)t.negatives + tap * row;
    __builtin_memset(negatives, 0, row * 4);
    for (i32 ci = 0; ci < t.channels; ci += 4) {
      const i32 block = ci / t.block, group = ci % t.block / 4;
      const f32 *w = (f32 *)t.w + ((isize)tap * t.channels + ci) * row;
      u16 *places = (u16 *)t.places + ((isize)block * t.taps + tap) * row * own + group;
      for (isize co = 0; co < row; co += LANES) {
        i32v sum = {0}, count = LOAD(i32v, negatives + co);
        for (i32 k = 3; k >= 0; k--) {
          // A true comparison is −1. As in ternary, the first goes first.
          const f32v weights = LOAD(f32v, w + k * row + co);
          const i32v positive = weights >= threshold, negative = (weights <= -threshold) & ~positive;
          sum = sum * 3 - positive - 2 * negative;
          count -= negative;
        }
        STORE(negatives + co, count);
        sum = (sum + sumsOfFour * group) * valueBytes;
        EACH(i, LANES) places[(co + i) * own] = (u16)sum[i];
      }
    }
  }
}
