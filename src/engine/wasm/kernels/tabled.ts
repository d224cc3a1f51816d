// Input gradient of ternary layers from tables. Four weights of −1, 0 and 1 make 81 sums of four gradients: for each pixel
// these are added up once, and then looked up by all input channels and taps (the method of four Russians: Arlazarov,
// Dinic, Kronrod and Faradzev 1970). A quarter of the additions are left, and no multiplication. Eight images go side by
// side, so that a vector holds what several images have of the same value: a sum then does not depend on which images
// these are.
import { PackTabled, TabledGradient } from './generated';
import { gradientStep } from './integers';
import { scratch } from './scratch';
import { ternary } from './weights';

/** A value of eight images, in bytes. */
const VALUE: usize = 32;
/** Sums of four gradients. */
const SUMS: usize = 81;
/** Scratch memory: tables of up to eight groups of four channels, their gradients, and rows of dx in the making. */
const GRADIENTS: usize = 8 * SUMS * VALUE;
const ROWS: usize = GRADIENTS + 32 * VALUE;

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128, integer: bool): v128 {
  return integer ? i32x4.add(a, b) : f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function subtract(a: v128, b: v128, integer: bool): v128 {
  return integer ? i32x4.sub(a, b) : f32x4.sub(a, b);
}

/** Four gradients: floats, or 16-bit integers in 32 bits. */
// @ts-ignore: decorator
@inline
function gradients(dy: usize, integer: bool): v128 {
  return integer ? v128.load16x4_s(dy) : v128.load(dy);
}

/** Writes four rows of four values as columns, `step` apart. */
// @ts-ignore: decorator
@inline
function transpose(r0: v128, r1: v128, r2: v128, r3: v128, out: usize, step: usize): void {
  const l0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), h0 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const l1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5), h1 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(l0, l1, 0, 2)); v128.store(out + step, v128.shuffle<i64>(l0, l1, 1, 3));
  v128.store(out + 2 * step, v128.shuffle<i64>(h0, h1, 0, 2)); v128.store(out + 3 * step, v128.shuffle<i64>(h0, h1, 1, 3));
}

/** Tables of `width` channels of one pixel. dy: of the first image; last: the last image there is, which fills the rest. */
// @ts-ignore: decorator
@inline
function fillTables(dy: usize, image: usize, last: i32, width: i32, integer: bool): void {
  const i1: usize = <usize>min(1, last) * image, i2: usize = <usize>min(2, last) * image;
  const i3: usize = <usize>min(3, last) * image, i4: usize = <usize>min(4, last) * image;
  const i5: usize = <usize>min(5, last) * image, i6: usize = <usize>min(6, last) * image;
  const i7: usize = <usize>min(7, last) * image;
  let x: usize = scratch + GRADIENTS, table: usize = scratch;
  for (let c = 0; c < width; c += 4, dy += integer ? 8 : 16, x += 4 * VALUE) {
    transpose(gradients(dy, integer), gradients(dy + i1, integer),
      gradients(dy + i2, integer), gradients(dy + i3, integer), x, VALUE);
    transpose(gradients(dy + i4, integer), gradients(dy + i5, integer),
      gradients(dy + i6, integer), gradients(dy + i7, integer), x + 16, VALUE);
    v128.store(table, i32x4.splat(0)); v128.store(table, i32x4.splat(0), 16);
    // With each channel the sums that there are come twice more: with it added, and with it taken away.
    let bytes = VALUE;
    for (let k: usize = 0; k < 4; k++, bytes *= 3) {
      const x0 = v128.load(x + k * VALUE), x1 = v128.load(x + k * VALUE, 16);
      for (let sum = table, end = table + bytes; sum < end; sum += VALUE) {
        const s0 = v128.load(sum), s1 = v128.load(sum, 16), more = sum + bytes, less = more + bytes;
        v128.store(more, add(s0, x0, integer)); v128.store(more, add(s1, x1, integer), 16);
        v128.store(less, subtract(s0, x0, integer)); v128.store(less, subtract(s1, x1, integer), 16);
      }
    }
    table += SUMS * VALUE;
  }
}

/** Adds to each input channel of one pixel what one tap brings it: the sums at the places that its weights say. */
// @ts-ignore: decorator
@inline
function addSums(places: usize, bytes: usize, dx: usize, channels: i32, integer: bool): void {
  const table = scratch;
  for (const end = dx + <usize>channels * VALUE; dx < end; dx += VALUE) {
    let a0 = v128.load(dx), a1 = v128.load(dx, 16);
    for (const all = places + bytes; places < all; places += 8) {
      const p0: usize = table + load<u16>(places), p1: usize = table + load<u16>(places, 2);
      a0 = add(a0, v128.load(p0), integer); a1 = add(a1, v128.load(p0, 16), integer);
      a0 = add(a0, v128.load(p1), integer); a1 = add(a1, v128.load(p1, 16), integer);
      const p2: usize = table + load<u16>(places, 4), p3: usize = table + load<u16>(places, 6);
      a0 = add(a0, v128.load(p2), integer); a1 = add(a1, v128.load(p2, 16), integer);
      a0 = add(a0, v128.load(p3), integer); a1 = add(a1, v128.load(p3, 16), integer);
    }
    v128.store(dx, a0); v128.store(dx, a1, 16);
  }
}

