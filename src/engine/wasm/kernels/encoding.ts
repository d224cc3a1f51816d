// Layer 1 of the spiking network, whose membranes are real numbers: spikes by integer sums where those are surely right, a
// floating-point filter (Fortune and Van Wyk 1996).
import { EncodeImages } from './generated';

/** An image of smaller pixels is left to double precision: their scale may be out of single precision's range. */
const smallestPixel: f64 = 1e-30;
/** Adding this rounds a float to the nearest integer, which is then in its lowest bits: 1.5·2^23. */
const rounding: f32 = 12582912;

// @ts-ignore: decorator
@inline
function mostOf(four: v128): f32 {
  return max(
    max(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
}

/** The largest absolute value of an image's map; NaN if it holds one. */
function largest(x: usize, bytes: usize): f64 {
  let four = f32x4.splat(0);
  const end = x + bytes;
  for (const whole = x + (bytes & ~15); x < whole; x += 16) four = f32x4.max(four, f32x4.abs(v128.load(x)));
  let most = mostOf(four);
  for (; x < end; x += 4) most = max(most, abs(load<f32>(x)));
  return <f64>most;
}

function lastPixels(x: usize, bytes: usize): v128 {
  return f32x4(load<f32>(x), bytes > 4 ? load<f32>(x, 4) : 0, bytes > 8 ? load<f32>(x, 8) : 0, 0);
}

/**
 * Writes an image's map in 16 bits, and what the upper half of a sum of 32 bits must exceed to be surely above a threshold,
 * and to be not surely below it: [level][above, below][channel]. False if nothing can be trusted with this image.
 */
export function quantiseImage(t: EncodeImages, x: usize, quantised: usize, bounds: usize): bool {
  const most = largest(x, t.xImage);
  // NaN is neither.
  if (!(most == 0 || (most >= smallestPixel && most < Infinity))) return false;
  const scale: f32 = most == 0 ? 1 : <f32>(<f64>t.largest / most);
  const scales = f32x4.splat(scale), magic = f32x4.splat(rounding);
  let four = f32x4.splat(0);
  for (let i: usize = 0; i < t.xImage; i += 16) {
    // Of the last four, those behind the map are zeros.
    const pixels = i + 16 <= t.xImage ? v128.load(x + i) : lastPixels(x + i, t.xImage - i);
    const scaled = f32x4.mul(pixels, scales), rounded = f32x4.add(scaled, magic);
    four = f32x4.max(four, f32x4.abs(f32x4.sub(scaled, f32x4.sub(rounded, magic))));
    const integers = i32x4.sub(rounded, magic);
    v128.store64_lane(quantised + (i >> 1), i16x8.narrow_i32x4_s(integers, integers), 0);
  }
  // Scaling was rounded as well.
  const pixelError = <f64>mostOf(four) + <f64>t.largest * (1.0 / 8388608);
  let to = bounds;
  for (let level = 0, i: usize = 0; level < t.levels; level++, to += <usize>t.channels << 1)
    for (let c: usize = 0; c < <usize>t.channels; c++, i++, to += 2) {
      const at = c << 3;
      // One more for the roundings of double precision, here and in the membrane that is meant.
      const error = pixelError * load<f64>(t.weightSums + at) + load<f64>(t.weightErrors + at) + 1;
      const threshold = load<f64>(t.thresholds + (i << 3)) * (<f64>scale * load<f64>(t.scales + at));
      store<i16>(to, upper(ceil((threshold + error) / 65536)));
      store<i16>(to + (<usize>t.channels << 1), upper(floor((threshold - error) / 65536)));
    }
  return true;
}

// @ts-ignore: decorator
@inline
/** What is to be exceeded where this is to be reached. */
function upper(reached: f64): i16 {
  return <i16>(<i32>max(min(reached - 1, 32767), -32768));
}

/** Spikes of one neuron by its membrane in double precision, summed as realConv does. */
function exactSpikes(t: EncodeImages, x: usize, c: usize): u8 {
  const step: usize = <usize>t.channels << 3, rowSkip: usize = (t.xRow << 1) - (<usize>t.run << 2);
  let w: usize = t.doubles + (c << 3), membrane: f64 = 0;
  for (let row = 0; row < t.rows; row++, x += rowSkip)
    for (let k = 0; k < t.run; k++, x += 4, w += step) membrane += <f64>load<f32>(x) * load<f64>(w);
  let spikes: u8 = 0;
  let threshold: usize = t.thresholds + (c << 3);
  for (let level = 0; level < t.levels; level++, threshold += step) spikes += <u8>(membrane >= load<f64>(threshold));
  return spikes;
}

/** Spikes of those of eight neurons from c on that are `unsure`, as bits. x: their window. */
export function decide(t: EncodeImages, x: usize, c: usize, unsure: i32, spikes: usize): void {
  for (; unsure; unsure &= unsure - 1) {
    const lane: usize = ctz(unsure);
    store<u8>(spikes + lane, exactSpikes(t, x, c + lane));
  }
}
