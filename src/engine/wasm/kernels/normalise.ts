// Batch norm, activation and their gradients. Channels are multiples of 16. Sums over the batch are taken per image
// first and then over images in order, so that they don't depend on how threads share the images.
import { Activate, BatchNorm, BatchNormGradient, ChannelSums, GradientApply, GradientSums } from './generated';

const EPSILON: f64 = 1e-5;
const KEEP: f64 = 0.9;

/** sums[image] = [Σz per channel, Σz² per channel]. */
export function channelSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ChannelSums>(address);
  const pixels = t.pixels, channels = t.channels;
  const step: usize = <usize>channels << 2;
  for (let n = lo; n < hi; n++) {
    const sums: usize = t.sums + <usize>n * (step << 1);
    for (let c: usize = 0; c < step; c += 32) {
      let z: usize = t.z + <usize>(n * pixels) * step + c;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), q0 = f32x4.splat(0), q1 = f32x4.splat(0);
      for (let p = 0; p < pixels; p++, z += step) {
        const a = v128.load(z), b = v128.load(z, 16);
        s0 = f32x4.add(s0, a); s1 = f32x4.add(s1, b);
        q0 = f32x4.add(q0, f32x4.mul(a, a)); q1 = f32x4.add(q1, f32x4.mul(b, b));
      }
      v128.store(sums + c, s0); v128.store(sums + c, s1, 16);
      v128.store(sums + step + c, q0); v128.store(sums + step + c, q1, 16);
    }
  }
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

/** y = scale·z + shift; spikes = clip(⌊n·y + ½⌋, 0, L); x = spikes / n. With levels 0: x = max(y, 0), no spikes. */
export function activate(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Activate>(address);
  const pixels = t.pixels, channels: usize = t.channels;
  const spikes: usize = t.spikes, x: usize = t.x;
  const zero = f32x4.splat(0), half = f32x4.splat(0.5), n = f32x4.splat(t.n), top = f32x4.splat(t.levels);
  const inverse = f32x4.splat(1 / t.n);
  const quantised = t.levels > 0;
  for (let image = lo; image < hi; image++) {
    let z: usize = t.z + <usize>(image * pixels) * (channels << 2);
    let s: usize = spikes + <usize>(image * pixels) * channels;
    for (let p = 0; p < pixels; p++) {
      let out: usize = x ? x + <usize>image * t.xImage + load<u32>(t.xOffsets + (<usize>p << 2)) : 0;
      for (let c: usize = 0; c < channels; c += 16, z += 64, s += 16) {
        const scale: usize = t.scale + (c << 2), shift: usize = t.shift + (c << 2);
        let y0 = f32x4.add(f32x4.mul(v128.load(z), v128.load(scale)), v128.load(shift));
        let y1 = f32x4.add(f32x4.mul(v128.load(z, 16), v128.load(scale, 16)), v128.load(shift, 16));
        let y2 = f32x4.add(f32x4.mul(v128.load(z, 32), v128.load(scale, 32)), v128.load(shift, 32));
        let y3 = f32x4.add(f32x4.mul(v128.load(z, 48), v128.load(scale, 48)), v128.load(shift, 48));
        if (quantised) {
          // Clipped to 0 … L before the conversion, so that truncation is the floor.
          y0 = f32x4.floor(f32x4.min(f32x4.max(f32x4.add(f32x4.mul(y0, n), half), zero), top));
          y1 = f32x4.floor(f32x4.min(f32x4.max(f32x4.add(f32x4.mul(y1, n), half), zero), top));
          y2 = f32x4.floor(f32x4.min(f32x4.max(f32x4.add(f32x4.mul(y2, n), half), zero), top));
          y3 = f32x4.floor(f32x4.min(f32x4.max(f32x4.add(f32x4.mul(y3, n), half), zero), top));
          if (spikes) {
            const low = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(y0), i32x4.trunc_sat_f32x4_s(y1));
            const high = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(y2), i32x4.trunc_sat_f32x4_s(y3));
            v128.store(s, i8x16.narrow_i16x8_u(low, high));
          }
          if (x) {
            y0 = f32x4.mul(y0, inverse); y1 = f32x4.mul(y1, inverse);
            y2 = f32x4.mul(y2, inverse); y3 = f32x4.mul(y3, inverse);
          }
        } else {
          y0 = f32x4.max(y0, zero); y1 = f32x4.max(y1, zero); y2 = f32x4.max(y2, zero); y3 = f32x4.max(y3, zero);
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
function open(g: v128, z: v128, scale: v128, shift: v128, bound: v128): v128 {
  const y = f32x4.add(f32x4.mul(z, scale), shift);
  return v128.and(g, v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.le(y, bound)));
}

/** sums[image] = [Σg, Σg·z] per channel over neurons with 0 < y ≤ B. */
export function gradientSums(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientSums>(address);
  const pixels = t.pixels;
  const step: usize = <usize>t.channels << 2;
  const bound = f32x4.splat(t.bound);
  for (let n = lo; n < hi; n++) {
    const sums: usize = t.sums + <usize>n * (step << 1);
    for (let c: usize = 0; c < step; c += 32) {
      const offset: usize = <usize>(n * pixels) * step + c;
      let z: usize = t.z + offset, g: usize = t.g + offset;
      const scale0 = v128.load(t.scale + c), scale1 = v128.load(t.scale + c, 16);
      const shift0 = v128.load(t.shift + c), shift1 = v128.load(t.shift + c, 16);
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), q0 = f32x4.splat(0), q1 = f32x4.splat(0);
      for (let p = 0; p < pixels; p++, z += step, g += step) {
        const z0 = v128.load(z), z1 = v128.load(z, 16);
        const g0 = open(v128.load(g), z0, scale0, shift0, bound), g1 = open(v128.load(g, 16), z1, scale1, shift1, bound);
        s0 = f32x4.add(s0, g0); s1 = f32x4.add(s1, g1);
        q0 = f32x4.add(q0, f32x4.mul(g0, z0)); q1 = f32x4.add(q1, f32x4.mul(g1, z1));
      }
      v128.store(sums + c, s0); v128.store(sums + c, s1, 16);
      v128.store(sums + step + c, q0); v128.store(sums + step + c, q1, 16);
    }
  }
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
    store<f32>(t.a + at, <f32>a);
    store<f32>(t.b + at, <f32>b);
    store<f32>(t.d + at, <f32>((-a * sum) / count - b * mean));
  }
}

/** dz = a·g + b·z + d, g = 0 where the neuron is closed. */
export function gradientApply(address: usize, lo: i32, hi: i32): void {
  const t = changetype<GradientApply>(address);
  const pixels = t.pixels;
  const step: usize = <usize>t.channels << 2;
  const bound = f32x4.splat(t.bound);
  for (let n = lo; n < hi; n++) {
    let z: usize = t.z + <usize>(n * pixels) * step, g: usize = t.g + <usize>(n * pixels) * step;
    for (let p = 0; p < pixels; p++) {
      const out: usize = t.dy + <usize>n * t.dyImage + load<u32>(t.dyOffsets + (<usize>p << 2));
      for (let c: usize = 0; c < step; c += 16, z += 16, g += 16) {
        const zv = v128.load(z);
        const gv = open(v128.load(g), zv, v128.load(t.scale + c), v128.load(t.shift + c), bound);
        v128.store(out + c, f32x4.add(
          f32x4.add(f32x4.mul(gv, v128.load(t.a + c)), f32x4.mul(zv, v128.load(t.b + c))), v128.load(t.d + c)));
      }
    }
  }
}
