// Integer convolution of spike counts with ternary weights, from tables: see tabled.ts. Four input channels of one pixel
// have 81 sums, of sixteen images side by side, in bytes; each output channel looks up one of them for each tap. So that no
// sum is negative, a weight of −1 adds what its input lacks of the highest level; a membrane begins with as much less. Takes
// the same time for any number of spikes. Exact while 32 inputs at their highest fit a byte, and all of a window 16 bits (the
// planner's promise).
import {
  addSums16x1, addSums16x2, addSums16x3, addSums16x4, addSums16x5, addSums32x1, addSums64x1, forwardLanes, PackTabledForward,
  sumsOfFour, TabledForward, transposeBytes, transposeHalves,
} from './generated';
import { ternary } from './weights';

/** A byte, and a sum, of sixteen images. */
const VALUE: usize = 16;
const MEMBRANE: usize = 32;
const SUMS: usize = sumsOfFour;
/** Tables of sixteen channels; and up to how many taps of a kernel row add together what they bring of so few. */
const THIN: usize = 4 * SUMS * VALUE;
const TOGETHER: i32 = 5;

/** Tables of `width` channels of one pixel; last: the last image there is, which fills the rest. */
function fillTables(table: usize, t: TabledForward, spikes: usize, image: usize, last: i32, width: i32): void {
  const highest = i8x16.splat(<i8>t.levels);
  for (let c: usize = 0; c < <usize>width; c += 16)
    transposeBytes(spikes + c, image, 0, last, t.inputs + c * VALUE, VALUE, 16);
  let x: usize = t.inputs;
  for (let c = 0; c < width; c += 4, x += 4 * VALUE, table += SUMS * VALUE) {
    v128.store(table, i8x16.splat(0));
    let bytes = VALUE;
    for (let k: usize = 0; k < 4; k++, bytes *= 3) {
      const value = v128.load(x + k * VALUE), lacking = i8x16.sub(highest, value);
      for (let sum = table, end = table + bytes; sum < end; sum += VALUE) {
        const s = v128.load(sum), more = sum + bytes;
        v128.store(more, i8x16.add(s, value)); v128.store(more + bytes, i8x16.add(s, lacking));
      }
    }
  }
}

/**
 * Membranes of a row of the output before anything is added: for each weight of −1 that meets the image the highest level
 * less. The same from column to column, but near the borders.
 */
function begin(t: TabledForward, row: usize, oy: i32): void {
  const channels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth, tapBytes: usize = <usize>channels << 2;
  const y0 = max(t.padV - oy * stride, 0), y1 = min(t.kernelHeight, t.height + t.padV - oy * stride);
  const highest = i32x4.splat(t.levels), columnBytes: usize = <usize>channels * MEMBRANE;
  let from = -1, to = -1;
  for (let ox = 0; ox < t.outWidth; ox++) {
    const x0 = max(t.padH - ox * stride, 0), x1 = min(kernelWidth, t.width + t.padH - ox * stride);
    if (x0 == from && x1 == to) {
      memory.copy(row, row - columnBytes, columnBytes);
      row += columnBytes;
      continue;
    }
    from = x0; to = x1;
    for (let c: usize = 0; c < tapBytes; c += 16) {
      let count = i32x4.splat(0);
      for (let y = y0; y < y1; y++)
        for (let x = x0; x < x1; x++)
          count = i32x4.add(count, v128.load(t.negatives + <usize>(y * kernelWidth + x) * tapBytes + c));
      v128.store(t.inputs, i32x4.neg(i32x4.mul(count, highest)));
      for (let k: usize = 0; k < 4; k++, row += MEMBRANE) {
        const one = v128.load16_splat(t.inputs + (k << 2));
        v128.store(row, one); v128.store(row, one, 16);
      }
    }
  }
}

/** One row of membranes of up to sixteen images as 16-bit integers. */
// @ts-ignore: decorator
@inline
function writeMembranes(t: TabledForward, row: usize, first: i32, images: i32, oy: i32): void {
  const image: usize = <usize>(t.outHeight * t.outWidth * t.outChannels) << 1;
  let y: usize = t.y + <usize>first * image + (<usize>(oy * t.outWidth * t.outChannels) << 1);
  for (const end = y + (<usize>(t.outWidth * t.outChannels) << 1); y < end; y += 16, row += 8 * MEMBRANE) {
    transposeHalves(row, MEMBRANE, 0, 7, y, image, images);
    transposeHalves(row + 16, MEMBRANE, 0, 7, y + 8 * image, image, images - 8);
  }
}

