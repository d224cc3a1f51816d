// Gradients in integers: one power of two a layer, round to nearest. Integer sums are the same in any order.
import { SparseWeightGradient } from './generated';

/**
 * What one unit of a layer's gradient in `bits` bits stands for: the least power of two by which the largest of its
 * channels' bounds fits. From 2^-100 on, so that its inverse is a number of single precision, too.
 */
export function gradientStep(bounds: usize, channels: i32, bits: i32): f64 {
  let most: f64 = 0;
  for (let c = 0; c < channels; c++) most = max(most, <f64>load<f32>(bounds + (<usize>c << 2)));
  const least = most / <f64>((1 << (bits - 1)) - 1);
  // A network that has diverged: its loss says so.
  if (!(least < 1e30)) return 1;
  // The next power of two: any bit of the mantissa carries into the exponent.
  const up = reinterpret<f64>((reinterpret<u64>(least) + 0xfffffffffffff) & 0x7ff0000000000000);
  return max<f64>(up, reinterpret<f64>(<u64>(1023 - 100) << 52));
}

/**
 * How many values of a block of channels, from the chunk's images that begin with `first`, 16 bits can add up: rarely are
 * they near the layer's bound.
 */
export function safeAdditions(address: usize, first: i32, block: i32): usize {
  const t = changetype<SparseWeightGradient>(address);
  const blocks = t.outChannels / t.width;
  let largest: u16 = 1;
  for (let n = first; n < min(first + t.imagesPerChunk, t.images); n++)
    largest = max(largest, load<u16>(t.largest + (<usize>(n * blocks + block) << 1)));
  // What has diverged may have 2^15, of which 16 bits hold none; its loss says so.
  return max<usize>(32767 / <usize>largest, 1);
}
