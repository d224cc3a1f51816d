// Activation after batch norm, in training. Channels are multiples of 16.
import { Activate, ActivateIntegers, LevelThresholds, SpikesToMap } from './generated';

/**
 * y = scale·z + shift; open = 0 < y ≤ B as bytes; spikes = clip(⌊n·y + ½⌋, 0, L); x = spikes / n. With levels 0:
 * x = max(y, 0), no spikes. Pseudo-minimum and -maximum are one instruction each, and take NaN for the constant.
 */
export function activate(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Activate>(address);
  const pixels = t.pixels, channels: usize = t.channels;
  const spikes: usize = t.spikes, x: usize = t.x;
  const zero = f32x4.splat(0), n = f32x4.splat(t.n), bound = f32x4.splat(t.bound), one = i8x16.splat(1);
  const inverse = f32x4.splat(1 / t.n);
  const quantised = t.levels > 0;
  for (let image = lo; image < hi; image++) {
    const first: usize = <usize>(image * pixels) * channels;
    let z: usize = t.z + (first << 2), s: usize = spikes + first, o: usize = t.open + first;
    for (let p = 0; p < pixels; p++) {
      let out: usize = x ? x + <usize>image * t.xImage + load<u32>(t.xOffsets + (<usize>p << 2)) : 0;
      for (let c: usize = 0; c < channels; c += 16, z += 64, s += 16, o += 16) {
        const scale: usize = t.scale + (c << 2), shift: usize = t.shift + (c << 2);
        let y0 = f32x4.add(f32x4.mul(v128.load(z), v128.load(scale)), v128.load(shift));
        let y1 = f32x4.add(f32x4.mul(v128.load(z, 16), v128.load(scale, 16)), v128.load(shift, 16));
        let y2 = f32x4.add(f32x4.mul(v128.load(z, 32), v128.load(scale, 32)), v128.load(shift, 32));
        let y3 = f32x4.add(f32x4.mul(v128.load(z, 48), v128.load(scale, 48)), v128.load(shift, 48));
        v128.store(o, v128.and(one, i8x16.narrow_i16x8_s(
          i16x8.narrow_i32x4_s(inside(y0, zero, bound), inside(y1, zero, bound)),
          i16x8.narrow_i32x4_s(inside(y2, zero, bound), inside(y3, zero, bound)))));
        if (quantised) {
          const top = f32x4.splat(t.levels);
          y0 = level(y0, n, zero, top); y1 = level(y1, n, zero, top);
          y2 = level(y2, n, zero, top); y3 = level(y3, n, zero, top);
          if (spikes) v128.store(s, i8x16.narrow_i16x8_u(
            i16x8.narrow_i32x4_s(whole(y0), whole(y1)), i16x8.narrow_i32x4_s(whole(y2), whole(y3))));
          if (x) {
            y0 = f32x4.mul(y0, inverse); y1 = f32x4.mul(y1, inverse);
            y2 = f32x4.mul(y2, inverse); y3 = f32x4.mul(y3, inverse);
          }
        } else {
          y0 = f32x4.pmax(zero, y0); y1 = f32x4.pmax(zero, y1); y2 = f32x4.pmax(zero, y2); y3 = f32x4.pmax(zero, y3);
        }
        if (x) {
          v128.store(out, y0); v128.store(out, y1, 16); v128.store(out, y2, 32); v128.store(out, y3, 48);
          out += 64;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function inside(y: v128, zero: v128, bound: v128): v128 {
  return v128.and(f32x4.gt(y, zero), f32x4.le(y, bound));
}

// @ts-ignore: decorator
@inline
function level(y: v128, n: v128, zero: v128, top: v128): v128 {
  return f32x4.floor(f32x4.pmin(top, f32x4.pmax(zero, f32x4.add(f32x4.mul(y, n), f32x4.splat(0.5)))));
}

/** Whole numbers 0 … 255 as integers: in the last bits of 2^23 + v. Conversions with saturation take ten instructions. */
// @ts-ignore: decorator
@inline
function whole(v: v128): v128 {
  return v128.and(f32x4.add(v, f32x4.splat(8388608)), i32x4.splat(255));
}

/**
 * Channels lo…hi, fours of them. What `activate` computes never falls as y rises, and y rises or falls with z, rounding
 * included: so there is one least z for each of its results, found by halving with the same operations.
 */
export function levelThresholds(address: usize, lo: i32, hi: i32): void {
  const t = changetype<LevelThresholds>(address);
  const levels = t.levels;
  const row: usize = <usize>t.channels << 1;
  for (let c = lo; c < hi; c += 4) {
    const scale = v128.load(t.scale + (<usize>c << 2)), shift = v128.load(t.shift + (<usize>c << 2));
    const falls = f32x4.lt(scale, f32x4.splat(0));
    let at: usize = t.thresholds + (<usize>c << 1);
    storeFour(at, falls);
    at += row;
    storeFour(at, exceeded(scale, shift, falls, 1, 0, above(0)));
    for (let level = 1; level <= levels; level++) {
      at += row;
      storeFour(at, exceeded(scale, shift, falls, t.n, 0.5, <f32>level));
    }
    storeFour(at + row, exceeded(scale, shift, falls, 1, 0, above(t.bound)));
  }
}

/** The largest v in 16 bits at which y·factor + summand is still below `least`, where z = v or, where it falls, −1 − v. */
function exceeded(scale: v128, shift: v128, falls: v128, factor: f32, summand: f32, least: f32): v128 {
  let threshold = i32x4.splat(-32768);
  // No sum is as large as 32,767: what is never reached ends there.
  for (let step = 32768; step > 0; step >>= 1) {
    const v = i32x4.add(threshold, i32x4.splat(step));
    const y = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(v128.xor(v, falls)), scale), shift);
    const reached = f32x4.ge(f32x4.add(f32x4.mul(y, f32x4.splat(factor)), f32x4.splat(summand)), f32x4.splat(least));
    threshold = v128.bitselect(threshold, v, reached);
  }
  return threshold;
}

/** The next number of single precision above one that is not negative. */
// @ts-ignore: decorator
@inline
function above(v: f32): f32 {
  return reinterpret<f32>(reinterpret<u32>(v) + 1);
}

// @ts-ignore: decorator
@inline
function storeFour(at: usize, values: v128): void {
  v128.store64_lane(at, i16x8.narrow_i32x4_s(values, values), 0);
}

/** Integer z of images lo…hi against these thresholds. Two pixels at a time; beyond the range, the last one again. */
export function activateIntegers(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ActivateIntegers>(address);
  const channels: usize = t.channels, row: usize = channels << 1, levels = t.levels;
  const z: usize = t.z, open: usize = t.open, spikes: usize = t.spikes, thresholds: usize = t.thresholds;
  const one = i8x16.splat(1);
  const end: usize = <usize>(hi * t.pixels) * channels;
  for (let first: usize = <usize>(lo * t.pixels) * channels; first < end; first += row) {
    const other: usize = first + channels < end ? channels : 0;
    for (let c: usize = 0; c < channels; c += 16) {
      const at: usize = first + c;
      let limit: usize = thresholds + (c << 1);
      let low = v128.load(limit), high = v128.load(limit, 16);
      const low0 = v128.xor(v128.load(z + (at << 1)), low), high0 = v128.xor(v128.load(z + (at << 1), 16), high);
      const low1 = v128.xor(v128.load(z + ((at + other) << 1)), low);
      const high1 = v128.xor(v128.load(z + ((at + other) << 1), 16), high);
      limit += row;
      low = v128.load(limit); high = v128.load(limit, 16);
      const positive0 = i8x16.narrow_i16x8_s(i16x8.gt_s(low0, low), i16x8.gt_s(high0, high));
      const positive1 = i8x16.narrow_i16x8_s(i16x8.gt_s(low1, low), i16x8.gt_s(high1, high));
      // A true comparison is −1.
      let lows0 = i16x8.splat(0), highs0 = lows0, lows1 = lows0, highs1 = lows0;
      for (let level = 0; level < levels; level++) {
        limit += row;
        low = v128.load(limit); high = v128.load(limit, 16);
        lows0 = i16x8.sub(lows0, i16x8.gt_s(low0, low)); highs0 = i16x8.sub(highs0, i16x8.gt_s(high0, high));
        lows1 = i16x8.sub(lows1, i16x8.gt_s(low1, low)); highs1 = i16x8.sub(highs1, i16x8.gt_s(high1, high));
      }
      v128.store(spikes + at, i8x16.narrow_i16x8_u(lows0, highs0));
      v128.store(spikes + at + other, i8x16.narrow_i16x8_u(lows1, highs1));
      limit += row;
      low = v128.load(limit); high = v128.load(limit, 16);
      const beyond0 = i8x16.narrow_i16x8_s(i16x8.gt_s(low0, low), i16x8.gt_s(high0, high));
      const beyond1 = i8x16.narrow_i16x8_s(i16x8.gt_s(low1, low), i16x8.gt_s(high1, high));
      v128.store(open + at, v128.and(one, v128.andnot(positive0, beyond0)));
      v128.store(open + at + other, v128.and(one, v128.andnot(positive1, beyond1)));
    }
  }
}

/** x = spikes·scale of images lo…hi into a padded map. */
export function spikesToMap(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SpikesToMap>(address);
  const pixels = t.pixels, channels: usize = t.channels;
  const scale = f32x4.splat(t.scale);
  for (let n = lo; n < hi; n++) {
    let s: usize = t.spikes + <usize>(n * pixels) * channels;
    for (let p = 0; p < pixels; p++) {
      let out: usize = t.x + <usize>n * t.xImage + load<u32>(t.xOffsets + (<usize>p << 2));
      for (let c: usize = 0; c < channels; c += 8, s += 8, out += 32) {
        const eight = v128.load8x8_u(s);
        v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(eight)), scale));
        v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(eight)), scale), 16);
      }
    }
  }
}