/** One row of dx of up to eight images to where it belongs, 0 where the neuron is closed. step: what an integer counts. */
// @ts-ignore: decorator
@inline
function writeRow(t: TabledGradient, row: usize, first: i32, images: i32, y: i32, step: f32, integer: bool): void {
  const channels = t.channels, columns: usize = scratch + GRADIENTS, factor = f32x4.splat(step);
  const image: usize = <usize>(t.height * t.width * channels);
  let at: usize = <usize>((first * t.height + y) * t.width * channels);
  for (const end = at + <usize>(t.width * channels); at < end; at += 4, row += 4 * VALUE) {
    transpose(v128.load(row), v128.load(row, 32), v128.load(row, 64), v128.load(row, 96), columns, 16);
    transpose(v128.load(row, 16), v128.load(row, 48), v128.load(row, 80), v128.load(row, 112), columns + 64, 16);
    for (let n = 0, place = at; n < images; n++, place += image) {
      const sum = v128.load(columns + (<usize>n << 4));
      // 1 or 0 as a mask.
      const open = i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(t.open + place))));
      v128.store(t.dx + (place << 2), v128.and(open, integer ? f32x4.mul(f32x4.convert_i32x4_s(sum), factor) : sum));
    }
  }
}

/**
 * dx of images lo…hi, by rows of dy: each adds to as many rows of dx as the kernel has, which wait in the scratch memory
 * until nothing more comes. A sum adds groups of channels in order, by blocks of channels, within those by pixels, row by
 * row of dy.
 */
// @ts-ignore: decorator
@inline
function gradient(address: usize, lo: i32, hi: i32, integer: bool): void {
  const t = changetype<TabledGradient>(address);
  const channels = t.channels, height = t.height, width = t.width, stride = t.stride;
  const step: f32 = integer ? <f32>gradientStep(t.bounds, t.outChannels, 16) : 1;
  const blockBytes: usize = <usize>t.block << (integer ? 1 : 2), bytes: usize = <usize>(t.block >> 1);
  const tapBytes: usize = <usize>channels * bytes, placesOfBlock: usize = <usize>(t.kernelHeight * t.kernelWidth) * tapBytes;
  const pixelBytes: usize = <usize>channels * VALUE, rowBytes: usize = <usize>width * pixelBytes;
  const waiting = t.kernelHeight, rows: usize = scratch + ROWS;
  for (let first = lo; first < hi; first += 8) {
    const images = min(8, hi - first);
    let begun = 0, done = 0;
    for (let oy = 0; oy < t.outHeight; oy++) {
      const top = oy * stride - t.padV, y0 = max(top, 0), y1 = min(top + t.kernelHeight, height);
      for (; begun < y1; begun++) memory.fill(rows + <usize>(begun % waiting) * rowBytes, 0, rowBytes);
      let dy: usize = t.dy + <usize>first * t.dyImage + <usize>oy * t.dyRow, places: usize = t.places;
      for (let block = 0; block < t.outChannels; block += t.block, dy += blockBytes, places += placesOfBlock) {
        for (let ox = 0, pixel = dy; ox < t.outWidth; ox++, pixel += t.dyPixel) {
          fillTables(pixel, t.dyImage, images - 1, t.block, integer);
          const left = ox * stride - t.padH, x0 = max(left, 0), x1 = min(left + t.kernelWidth, width);
          for (let y = y0; y < y1; y++) {
            let tap: usize = places + <usize>((y - top) * t.kernelWidth + x0 - left) * tapBytes;
            let dx: usize = rows + <usize>(y % waiting) * rowBytes + <usize>x0 * pixelBytes;
            for (let x = x0; x < x1; x++, tap += tapBytes, dx += pixelBytes) addSums(tap, bytes, dx, channels, integer);
          }
        }
      }
      // Rows that the next row of dy does not reach, and in the end all; some may have got nothing.
      const finished = oy + 1 < t.outHeight ? min(top + stride, height) : height;
      for (; done < finished; done++) {
        const row: usize = rows + <usize>(done % waiting) * rowBytes;
        if (done >= begun) memory.fill(row, 0, rowBytes);
        writeRow(t, row, first, images, done, step, integer);
      }
    }
  }
}

export function tabledGradient_f32(address: usize, lo: i32, hi: i32): void {
  gradient(address, lo, hi, false);
}

/** The same from 16-bit integers: sums are exact, and then multiplied by what an integer counts. */
export function tabledGradient_i16(address: usize, lo: i32, hi: i32): void {
  gradient(address, lo, hi, true);
}

/** Places of the sums that the weights ask for. Items: input channels. */
export function packTabled(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackTabled>(address);
  const threshold = v128.load32_splat(t.threshold), powers = i32x4(1, 3, 9, 27);
  let out: usize = t.places;
  for (let block = 0; block < t.outChannels; block += t.block)
    for (let tap = 0; tap < t.taps; tap++, out += <usize>(t.channels * t.block) >> 1)
      for (let ci = lo; ci < hi; ci++)
        for (let c = 0; c < t.block; c += 4) {
          const w: usize = t.w + (<usize>((tap * t.channels + ci) * t.outChannels + block + c) << 2);
          const q = ternary(w, threshold);
          const digits = i32x4.mul(v128.bitselect(i32x4.splat(2), q, i32x4.lt_s(q, i32x4.splat(0))), powers);
          const sum = (i32x4.extract_lane(digits, 0) + i32x4.extract_lane(digits, 1))
            + (i32x4.extract_lane(digits, 2) + i32x4.extract_lane(digits, 3));
          store<u16>(out + (<usize>(ci * t.block + c) >> 1), <u16>((<usize>sum + SUMS * <usize>(c >> 2)) * VALUE));
        }
}
