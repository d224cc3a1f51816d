// Layer 1 of the spiking network, whose membranes are real numbers.
import { FireReal } from './generated';
import { scratch } from './scratch';

/** An error above this may come of sums beyond single precision's range; nothing is decided by them. */
const largestError: f64 = 1e30;

/** The largest absolute value of an image's map; NaN if it holds one. */
function largest(x: usize, bytes: usize): f64 {
  let four = f32x4.splat(0);
  const end = x + bytes;
  for (const whole = x + (bytes & ~15); x < whole; x += 16) four = f32x4.max(four, f32x4.abs(v128.load(x)));
  let most = max(
    max(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
  for (; x < end; x += 4) most = max(most, abs(load<f32>(x)));
  return <f64>most;
}

/** What a membrane in single precision must reach to be surely above a threshold, and be below to be surely below. */
function bounds(t: FireReal, most: f64, above: usize, below: usize): void {
  for (let level = 0, i: usize = 0; level < t.levels; level++) {
    for (let c: usize = 0; c < <usize>t.channels; c++, i++) {
      let error = most * load<f64>(t.errors + (c << 3)) + load<f64>(t.slack + (i << 3));
      // Not a number: then no comparison is true, and none is sure.
      if (!(error < largestError)) error = NaN;
      const threshold = load<f64>(t.thresholds + (i << 3));
      store<f32>(above + (i << 2), <f32>(threshold + error));
      store<f32>(below + (i << 2), <f32>(threshold - error));
    }
  }
}

/** Spikes of one neuron by its membrane in double precision, summed as realConv does. */
function exactSpikes(t: FireReal, x: usize, c: usize): u8 {
  const step: usize = <usize>t.channels << 3;
  let w: usize = t.w + (c << 3), membrane: f64 = 0;
  for (let row = 0; row < t.rows; row++, x += t.rowSkip)
    for (let k = 0; k < t.run; k++, x += 4, w += step) membrane += <f64>load<f32>(x) * load<f64>(w);
  let spikes: u8 = 0;
  let threshold: usize = t.thresholds + (c << 3);
  for (let level = 0; level < t.levels; level++, threshold += step) spikes += <u8>(membrane >= load<f64>(threshold));
  return spikes;
}

/**
 * Spikes = number of levels j whose threshold[j][channel] the membrane in double precision reaches. Single precision
 * decides where the membrane is further from every threshold than it can be wrong (a floating-point filter: Fortune and
 * Van Wyk 1996); the others, a few in a hundred thousand, are summed again in double precision.
 */
export function fireReal(address: usize, lo: i32, hi: i32): void {
  const t = changetype<FireReal>(address);
  const channels: usize = t.channels, levels = t.levels;
  const above: usize = scratch, below: usize = above + ((<usize>levels * channels) << 2);
  let m: usize = t.membranes + ((<usize>(lo * t.pixels) * channels) << 2);
  let s: usize = t.spikes + <usize>(lo * t.pixels) * channels;
  for (let n = lo; n < hi; n++) {
    const image: usize = t.x + <usize>n * t.xImage;
    bounds(t, largest(image, t.xImage), above, below);
    for (let p = 0; p < t.pixels; p++) {
      for (let c: usize = 0; c < channels; c += 16, m += 64, s += 16) {
        const m0 = v128.load(m), m1 = v128.load(m, 16), m2 = v128.load(m, 32), m3 = v128.load(m, 48);
        // Comparisons are −1 where true. A neuron is sure if one of the two is true at every level.
        let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
        let sure0 = i32x4.splat(-1), sure1 = sure0, sure2 = sure0, sure3 = sure0;
        let a: usize = above + (c << 2), b: usize = below + (c << 2);
        for (let level = 0; level < levels; level++, a += channels << 2, b += channels << 2) {
          const r0 = f32x4.ge(m0, v128.load(a)), r1 = f32x4.ge(m1, v128.load(a, 16));
          const r2 = f32x4.ge(m2, v128.load(a, 32)), r3 = f32x4.ge(m3, v128.load(a, 48));
          s0 = i32x4.sub(s0, r0); s1 = i32x4.sub(s1, r1); s2 = i32x4.sub(s2, r2); s3 = i32x4.sub(s3, r3);
          sure0 = v128.and(sure0, v128.or(r0, f32x4.lt(m0, v128.load(b))));
          sure1 = v128.and(sure1, v128.or(r1, f32x4.lt(m1, v128.load(b, 16))));
          sure2 = v128.and(sure2, v128.or(r2, f32x4.lt(m2, v128.load(b, 32))));
          sure3 = v128.and(sure3, v128.or(r3, f32x4.lt(m3, v128.load(b, 48))));
        }
        v128.store(s, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(s0, s1), i16x8.narrow_i32x4_s(s2, s3)));
        const sure = i8x16.bitmask(
          i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(sure0, sure1), i16x8.narrow_i32x4_s(sure2, sure3)),
        );
        let unsure = ~sure & 0xffff;
        for (; unsure; unsure &= unsure - 1) {
          const lane: usize = ctz(unsure);
          store<u8>(s + lane, exactSpikes(t, image + load<u32>(t.xOffsets + (<usize>p << 2)), c + lane));
        }
      }
    }
  }
}
