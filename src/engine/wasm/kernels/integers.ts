// Gradients in integers: one power of two a layer, round to nearest. Integer sums are the same in any order.
import { QuantiseGradient } from './generated';
import { four } from './normalise';

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

/** |v| < 2^22 to the nearest whole number, ties to even: the last bits of 1.5·2^23 + v. */
// @ts-ignore: decorator
@inline
function nearest(v: v128, inverse: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(v, inverse), f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/** dz = a·g + b·z + d of images lo…hi, in 16 and in 12 bits. */
export function quantiseGradient(address: usize, lo: i32, hi: i32): void {
  if (changetype<QuantiseGradient>(address).integer) quantise(address, lo, hi, true);
  else quantise(address, lo, hi, false);
}

// @ts-ignore: decorator
@inline
function quantise(address: usize, lo: i32, hi: i32, integer: bool): void {
  const t = changetype<QuantiseGradient>(address);
  const pixels = t.pixels, channels: usize = t.channels, width: usize = t.width;
  const fine = f32x4.splat(<f32>(1 / gradientStep(t.bounds, t.channels, 16)));
  const coarse = f32x4.splat(<f32>(1 / gradientStep(t.bounds, t.channels, 12)));
  for (let n = lo; n < hi; n++) {
    const first: usize = <usize>(n * pixels) * channels;
    let z: usize = t.z + (first << (integer ? 1 : 2)), g: usize = t.g + (first << 2);
    const image: usize = <usize>n * t.imageBytes;
    for (let p = 0; p < pixels; p++) {
      let out: usize = t.dy + image + load<u32>(t.dyOffsets + (<usize>p << 2));
      let block: usize = t.coarse + image + load<u32>(t.coarseOffsets + (<usize>p << 2));
      for (let cb: usize = 0; cb < channels; cb += width, block += t.blockBytes)
        for (let c: usize = 0; c < width; c += 8, out += 16, z += integer ? 16 : 32, g += 32) {
          const at: usize = (cb + c) << 2;
          const low = f32x4.add(f32x4.add(f32x4.mul(v128.load(g), v128.load(t.a + at)),
            f32x4.mul(four(z, integer), v128.load(t.b + at))), v128.load(t.d + at));
          const high = f32x4.add(f32x4.add(f32x4.mul(v128.load(g, 16), v128.load(t.a + at, 16)),
            f32x4.mul(four(z + (integer ? 8 : 16), integer), v128.load(t.b + at, 16))), v128.load(t.d + at, 16));
          v128.store(out, i16x8.narrow_i32x4_s(nearest(low, fine), nearest(high, fine)));
          v128.store(block + (c << 1), i16x8.narrow_i32x4_s(nearest(low, coarse), nearest(high, coarse)));
        }
    }
  }
}
