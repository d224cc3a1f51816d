// Batch norm, activation and their gradients. Channels are multiples of 16. Sums over the batch are taken per image
// first and then over images in order, so that they don't depend on how threads share the images.
import { Activate, BatchNorm, BatchNormGradient, ChannelSums, GradientApply, GradientSums } from './generated';

const EPSILON: f64 = 1e-5;
const KEEP: f64 = 0.9;

/**
 * Per image and channel Σg and Σg·z, and least and largest g where `ranged`, in one pass: memory is what these cost.
 * sums[image] = [Σg per channel, Σg·z per channel]; ranges[image] = [least per channel, largest per channel].
 */
// @ts-ignore: decorator
@inline
function imageSums(
  values: usize, factors: usize, sums: usize, ranges: usize, pixels: i32, step: usize, lo: i32, hi: i32, ranged: bool,
): void {
  for (let n = lo; n < hi; n++) {
    const image: usize = <usize>n * (step << 1);
    for (let c: usize = 0; c < step; c += 32) {
      const offset: usize = <usize>(n * pixels) * step + c;
      let g: usize = values + offset, z: usize = factors + offset;
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
      let least0 = v128.load(g), least1 = v128.load(g, 16), most0 = least0, most1 = least1;
      for (let p = 0; p < pixels; p++, g += step, z += step) {
        const g0 = v128.load(g), g1 = v128.load(g, 16);
        s0 = f32x4.add(s0, g0); s1 = f32x4.add(s1, g1);
        q0 = f32x4.add(q0, f32x4.mul(g0, v128.load(z))); q1 = f32x4.add(q1, f32x4.mul(g1, v128.load(z, 16)));
        if (ranged) {
          least0 = f32x4.pmin(least0, g0); least1 = f32x4.pmin(least1, g1);
          most0 = f32x4.pmax(most0, g0); most1 = f32x4.pmax(most1, g1);
        }
      }
      const sum: usize = sums + image + c, range: usize = ranges + image + c;
      v128.store(sum, s0); v128.store(sum, s1, 16);
      v128.store(sum + step, q0); v128.store(sum + step, q1, 16);
      if (ranged) {
        v128.store(range, least0); v128.store(range, least1, 16);
        v128.store(range + step, most0); v128.store(range + step, most1, 16);
      }
    }
  }
}

/** Per image and channel Σz and Σz², and the range of z unless `ranges` is 0. */
export function channelSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ChannelSums>(address);
  const step: usize = <usize>t.channels << 2;
  if (t.ranges) imageSums(t.z, t.z, t.sums, t.ranges, t.pixels, step, lo, hi, true);
  else imageSums(t.z, t.z, t.sums, 0, t.pixels, step, lo, hi, false);
}

/** Batch mean and variance (biased) of channels lo…hi, in double precision over the images; running statistics. */
export function batchNorm(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNorm>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    let sum: f64 = 0, squares: f64 = 0;
    let p: usize = t.sums + at;
    for (let n = 0; n < t.images; n++, p += step) {
      sum += <f64>load<f32>(p);
      squares += <f64>load<f32>(p + (step >> 1));
    }
    const mean = sum / count;
    const variance = max<f64>(squares / count - mean * mean, 0);
    const inverse = 1 / sqrt<f64>(variance + EPSILON);
    const scale = <f64>load<f32>(t.gamma + at) * inverse;
    store<f32>(t.mean + at, <f32>mean);
    store<f32>(t.inverseDeviation + at, <f32>inverse);
    store<f32>(t.scale + at, <f32>scale);
    store<f32>(t.shift + at, <f32>(<f64>load<f32>(t.beta + at) - mean * scale));
    store<f32>(t.runningMean + at, <f32>(KEEP * <f64>load<f32>(t.runningMean + at) + (1 - KEEP) * mean));
    store<f32>(t.runningVariance + at, <f32>(KEEP * <f64>load<f32>(t.runningVariance + at) + (1 - KEEP) * variance));
  }
}

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

/** Per image and channel Σg and Σg·z, and the range of g unless `ranges` is 0; g is 0 where the neuron is closed. */
export function gradientSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientSums>(address);
  const step: usize = <usize>t.channels << 2;
  if (t.ranges) imageSums(t.g, t.z, t.sums, t.ranges, t.pixels, step, lo, hi, true);
  else imageSums(t.g, t.z, t.sums, 0, t.pixels, step, lo, hi, false);
}

/**
 * Channels lo…hi: dβ = Σg, dγ = Σg·ẑ with ẑ = (z − μ)/σ, and the coefficients of
 * dz = γ/σ·(g − mean(g) − ẑ·mean(g·ẑ)) = a·g + b·z + d.
 */
export function batchNormGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNormGradient>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    let sum: f64 = 0, products: f64 = 0;
    let p: usize = t.sums + at;
    for (let n = 0; n < t.images; n++, p += step) {
      sum += <f64>load<f32>(p);
      products += <f64>load<f32>(p + (step >> 1));
    }
    const mean = <f64>load<f32>(t.mean + at), inverse = <f64>load<f32>(t.inverseDeviation + at);
    const gammaGradient = (products - mean * sum) * inverse;
    const a = <f64>load<f32>(t.gamma + at) * inverse;
    const b = (-a * gammaGradient * inverse) / count;
    store<f32>(t.betaGradient + at, <f32>sum);
    store<f32>(t.gammaGradient + at, <f32>gammaGradient);
    const d = (-a * sum) / count - b * mean;
    store<f32>(t.a + at, <f32>a);
    store<f32>(t.b + at, <f32>b);
    store<f32>(t.d + at, <f32>d);
    if (t.bounds) store<f32>(t.bounds + at, <f32>gradientBound(address, at, a, b, d));
  }
}

/** max |a·g + b·z + d| over the ranges of g and z, with room for the rounding of single precision. */
function gradientBound(address: usize, at: usize, a: f64, b: f64, d: f64): f64 {
  const t = changetype<BatchNormGradient>(address);
  const half: usize = <usize>t.channels << 2;
  let g: f64 = 0, rest: f64 = 0;
  for (let n = 0, p = at; n < t.images; n++, p += half << 1) {
    g = max(g, max(abs<f64>(<f64>load<f32>(t.gRanges + p)), abs<f64>(<f64>load<f32>(t.gRanges + p + half))));
    rest = max(rest, abs<f64>(b * <f64>load<f32>(t.zRanges + p) + d));
    rest = max(rest, abs<f64>(b * <f64>load<f32>(t.zRanges + p + half) + d));
  }
  return (abs<f64>(a) * g + rest) * 1.00001;
}

/** dz = a·g + b·z + d; g is 0 where the neuron is closed. */
export function gradientApply(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientApply>(address);
  const pixels = t.pixels;
  const step: usize = <usize>t.channels << 2;
  for (let n = lo; n < hi; n++) {
    let z: usize = t.z + <usize>(n * pixels) * step, g: usize = t.g + <usize>(n * pixels) * step;
    for (let p = 0; p < pixels; p++) {
      const out: usize = t.dy + <usize>n * t.dyImage + load<u32>(t.dyOffsets + (<usize>p << 2));
      for (let c: usize = 0; c < step; c += 16, z += 16, g += 16)
        v128.store(out + c, f32x4.add(f32x4.add(
          f32x4.mul(v128.load(g), v128.load(t.a + c)), f32x4.mul(v128.load(z), v128.load(t.b + c))), v128.load(t.d + c)));
    }
  }
}
