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

/**
 * What a membrane in single precision must reach to be surely above a threshold, and to be not surely below it. False if
 * single precision can't be trusted with this image.
 */
function bounds(t: FireReal, most: f64, above: usize, below: usize): bool {
  for (let level = 0, i: usize = 0; level < t.levels; level++) {
    for (let c: usize = 0; c < <usize>t.channels; c++, i++) {
      const error = most * load<f64>(t.errors + (c << 3)) + load<f64>(t.slack + (i << 3));
      // True for NaN, too.
      if (!(error < largestError)) return false;
      const threshold = load<f64>(t.thresholds + (i << 3));
      store<f32>(above + (i << 2), <f32>(threshold + error));
      store<f32>(below + (i << 2), <f32>(threshold - error));
    }
  }
  return true;
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
 * Van Wyk 1996); the others, a few in a hundred thousand, are summed again in double precision. One image: hi = lo + 1.
 */
export function fireReal(address: usize, lo: i32, hi: i32): void {
  const t = changetype<FireReal>(address);
  const channels: usize = t.channels, levels = t.levels;
  const above: usize = scratch, below: usize = above + ((<usize>levels * channels) << 2);
  const image: usize = t.x + <usize>lo * t.xImage;
  const trusted = bounds(t, largest(image, t.xImage), above, below);
  let m: usize = scratch + t.membranes, s: usize = t.spikes + <usize>(lo * t.pixels) * channels;
  for (let p = 0; p < t.pixels; p++) {
    for (let c: usize = 0; c < channels; c += 16, m += 64, s += 16) {
      const m0 = v128.load(m), m1 = v128.load(m, 16), m2 = v128.load(m, 32), m3 = v128.load(m, 48);
      // A true comparison is −1.
      let least0 = i32x4.splat(0), least1 = least0, least2 = least0, least3 = least0;
      let most0 = least0, most1 = least0, most2 = least0, most3 = least0;
      let a: usize = above + (c << 2), b: usize = below + (c << 2);
      for (let level = 0; level < levels; level++, a += channels << 2, b += channels << 2) {
        least0 = i32x4.sub(least0, f32x4.ge(m0, v128.load(a))); most0 = i32x4.sub(most0, f32x4.ge(m0, v128.load(b)));
        least1 = i32x4.sub(least1, f32x4.ge(m1, v128.load(a, 16))); most1 = i32x4.sub(most1, f32x4.ge(m1, v128.load(b, 16)));
        least2 = i32x4.sub(least2, f32x4.ge(m2, v128.load(a, 32))); most2 = i32x4.sub(most2, f32x4.ge(m2, v128.load(b, 32)));
        least3 = i32x4.sub(least3, f32x4.ge(m3, v128.load(a, 48))); most3 = i32x4.sub(most3, f32x4.ge(m3, v128.load(b, 48)));
      }
      const least = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(least0, least1), i16x8.narrow_i32x4_s(least2, least3));
      const most = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(most0, most1), i16x8.narrow_i32x4_s(most2, most3));
      v128.store(s, least);
      for (let unsure = trusted ? i8x16.bitmask(i8x16.ne(least, most)) : 0xffff; unsure; unsure &= unsure - 1) {
        const lane: usize = ctz(unsure);
        store<u8>(s + lane, exactSpikes(t, image + load<u32>(t.xOffsets + (<usize>p << 2)), c + lane));
      }
    }
  }
}