/** The same as spikes: how many thresholds, less one, each membrane exceeds. */
// @ts-ignore: decorator
@inline
function writeSpikes(t: TabledForward, row: usize, first: i32, images: i32, oy: i32): void {
  const channels = t.outChannels, image: usize = <usize>(t.outHeight * t.outWidth * channels);
  let y: usize = t.y + <usize>first * image + <usize>(oy * t.outWidth * channels);
  const spikes: usize = t.inputs;
  for (let ox = 0; ox < t.outWidth; ox++)
    for (let c = 0; c < channels; c += 16, y += 16) {
      for (let k = c; k < c + 16; k++, row += MEMBRANE) {
        const m0 = v128.load(row), m1 = v128.load(row, 16);
        let low = i16x8.splat(0), high = low;
        for (let level = 0, at: usize = t.thresholds + (<usize>k << 1); level < t.levels; level++, at += <usize>channels << 1) {
          const threshold = v128.load16_splat(at);
          low = i16x8.sub(low, i16x8.gt_s(m0, threshold)); high = i16x8.sub(high, i16x8.gt_s(m1, threshold));
        }
        v128.store(spikes + (<usize>(k - c) << 4), i8x16.narrow_i16x8_u(low, high));
      }
      transposeBytes(spikes, VALUE, 0, 15, y, image, images);
    }
}

/** Adds to rows done…begun of the output what `block` channels of row y bring, pixel by pixel and tap by tap. */
// @ts-ignore: decorator
@inline
function addPixels(t: TabledForward, spikes: usize, last: i32, places: usize, y: i32, done: i32, begun: i32, waiting: i32): void {
  const outChannels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth, tables = t.tables;
  const tapBytes: usize = <usize>(outChannels * t.block) >> 1, image: usize = <usize>(t.height * t.width * t.channels);
  const pixelBytes: usize = <usize>outChannels * MEMBRANE, rowBytes: usize = <usize>t.outWidth * pixelBytes;
  for (let x = 0; x < t.width; x++, spikes += t.channels) {
    fillTables(tables, t, spikes, image, last, t.block);
    for (let oy = done; oy < begun; oy++) {
      const ky = y - (oy * stride - t.padV);
      // The first of the columns whose windows reach this pixel, and behind the last.
      const right = x + t.padH, x0 = right < kernelWidth ? 0 : (right - kernelWidth) / stride + 1;
      const x1 = min(right / stride + 1, t.outWidth);
      let membranes: usize = t.rows + <usize>(oy % waiting) * rowBytes + <usize>x0 * pixelBytes;
      for (let ox = x0; ox < x1; ox++, membranes += pixelBytes) {
        const tap: usize = places + <usize>(ky * kernelWidth + right - ox * stride) * tapBytes;
        if (t.block == 64) addSums64x1(tap, tapBytes, membranes, outChannels, tables);
        else if (t.block == 32) addSums32x1(tap, tapBytes, membranes, outChannels, tables);
        else addSums16x1(tap, tapBytes, membranes, outChannels, tables);
      }
    }
  }
}

/**
 * The same for sixteen channels, whose tables are small: those of as many pixels as the kernel is wide wait for the column
 * whose window holds them, so that its sums are read and written once for all taps of a row.
 */
// @ts-ignore: decorator
@inline
function addWindows(t: TabledForward, spikes: usize, last: i32, places: usize, y: i32, done: i32, begun: i32, waiting: i32): void {
  const outChannels = t.outChannels, stride = t.stride, kernelWidth = t.kernelWidth, tables = t.tables;
  const tapBytes: usize = <usize>outChannels << 3, image: usize = <usize>(t.height * t.width * t.channels);
  const pixelBytes: usize = <usize>outChannels * MEMBRANE, rowBytes: usize = <usize>t.outWidth * pixelBytes;
  let ox = 0;
  for (let x = 0; x < t.width; x++, spikes += t.channels) {
    fillTables(tables + <usize>(x % kernelWidth) * THIN, t, spikes, image, last, 16);
    // Windows that end here; behind the last pixel, all.
    for (; ox < t.outWidth && (ox * stride - t.padH + kernelWidth - 1 <= x || x == t.width - 1); ox++) {
      const left = ox * stride - t.padH, k0 = max(-left, 0), taps = min(kernelWidth, t.width - left) - k0;
      if (taps <= 0) continue;
      // The table of each tap; of those beyond the last, any.
      const slot = (left + k0) % kernelWidth;
      const table0: usize = tables + <usize>slot * THIN, table1: usize = tables + <usize>((slot + 1) % kernelWidth) * THIN;
      const table2: usize = tables + <usize>((slot + 2) % kernelWidth) * THIN, table3: usize = tables + <usize>((slot + 3) % kernelWidth) * THIN;
      const table4: usize = tables + <usize>((slot + 4) % kernelWidth) * THIN;
      for (let oy = done; oy < begun; oy++) {
        const tap: usize = places + <usize>((y - (oy * stride - t.padV)) * kernelWidth + k0) * tapBytes;
        const membranes: usize = t.rows + <usize>(oy % waiting) * rowBytes + <usize>ox * pixelBytes;
        if (taps == 5) addSums16x5(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3, table4);
        else if (taps == 4) addSums16x4(tap, tapBytes, membranes, outChannels, table0, table1, table2, table3);
        else if (taps == 3) addSums16x3(tap, tapBytes, membranes, outChannels, table0, table1, table2);
        else if (taps == 2) addSums16x2(tap, tapBytes, membranes, outChannels, table0, table1);
        else addSums16x1(tap, tapBytes, membranes, outChannels, table0);
      }
    }
  }
}

