// Input gradient of ternary layers from tables. Four weights of −1, 0 and 1 make 81 sums of four gradients: for each pixel
// these are added up once, and then looked up by all input channels and taps (the method of four Russians: Arlazarov,
// Dinic, Kronrod and Faradzev 1970). A quarter of the additions are left, and no multiplication. Images go side by side,
// eight in floats and sixteen in 16-bit integers, so that a vector holds what several images have of the same value: a sum
// then does not depend on which images these are.
import {
  addFloats16, addFloats32, addIntegers16, addIntegers32, fineBits, floatLanes, integerLanes, PackTabled, sumsOfFour,
  TabledGradient, transposeFloats, transposeHalves,
} from './generated';
import { gradientStep } from './integers';
import { ternary } from './weights';

/** A gradient, or a sum of them, of all images side by side, in bytes. */
const VALUE: usize = 32;
/** The same of dx: in floats, and in integers, which then have 32 bits. */
const FLOATS: usize = 32;
const INTEGERS: usize = 64;
/** Sums of four gradients. */
const SUMS: usize = sumsOfFour;

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128, integer: bool): v128 {
  return integer ? i16x8.add(a, b) : f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function subtract(a: v128, b: v128, integer: bool): v128 {
  return integer ? i16x8.sub(a, b) : f32x4.sub(a, b);
}

/**
 * Gradients of `width` channels of one pixel, as columns of images. dy: of the first; sixteen: from there to the next
 * sixteen; last: the last image there is.
 */
// @ts-ignore: decorator
@inline
function gather(t: TabledGradient, dy: usize, sixteen: usize, image: usize, last: i32, width: i32, integer: bool): void {
  const skip: usize = sixteen - (integer ? 32 : 64);
  for (let at: usize = t.gradients, end = at + <usize>width * VALUE; at < end; dy += 16) {
    if (integer) {
      transposeHalves(dy, image, 0, last, at, VALUE, 8); transposeHalves(dy, image, 8, last, at + 16, VALUE, 8);
      at += 8 * VALUE;
    } else {
      transposeFloats(dy, image, 0, last, at, VALUE, 4); transposeFloats(dy, image, 4, last, at + 16, VALUE, 4);
      at += 4 * VALUE;
    }
    if (!((at - t.gradients) & (16 * VALUE - 1))) dy += skip;
  }
}

/** Are there eight channels, as two places have them, whose gradients can add up to more than 16 bits hold? */
function overflows(gradients: usize, width: i32): bool {
  let over = i16x8.splat(0);
  for (let x: usize = gradients, end = x + <usize>width * VALUE; x < end; ) {
    let low = i16x8.splat(0), high = low;
    for (const group = x + 8 * VALUE; x < group; x += VALUE) {
      low = i16x8.add_sat_u(low, i16x8.abs(v128.load(x))); high = i16x8.add_sat_u(high, i16x8.abs(v128.load(x, 16)));
    }
    over = v128.or(over, v128.or(low, high));
  }
  return i16x8.bitmask(over) != 0;
}

/** Of gradients that were gathered, the lower byte from 0 to 255 or the upper one, which has the sign. */
function takeBytes(gradients: usize, width: i32, upper: bool): void {
  for (let x: usize = gradients, end = x + <usize>width * VALUE; x < end; x += 16) {
    const value = v128.load(x);
    v128.store(x, upper ? i16x8.shr_s(value, 8) : v128.and(value, i16x8.splat(255)));
  }
}

/** Tables of the gradients that were gathered. With each channel the sums come twice more: with it added, and taken away. */
// @ts-ignore: decorator
@inline
function fillTables(t: TabledGradient, width: i32, integer: bool): void {
  let x: usize = t.gradients;
  for (let table: usize = t.tables, end = table + <usize>(width >> 2) * SUMS * VALUE; table < end; table += SUMS * VALUE) {
    v128.store(table, i32x4.splat(0)); v128.store(table, i32x4.splat(0), 16);
    for (let bytes = VALUE; bytes < SUMS * VALUE; bytes *= 3, x += VALUE) {
      const x0 = v128.load(x), x1 = v128.load(x, 16);
      for (let sum = table, last = table + bytes; sum < last; sum += VALUE) {
        const s0 = v128.load(sum), s1 = v128.load(sum, 16), more = sum + bytes, less = more + bytes;
        v128.store(more, add(s0, x0, integer)); v128.store(more, add(s1, x1, integer), 16);
        v128.store(less, subtract(s0, x0, integer)); v128.store(less, subtract(s1, x1, integer), 16);
      }
    }
  }
}

/** One row of dx of up to sixteen images to where it belongs, 0 where the neuron is closed. step: what an integer counts. */
// @ts-ignore: decorator
@inline
function writeRow(t: TabledGradient, row: usize, first: i32, images: i32, y: i32, step: f32, integer: bool): void {
  const channels = t.channels, columns: usize = t.gradients, factor = f32x4.splat(step);
  const image: usize = <usize>(t.height * t.width * channels), value = integer ? INTEGERS : FLOATS;
  let at: usize = <usize>((first * t.height + y) * t.width * channels);
  for (const end = at + <usize>(t.width * channels); at < end; at += 4, row += 4 * value) {
    for (let n: usize = 0; n < <usize>images; n += 4) transposeFloats(row + (n << 2), value, 0, 3, columns + (n << 4), 16, 4);
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
  const step: f32 = integer ? <f32>gradientStep(t.bounds, t.outChannels, fineBits) : 1;
  const bytes: usize = <usize>(t.block >> 1);
  const tapBytes: usize = <usize>channels * bytes, placesOfBlock: usize = <usize>(t.kernelHeight * t.kernelWidth) * tapBytes;
  const pixelBytes: usize = <usize>channels * (integer ? INTEGERS : FLOATS), rowBytes: usize = <usize>width * pixelBytes;
  const waiting = t.kernelHeight, rows: usize = t.rows, together = integer ? integerLanes : floatLanes;
  for (let first = lo; first < hi; first += together) {
    const images = min(together, hi - first);
    let begun = 0, done = 0;
    for (let oy = 0; oy < t.outHeight; oy++) {
      const top = oy * stride - t.padV, y0 = max(top, 0), y1 = min(top + t.kernelHeight, height);
      for (; begun < y1; begun++) memory.fill(rows + <usize>(begun % waiting) * rowBytes, 0, rowBytes);
      let dy: usize = t.dy + <usize>first * t.dyImage + <usize>oy * t.dyRow, places: usize = t.places;
      for (let block = 0; block < t.outChannels; block += t.block, dy += t.dyBlock, places += placesOfBlock) {
        for (let ox = 0, pixel = dy; ox < t.outWidth; ox++, pixel += t.dyPixel) {
          const left = ox * stride - t.padH, x0 = max(left, 0), x1 = min(left + t.kernelWidth, width);
          gather(t, pixel, t.dySixteen, t.dyImage, images - 1, t.block, integer);
          // Where 16 bits do not hold the sums, those of the lower bytes, and then of the upper ones.
          const split = integer && overflows(t.gradients, t.block);
          if (split) takeBytes(t.gradients, t.block, false);
          for (let unit: i16 = 1; unit > 0; unit = split && unit == 1 ? 256 : 0) {
            if (unit > 1) {
              gather(t, pixel, t.dySixteen, t.dyImage, images - 1, t.block, integer);
              takeBytes(t.gradients, t.block, true);
            }
            fillTables(t, t.block, integer);
            for (let y = y0; y < y1; y++) {
              let tap: usize = places + <usize>((y - top) * t.kernelWidth + x0 - left) * tapBytes;
              let dx: usize = rows + <usize>(y % waiting) * rowBytes + <usize>x0 * pixelBytes;
              for (let x = x0; x < x1; x++, tap += tapBytes, dx += pixelBytes)
                if (t.block == 32) {
                  if (integer) addIntegers32(tap, dx, channels, unit);
                  else addFloats32(tap, dx, channels);
                } else if (integer) addIntegers16(tap, dx, channels, unit);
                else addFloats16(tap, dx, channels);
            }
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
