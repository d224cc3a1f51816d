// Latent weights → what the kernels read: Q(W), and the packed forms. Channels are padded with zero weights.
import { PackEvents, PackForward, PackMasked, PackReal, Ternarise } from './generated';

/**
 * Q(W): t = 0.7·mean|W| over the tensor; +1 if w ≥ t, −1 if w ≤ −t, else 0. The sum runs in memory order in double
 * precision, t is rounded to single. Padding weights are 0 and don't count. One item per tensor.
 */
export function ternarise(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Ternarise>(address);
  const end: usize = t.w + ((<usize>t.count) << 2);
  let sum: f64 = 0;
  for (let p: usize = t.w; p < end; p += 4) sum += <f64>abs<f32>(load<f32>(p));
  const threshold = f32x4.splat(<f32>(0.7 * (sum / <f64>t.realCount))),
    negative = f32x4.neg(threshold);
  const one = f32x4.splat(1),
    minusOne = f32x4.splat(-1);
  let q: usize = t.q;
  for (let p: usize = t.w; p < end; p += 16, q += 16) {
    const w = v128.load(p);
    // One after the other: where all weights are 0, so is t, and both comparisons hold.
    const low = v128.and(f32x4.le(w, negative), minusOne);
    v128.store(q, v128.bitselect(one, low, f32x4.ge(w, threshold)));
  }
}

/** Items: taps of the kernel. */
export function packEvents(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackEvents>(address);
  const bytes: usize = <usize>(t.inChannels * t.outChannels);
  for (let tap = lo; tap < hi; tap++) {
    const q: usize = t.q + ((<usize>tap * bytes) << 2);
    // A table for event lists ends in a row of zeros.
    const packed: usize = t.packed + <usize>tap * (<usize>t.levels * bytes + <usize>(t.zeroRow * t.outChannels));
    for (let i: usize = 0; i < bytes; i += 16) {
      const p: usize = q + (i << 2);
      const row = i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v128.load(p)), i32x4.trunc_sat_f32x4_s(v128.load(p, 16))),
        i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v128.load(p, 32)), i32x4.trunc_sat_f32x4_s(v128.load(p, 48))),
      );
      let sum = row;
      for (let level = 0; level < t.levels; level++) {
        v128.store(packed + <usize>level * bytes + i, sum);
        sum = i8x16.add(sum, row);
      }
    }
  }
}

/** Items: blocks of 8 output channels. */
export function packForward(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackForward>(address);
  const rowBytes: usize = (<usize>t.channels) << 2;
  for (let block = lo; block < hi; block++) {
    let out: usize = t.packed + ((<usize>(block * t.rows)) << 5);
    let w: usize = t.w + ((<usize>block) << 5);
    for (let row = 0; row < t.rows; row++, w += rowBytes, out += 32) {
      v128.store(out, v128.load(w));
      v128.store(out, v128.load(w, 16), 16);
    }
  }
}

/** Q(W) as 16-bit integers. */
function narrow(w: usize, out: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 32)
    v128.store(out + (i >> 1), i16x8.narrow_i32x4_s(
      i32x4.trunc_sat_f32x4_s(v128.load(w + i)), i32x4.trunc_sat_f32x4_s(v128.load(w + i, 16))));
}

/** Items: input channels. table: phaseY, phaseX, tapsY, tapsX, offset of the packed weights of each stride phase. */
export function packMasked(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackMasked>(address);
  const bytes: usize = <usize>t.outChannels << 2, size: usize = bytes >> t.integer;
  for (let phase = 0; phase < t.phases; phase++) {
    const row: usize = t.table + <usize>phase * 20;
    const phaseY = load<i32>(row), phaseX = load<i32>(row, 4), tapsY = load<i32>(row, 8), tapsX = load<i32>(row, 12);
    for (let ci = lo; ci < hi; ci++) {
      let out: usize = t.packed + load<u32>(row, 16) + <usize>(ci * tapsY * tapsX) * size;
      for (let ty = tapsY - 1; ty >= 0; ty--)
        for (let tx = tapsX - 1; tx >= 0; tx--, out += size) {
          const tap = (phaseY + ty * t.stride) * t.kernelWidth + phaseX + tx * t.stride;
          const w: usize = t.w + <usize>(tap * t.inChannels + ci) * bytes;
          if (t.integer) narrow(w, out, bytes);
          else memory.copy(out, w, bytes);
        }
    }
  }
}

/** Items: rows (ky, kx, ci) of the kernel. */
export function packReal(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackReal>(address);
  for (let i: usize = <usize>(lo * t.channels); i < <usize>(hi * t.channels); i++)
    store<f64>(t.packed + (i << 3), <f64>load<f32>(t.w + (i << 2)));
}
