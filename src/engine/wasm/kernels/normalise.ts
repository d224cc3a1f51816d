// Batch norm and its gradient. Channels are multiples of 16. Sums over the batch are taken per image first and then over
// images in order, so that they don't depend on how threads share the images. Pre-activations z are floats or 16-bit
// integers; their unit is a power of two, so that both forms give the same bits.
import {
  BatchNorm, batchNormEpsilon, BatchNormGradient, ChannelSums, GradientApply, GradientSums, runningShare,
} from './generated';


/** Four values as floats. */
// @ts-ignore: decorator
@inline
export function four(z: usize, integer: bool): v128 {
  return integer ? f32x4.convert_i32x4_s(v128.load16x4_s(z)) : v128.load(z);
}

/** Pixels of all channels that are added up before the next ones: so they come from memory once, and in order. */
const BLOCK: i32 = 32;

/** Per image and channel Σz and Σz², and the range of z unless `ranges` is 0. */
export function channelSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ChannelSums>(address);
  const z = t.z, sums = t.sums, ranges = t.ranges, pixels = t.pixels, channels = t.channels;
  if (t.integer) {
    if (ranges) imageSums(0, z, sums, ranges, pixels, channels, lo, hi, true, true, true);
    else imageSums(0, z, sums, 0, pixels, channels, lo, hi, true, true, false);
  } else if (ranges) imageSums(0, z, sums, ranges, pixels, channels, lo, hi, false, true, true);
  else imageSums(0, z, sums, 0, pixels, channels, lo, hi, false, true, false);
}

/** Per image and channel Σg and Σg·z, and the largest |g| unless `largest` is 0; g is 0 where the neuron is closed. */
export function gradientSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientSums>(address);
  const g = t.g, z = t.z, sums = t.sums, largest = t.largest, pixels = t.pixels, channels = t.channels;
  if (t.integer) {
    if (largest) imageSums(g, z, sums, largest, pixels, channels, lo, hi, true, false, true);
    else imageSums(g, z, sums, 0, pixels, channels, lo, hi, true, false, false);
  } else if (largest) imageSums(g, z, sums, largest, pixels, channels, lo, hi, false, false, true);
  else imageSums(g, z, sums, 0, pixels, channels, lo, hi, false, false, false);
}

/**
 * sums[image] = [Σv per channel, Σv·z per channel], where v is z itself if `squares`, and g if not. With `ranged` also
 * ranges[image] = [largest z per channel, least z per channel] or [largest |g| per channel].
 */
// @ts-ignore: decorator
@inline
function imageSums(
  g: usize, z: usize, sums: usize, ranges: usize, pixels: i32, channels: i32, lo: i32, hi: i32,
  integer: bool, squares: bool, ranged: bool,
): void {
  const step: usize = <usize>channels << 2, zStep: usize = integer ? step >> 1 : step, half: usize = integer ? 8 : 16;
  const infinite = f32x4.splat(Infinity), magnitude = i32x4.splat(0x7fffffff);
  for (let n = lo; n < hi; n++)
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const gs: usize = g + <usize>(n * pixels + first) * step, zs: usize = z + <usize>(n * pixels + first) * zStep;
      for (let c: usize = 0; c < step; c += 32) {
        const sum: usize = sums + <usize>n * (step << 1) + c;
        const range: usize = ranges + <usize>n * (squares ? step << 1 : step) + c;
        let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
        let most0 = s0, most1 = s0, least0 = infinite, least1 = infinite;
        if (squares) { most0 = f32x4.neg(infinite); most1 = most0; }
        if (first) {
          s0 = v128.load(sum); s1 = v128.load(sum, 16);
          q0 = v128.load(sum + step); q1 = v128.load(sum + step, 16);
          if (ranged) { most0 = v128.load(range); most1 = v128.load(range, 16); }
          if (ranged && squares) { least0 = v128.load(range + step); least1 = v128.load(range + step, 16); }
        }
        let gp: usize = gs + c, zp: usize = zs + (integer ? c >> 1 : c);
        for (let p = 0; p < count; p++, gp += step, zp += zStep) {
          const z0 = four(zp, integer), z1 = four(zp + half, integer);
          const v0 = squares ? z0 : v128.load(gp), v1 = squares ? z1 : v128.load(gp, 16);
          s0 = f32x4.add(s0, v0); s1 = f32x4.add(s1, v1);
          q0 = f32x4.add(q0, f32x4.mul(v0, z0)); q1 = f32x4.add(q1, f32x4.mul(v1, z1));
          if (ranged) {
            most0 = f32x4.pmax(most0, squares ? v0 : v128.and(v0, magnitude));
            most1 = f32x4.pmax(most1, squares ? v1 : v128.and(v1, magnitude));
          }
          if (ranged && squares) { least0 = f32x4.pmin(least0, v0); least1 = f32x4.pmin(least1, v1); }
        }
        v128.store(sum, s0); v128.store(sum, s1, 16);
        v128.store(sum + step, q0); v128.store(sum + step, q1, 16);
        if (ranged) { v128.store(range, most0); v128.store(range, most1, 16); }
        if (ranged && squares) { v128.store(range + step, least0); v128.store(range + step, least1, 16); }
      }
    }
}

