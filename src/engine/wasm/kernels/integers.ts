// Gradients in integers: one power of two a layer, round to nearest. Integer sums are the same in any order.
import { coarseBits, fineBits, QuantiseGradient, SparseWeightGradient } from './generated';
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

/** |v| < 2^22 to the nearest whole number, ties to even: the last bits of 1.5·2^23 + v. */
// @ts-ignore: decorator
@inline
function nearest(v: v128): v128 {
  return i32x4.sub(f32x4.add(v, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/**
 * dz = a·g + b·z + d of images lo…hi, in 16 and in 12 bits; and of each image and block of channels the largest |dz| in
 * 12 bits.
 */
export function quantiseGradient(address: usize, lo: i32, hi: i32): void {
  if (changetype<QuantiseGradient>(address).integer) quantise(address, lo, hi, true);
  else quantise(address, lo, hi, false);
}

/** a, b and d over the unit of 16 bits, a power of two: for each four channels side by side in the scratch memory. */
function scaleCoefficients(address: usize, unit: f64): void {
  const t = changetype<QuantiseGradient>(address);
  const inverse = f32x4.splat(<f32>(1 / unit));
  let at: usize = t.coefficients;
  for (let c: usize = 0; c < <usize>t.channels << 2; c += 16, at += 48) {
    v128.store(at, f32x4.mul(v128.load(t.a + c), inverse));
    v128.store(at, f32x4.mul(v128.load(t.b + c), inverse), 16);
    v128.store(at, f32x4.mul(v128.load(t.d + c), inverse), 32);
  }
}

// @ts-ignore: decorator
@inline
function quantise(address: usize, lo: i32, hi: i32, integer: bool): void {
  const t = changetype<QuantiseGradient>(address);
  const pixels = t.pixels, channels: usize = t.channels, width: usize = t.width, blockBytes: usize = t.blockBytes;
  const unit = gradientStep(t.bounds, t.channels, fineBits);
  scaleCoefficients(address, unit);
  const coarse = f32x4.splat(<f32>(unit / gradientStep(t.bounds, t.channels, coarseBits)));
  const maxima: usize = t.maxima, blocks: usize = t.blocks;
  for (let n = lo; n < hi; n++) {
    const first: usize = <usize>(n * pixels) * channels;
    const image: usize = <usize>n * t.imageBytes;
    let z: usize = t.z + (first << (integer ? 1 : 2)), g: usize = t.g + (first << 2);
    memory.fill(maxima, 0, blocks << 4);
    for (let p = 0; p < pixels; p++) {
      let out: usize = t.dy + image + load<u32>(t.dyOffsets + (<usize>p << 2));
      let block: usize = t.coarse + image + load<u32>(t.coarseOffsets + (<usize>p << 2));
      let at: usize = t.coefficients;
      for (let cb: usize = 0; cb < blocks; cb++, block += blockBytes) {
        let most = v128.load(maxima + (cb << 4));
        for (let c: usize = 0; c < width << 1; c += 16, out += 16, at += 96, z += integer ? 16 : 32, g += 32) {
          const low = f32x4.add(f32x4.add(f32x4.mul(v128.load(g), v128.load(at)),
            f32x4.mul(four(z, integer), v128.load(at, 16))), v128.load(at, 32));
          const high = f32x4.add(f32x4.add(f32x4.mul(v128.load(g, 16), v128.load(at, 48)),
            f32x4.mul(four(z + (integer ? 8 : 16), integer), v128.load(at, 64))), v128.load(at, 80));
          v128.store(out, i16x8.narrow_i32x4_s(nearest(low), nearest(high)));
          const eight = i16x8.narrow_i32x4_s(nearest(f32x4.mul(low, coarse)), nearest(f32x4.mul(high, coarse)));
          most = i16x8.max_u(most, i16x8.abs(eight));
          v128.store(block + c, eight);
        }
        v128.store(maxima + (cb << 4), most);
      }
    }
    for (let cb: usize = 0; cb < blocks; cb++) {
      let most: u16 = 0;
      for (let lane: usize = 0; lane < 16; lane += 2) most = max(most, load<u16>(maxima + (cb << 4) + lane));
      store<u16>(t.largest + ((<usize>n * blocks + cb) << 1), most);
    }
  }
}