/** Images lo…hi, by rows of the input: each adds to the rows of the output whose windows hold it. */
// @ts-ignore: decorator
@inline
function convolve(address: usize, lo: i32, hi: i32, fire: bool): void {
  const t = changetype<TabledForward>(address);
  const stride = t.stride, kernelHeight = t.kernelHeight;
  const placesOfBlock: usize = <usize>(kernelHeight * t.kernelWidth * t.outChannels * t.block) >> 1;
  const rowBytes: usize = <usize>(t.outWidth * t.outChannels) * MEMBRANE;
  const image: usize = <usize>(t.height * t.width * t.channels), rows: usize = t.rows;
  const waiting = t.waiting;
  for (let first = lo; first < hi; first += forwardLanes) {
    const images = min(forwardLanes, hi - first);
    let begun = 0, done = 0;
    for (let y = 0; y <= t.height; y++) {
      // Rows whose windows lie above this one; behind the last row of the input, all.
      for (; done < t.outHeight && (y == t.height || done * stride - t.padV + kernelHeight <= y); done++) {
        const row: usize = rows + <usize>(done % waiting) * rowBytes;
        if (done >= begun) begin(t, row, done);
        if (fire) writeSpikes(t, row, first, images, done);
        else writeMembranes(t, row, first, images, done);
      }
      if (y == t.height) break;
      for (; begun < t.outHeight && begun * stride - t.padV <= y; begun++)
        begin(t, rows + <usize>(begun % waiting) * rowBytes, begun);
      let spikes: usize = t.spikes + <usize>first * image + <usize>(y * t.width * t.channels), places: usize = t.places;
      for (let block = 0; block < t.channels; block += t.block, spikes += t.block, places += placesOfBlock)
        if (t.block == 16 && t.kernelWidth <= TOGETHER) addWindows(t, spikes, images - 1, places, y, done, begun, waiting);
        else addPixels(t, spikes, images - 1, places, y, done, begun, waiting);
    }
  }
}

/** Membranes of images lo…hi. */
export function tabledMembranes(address: usize, lo: i32, hi: i32): void {
  convolve(address, lo, hi, false);
}

/** Their spikes. */
export function tabledSpikes(address: usize, lo: i32, hi: i32): void {
  convolve(address, lo, hi, true);
}

/** Places of the sums that the weights ask for, and how many of each output channel are −1. Items: taps. */
export function packTabledForward(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackTabledForward>(address);
  const threshold = v128.load32_splat(t.threshold), row: usize = <usize>t.outChannels << 2;
  const bytes: usize = <usize>(t.block >> 1), tapBytes: usize = <usize>t.outChannels * bytes;
  for (let tap = lo; tap < hi; tap++) {
    memory.fill(t.negatives + <usize>tap * row, 0, row);
    for (let ci = 0; ci < t.channels; ci += 4) {
      let negatives: usize = t.negatives + <usize>tap * row;
      const block = ci / t.block, group = (ci % t.block) >> 2;
      let w: usize = t.w + <usize>(tap * t.channels + ci) * row;
      let out: usize = t.places + <usize>(block * t.taps + tap) * tapBytes + (<usize>group << 1);
      for (let co = 0; co < t.outChannels; co += 4, w += 16, out += 4 * bytes, negatives += 16) {
        let sum = i32x4.splat(0), count = v128.load(negatives);
        for (let k = 3; k >= 0; k--) {
          const q = ternary(w + <usize>k * row, threshold);
          const negative = i32x4.lt_s(q, i32x4.splat(0));
          sum = i32x4.add(i32x4.mul(sum, i32x4.splat(3)), v128.bitselect(i32x4.splat(2), q, negative));
          // A true comparison is −1.
          count = i32x4.sub(count, negative);
        }
        v128.store(negatives, count);
        sum = i32x4.mul(i32x4.add(sum, i32x4.splat(<i32>SUMS * group)), i32x4.splat(<i32>VALUE));
        store<u16>(out, <u16>i32x4.extract_lane(sum, 0)); store<u16>(out + bytes, <u16>i32x4.extract_lane(sum, 1));
        store<u16>(out + 2 * bytes, <u16>i32x4.extract_lane(sum, 2)); store<u16>(out + 3 * bytes, <u16>i32x4.extract_lane(sum, 3));
      }
    }
  }
}