/**
 * Adds up over the images, in order and in double precision, what `sums` has of four channels: four sums, then four sums
 * of products, to `totals`. step: from one image to the next.
 */
function addImages(sums: usize, images: i32, step: usize, totals: usize): void {
  const products: usize = step >> 1;
  let s0 = f64x2.splat(0), s1 = s0, q0 = s0, q1 = s0;
  for (let n = 0, p = sums; n < images; n++, p += step) {
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(p)));
    s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(p, 8)));
    q0 = f64x2.add(q0, f64x2.promote_low_f32x4(v128.load64_zero(p + products)));
    q1 = f64x2.add(q1, f64x2.promote_low_f32x4(v128.load64_zero(p + products, 8)));
  }
  v128.store(totals, s0); v128.store(totals, s1, 16); v128.store(totals, q0, 32); v128.store(totals, q1, 48);
}

/** Batch mean and variance (biased) of channels lo…hi, fours of them; running statistics. */
export function batchNorm(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNorm>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels, unit = <f64>t.unit;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    if (!(c & 3)) addImages(t.sums + at, t.images, step, t.totals);
    const total: usize = t.totals + (<usize>(c & 3) << 3);
    const mean = load<f64>(total) * unit / count;
    const variance = max<f64>(load<f64>(total, 32) * unit * unit / count - mean * mean, 0);
    const inverse = 1 / sqrt<f64>(variance + batchNormEpsilon);
    const scale = <f64>load<f32>(t.gamma + at) * inverse;
    store<f32>(t.mean + at, <f32>mean);
    store<f32>(t.inverseDeviation + at, <f32>inverse);
    store<f32>(t.scale + at, <f32>(scale * unit));
    store<f32>(t.shift + at, <f32>(<f64>load<f32>(t.beta + at) - mean * scale));
    store<f32>(t.runningMean + at, <f32>(runningShare * <f64>load<f32>(t.runningMean + at) + (1 - runningShare) * mean));
    store<f32>(t.runningVariance + at, <f32>(runningShare * <f64>load<f32>(t.runningVariance + at) + (1 - runningShare) * variance));
  }
}

/**
 * Channels lo…hi, fours of them: dβ = Σg, dγ = Σg·ẑ with ẑ = (z − μ)/σ, and the coefficients of
 * dz = γ/σ·(g − mean(g) − ẑ·mean(g·ẑ)) = a·g + b·z + d.
 */
export function batchNormGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<BatchNormGradient>(address);
  const step: usize = <usize>t.channels << 3;
  const count = <f64>t.images * <f64>t.pixels, unit = <f64>t.unit;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    if (!(c & 3)) {
      addImages(t.sums + at, t.images, step, t.totals);
      if (t.bounds) findRanges(address, at);
    }
    const total: usize = t.totals + (<usize>(c & 3) << 3);
    const sum = load<f64>(total), products = load<f64>(total, 32) * unit;
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
    if (!t.bounds) continue;
    // max |a·g + b·z + d|, with room for the rounding of single precision.
    const range: usize = t.ranges + (<usize>(c & 3) << 2);
    const z0 = <f64>load<f32>(range) * unit, z1 = <f64>load<f32>(range, 16) * unit, g = <f64>load<f32>(range, 32);
    const bound = (abs<f64>(a) * g + max(abs<f64>(b * z0 + d), abs<f64>(b * z1 + d))) * 1.00001;
    store<f32>(t.bounds + at, <f32>bound);
  }
}

/** Over all images least and largest z and largest |g| of four channels, to the ranges. */
function findRanges(address: usize, at: usize): void {
  const t = changetype<BatchNormGradient>(address);
  const step: usize = <usize>t.channels << 2;
  let z: usize = t.zRanges + at, g: usize = t.largest + at;
  let most = v128.load(z), least = v128.load(z + step), largest = v128.load(g);
  for (let n = 1; n < t.images; n++) {
    z += step << 1; g += step;
    most = f32x4.pmax(most, v128.load(z));
    least = f32x4.pmin(least, v128.load(z + step));
    largest = f32x4.pmax(largest, v128.load(g));
  }
  v128.store(t.ranges, least); v128.store(t.ranges, most, 16); v128.store(t.ranges, largest, 32);
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
  const step: usize = <usize>t.channels << 2, zBytes: usize = integer ? 8 : 16, width: usize = <usize>t.width << 2;
  for (let n = lo; n < hi; n++) {
    let g: usize = t.g + <usize>(n * pixels) * step, z: usize = t.z + <usize>(n * pixels) * (integer ? step >> 1 : step);
    for (let p = 0; p < pixels; p++) {
      let block: usize = t.dy + <usize>n * t.dyImage + load<u32>(t.dyOffsets + (<usize>p << 2));
      for (let c: usize = 0; c < step; block += t.blockBytes)
        for (let out = block, end = block + width; out < end; out += 16, c += 16, z += zBytes, g += 16)
          v128.store(out, f32x4.add(f32x4.add(
            f32x4.mul(v128.load(g), v128.load(a + c)), f32x4.mul(four(z, integer), v128.load(b + c))), v128.load(d + c)));
    }
  }
}
