// Batch norm and its gradient. Channels are multiples of 16. Sums over the batch are taken per image first and then over
// images in order, so that they don't depend on how threads share the images. Pre-activations z are floats or 16-bit
// integers; their unit is a power of two, so that both forms give the same bits.
import { BatchNorm, BatchNormGradient, ChannelSums, GradientApply, GradientSums } from './generated';

const EPSILON: f64 = 1e-5;
const KEEP: f64 = 0.9;

/** Four values as floats. */
// @ts-ignore: decorator
@inline
export function four(z: usize, integer: bool): v128 {
  return integer ? f32x4.convert_i32x4_s(v128.load16x4_s(z)) : v128.load(z);
}

/**
 * Per image and channel Σv and Σv·z, and least and largest v where `ranged`, in one pass: memory is what these cost.
 * v: g or, where `squares`, z itself. sums[image] = [Σv per channel, Σv·z per channel]; ranges[image] = [least per
 * channel, largest per channel].
 */
// @ts-ignore: decorator
@inline
function imageSums(
  g: usize, z: usize, sums: usize, ranges: usize, pixels: i32, channels: i32, lo: i32, hi: i32,
  squares: bool, ranged: bool, integer: bool,
): void {
  const step: usize = <usize>channels << 2, zStep: usize = integer ? step >> 1 : step;
  for (let n = lo; n < hi; n++) {
    const image: usize = <usize>n * (step << 1);
    for (let c: usize = 0; c < step; c += 32) {
      let gp: usize = g + <usize>(n * pixels) * step + c;
      let zp: usize = z + <usize>(n * pixels) * zStep + (integer ? c >> 1 : c);
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
      let least0 = f32x4.splat(Infinity), least1 = least0, most0 = f32x4.splat(-Infinity), most1 = most0;
      for (let p = 0; p < pixels; p++, gp += step, zp += zStep) {
        const z0 = four(zp, integer), z1 = four(zp + (integer ? 8 : 16), integer);
        const v0 = squares ? z0 : v128.load(gp), v1 = squares ? z1 : v128.load(gp, 16);
        s0 = f32x4.add(s0, v0); s1 = f32x4.add(s1, v1);
        q0 = f32x4.add(q0, f32x4.mul(v0, z0)); q1 = f32x4.add(q1, f32x4.mul(v1, z1));
        if (ranged) {
          least0 = f32x4.pmin(least0, v0); least1 = f32x4.pmin(least1, v1);
          most0 = f32x4.pmax(most0, v0); most1 = f32x4.pmax(most1, v1);
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
  const z = t.z, sums = t.sums, ranges = t.ranges, pixels = t.pixels, channels = t.channels;
  if (t.integer) {
    if (ranges) imageSums(0, z, sums, ranges, pixels, channels, lo, hi, true, true, true);
    else imageSums(0, z, sums, 0, pixels, channels, lo, hi, true, false, true);
  } else if (ranges) imageSums(0, z, sums, ranges, pixels, channels, lo, hi, true, true, false);
  else imageSums(0, z, sums, 0, pixels, channels, lo, hi, true, false, false);
}

/** Batch mean and variance (biased) of channels lo…hi, in double precision over the images; running statistics. */
export function batchNorm(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNorm>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels, unit = <f64>t.unit;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    let sum: f64 = 0, squares: f64 = 0;
    let p: usize = t.sums + at;
    for (let n = 0; n < t.images; n++, p += step) {
      sum += <f64>load<f32>(p);
      squares += <f64>load<f32>(p + (step >> 1));
    }
    sum *= unit;
    squares *= unit * unit;
    const mean = sum / count;
    const variance = max<f64>(squares / count - mean * mean, 0);
    const inverse = 1 / sqrt<f64>(variance + EPSILON);
    const scale = <f64>load<f32>(t.gamma + at) * inverse;
    store<f32>(t.mean + at, <f32>mean);
    store<f32>(t.inverseDeviation + at, <f32>inverse);
    store<f32>(t.scale + at, <f32>(scale * unit));
    store<f32>(t.shift + at, <f32>(<f64>load<f32>(t.beta + at) - mean * scale));
    store<f32>(t.runningMean + at, <f32>(KEEP * <f64>load<f32>(t.runningMean + at) + (1 - KEEP) * mean));
    store<f32>(t.runningVariance + at, <f32>(KEEP * <f64>load<f32>(t.runningVariance + at) + (1 - KEEP) * variance));
  }
}

/** Per image and channel Σg and Σg·z, and the range of g unless `ranges` is 0; g is 0 where the neuron is closed. */
export function gradientSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientSums>(address);
  const g = t.g, z = t.z, sums = t.sums, ranges = t.ranges, pixels = t.pixels, channels = t.channels;
  if (t.integer) {
    if (ranges) imageSums(g, z, sums, ranges, pixels, channels, lo, hi, false, true, true);
    else imageSums(g, z, sums, 0, pixels, channels, lo, hi, false, false, true);
  } else if (ranges) imageSums(g, z, sums, ranges, pixels, channels, lo, hi, false, true, false);
  else imageSums(g, z, sums, 0, pixels, channels, lo, hi, false, false, false);
}

/**
 * Channels lo…hi: dβ = Σg, dγ = Σg·ẑ with ẑ = (z − μ)/σ, and the coefficients of
 * dz = γ/σ·(g − mean(g) − ẑ·mean(g·ẑ)) = a·g + b·z + d.
 */
export function batchNormGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNormGradient>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels, unit = <f64>t.unit;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    let sum: f64 = 0, products: f64 = 0;
    let p: usize = t.sums + at;
    for (let n = 0; n < t.images; n++, p += step) {
      sum += <f64>load<f32>(p);
      products += <f64>load<f32>(p + (step >> 1));
    }
    products *= unit;
    const mean = <f64>load<f32>(t.mean + at), inverse = <f64>load<f32>(t.inverseDeviation + at);
    const gammaGradient = (products - mean * sum) * inverse;
    const a = <f64>load<f32>(t.gamma + at) * inverse;
    const b = (-a * gammaGradient * inverse) / count;
    store<f32>(t.betaGradient + at, <f32>sum);
    store<f32>(t.gammaGradient + at, <f32>gammaGradient);
    const d = (-a * sum) / count - b * mean;
    store<f32>(t.a + at, <f32>a);
    store<f32>(t.b + at, <f32>(b * unit));
    store<f32>(t.d + at, <f32>d);
    if (t.bounds) store<f32>(t.bounds + at, <f32>gradientBound(address, at, a, b, d));
  }
}

/** max |a·g + b·z + d| over the ranges of g and z, with room for the rounding of single precision. */
function gradientBound(address: usize, at: usize, a: f64, b: f64, d: f64): f64 {
  const t = changetype<BatchNormGradient>(address);
  const half: usize = <usize>t.channels << 2;
  const slope = b * <f64>t.unit;
  let g: f64 = 0, rest: f64 = 0;
  for (let n = 0, p = at; n < t.images; n++, p += half << 1) {
    g = max(g, max(abs<f64>(<f64>load<f32>(t.gRanges + p)), abs<f64>(<f64>load<f32>(t.gRanges + p + half))));
    rest = max(rest, abs<f64>(slope * <f64>load<f32>(t.zRanges + p) + d));
    rest = max(rest, abs<f64>(slope * <f64>load<f32>(t.zRanges + p + half) + d));
  }
  return (abs<f64>(a) * g + rest) * 1.00001;
}

/** dz = a·g + b·z + d; g is 0 where the neuron is closed. */
export function gradientApply(address: usize, lo: i32, hi: i32): void {
  if (changetype<GradientApply>(address).integer) apply(address, lo, hi, true);
  else apply(address, lo, hi, false);
}

// @ts-ignore: decorator
@inline
function apply(address: usize, lo: i32, hi: i32, integer: bool): void {
  const t = changetype<GradientApply>(address);
  const pixels = t.pixels, a: usize = t.a, b: usize = t.b, d: usize = t.d;
  const step: usize = <usize>t.channels << 2, zBytes: usize = integer ? 8 : 16;
  for (let n = lo; n < hi; n++) {
    let g: usize = t.g + <usize>(n * pixels) * step, z: usize = t.z + <usize>(n * pixels) * (integer ? step >> 1 : step);
    for (let p = 0; p < pixels; p++) {
      const out: usize = t.dy + <usize>n * t.dyImage + load<u32>(t.dyOffsets + (<usize>p << 2));
      for (let c: usize = 0; c < step; c += 16, z += zBytes, g += 16)
        v128.store(out + c, f32x4.add(f32x4.add(
          f32x4.mul(v128.load(g), v128.load(a + c)), f32x4.mul(four(z, integer), v128.load(b + c))), v128.load(d + c)));
    }
  }
}
