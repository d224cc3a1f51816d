// Latent weights → what the kernels read: Q(W), and the packed forms. Channels are padded with zero weights.
import { ChannelMagnitudes, PackEvents, PackForward, PackMasked, PackReal, Ternarise, ternaryShare, TernaryThreshold } from './generated';

/** Rows of weights that are added up before the next ones: so they come from memory in order. */
const BLOCK: i32 = 16;

/**
 * Σ|w| of output channels lo…hi, sixteens of them: from row to row in double precision. Rows of padding are zeros and
 * change nothing.
 */
export function channelMagnitudes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ChannelMagnitudes>(address);
  const rows = t.rows, step: usize = <usize>t.channels << 2;
  const magnitude = i32x4.splat(0x7fffffff);
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(BLOCK, rows - first);
    for (let c = lo; c < hi; c += 16) {
      const sums: usize = t.sums + (<usize>c << 3);
      let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
      if (first) {
        s0 = v128.load(sums); s1 = v128.load(sums, 16); s2 = v128.load(sums, 32); s3 = v128.load(sums, 48);
        s4 = v128.load(sums, 64); s5 = v128.load(sums, 80); s6 = v128.load(sums, 96); s7 = v128.load(sums, 112);
      }
      let w: usize = t.w + <usize>first * step + (<usize>c << 2);
      for (let row = 0; row < count; row++, w += step) {
        let v = v128.and(v128.load(w), magnitude);
        s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v)); s1 = f64x2.add(s1, promoteHigh(v));
        v = v128.and(v128.load(w, 16), magnitude);
        s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v)); s3 = f64x2.add(s3, promoteHigh(v));
        v = v128.and(v128.load(w, 32), magnitude);
        s4 = f64x2.add(s4, f64x2.promote_low_f32x4(v)); s5 = f64x2.add(s5, promoteHigh(v));
        v = v128.and(v128.load(w, 48), magnitude);
        s6 = f64x2.add(s6, f64x2.promote_low_f32x4(v)); s7 = f64x2.add(s7, promoteHigh(v));
      }
      v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48);
      v128.store(sums, s4, 64); v128.store(sums, s5, 80); v128.store(sums, s6, 96); v128.store(sums, s7, 112);
    }
  }
}

// @ts-ignore: decorator
@inline
function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

/**
 * t = 0.7·mean|W| over the tensor: the sums of the channels are added up in order, t is rounded to single precision.
 * Padding weights are 0 and don't count. One item.
 */
export function ternaryThreshold(address: usize, lo: i32, hi: i32): void {
  const t = changetype<TernaryThreshold>(address);
  let sum: f64 = 0;
  for (let c = 0; c < t.channels; c++) sum += load<f64>(t.sums + (<usize>c << 3));
  store<f32>(t.threshold, <f32>(ternaryShare * (sum / <f64>t.realCount)));
}

/** Four weights of Q(W): +1 if w ≥ t, −1 if w ≤ −t, else 0. */
// @ts-ignore: decorator
@inline
export function ternary(w: usize, threshold: v128): v128 {
  const v = v128.load(w);
  // One after the other: where all weights are 0, so is t, and both comparisons hold. A true comparison is −1.
  return v128.bitselect(i32x4.splat(1), f32x4.le(v, f32x4.neg(threshold)), f32x4.ge(v, threshold));
}

/** Q(W) of groups lo…hi of four weights, as floats. */
export function ternarise(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Ternarise>(address);
  const threshold = v128.load32_splat(t.threshold);
  for (let at: usize = <usize>lo << 4; at < <usize>hi << 4; at += 16)
    v128.store(t.q + at, f32x4.convert_i32x4_s(ternary(t.w + at, threshold)));
}

/** Items: taps of the kernel. */
export function packEvents(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackEvents>(address);
  const rowBytes: usize = t.rowBytes, levelStride = <usize>t.inChannels * rowBytes;
  const threshold = v128.load32_splat(t.threshold);
  for (let tap = lo; tap < hi; tap++) {
    let w: usize = t.w + (<usize>(tap * t.inChannels * t.outChannels) << 2);
    let rows: usize = t.packed + <usize>tap * t.tapStride;
    for (let ci = 0; ci < t.inChannels; ci++, rows += rowBytes) {
      for (let block: usize = 0, packed = rows; block < <usize>t.outChannels; block += rowBytes, packed += t.blockStride) {
        for (let co: usize = 0; co < rowBytes; co += 16, w += 64) {
          const row = i8x16.narrow_i16x8_s(
            i16x8.narrow_i32x4_s(ternary(w, threshold), ternary(w + 16, threshold)),
            i16x8.narrow_i32x4_s(ternary(w + 32, threshold), ternary(w + 48, threshold)),
          );
          let sum = row;
          for (let level = 0, at = packed + co; level < t.levels; level++, at += levelStride) {
            v128.store(at, sum);
            sum = i8x16.add(sum, row);
          }
        }
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

/** Items: input channels. table: phaseY, phaseX, tapsY, tapsX, offset of the packed weights of each stride phase. */
export function packMasked(address: usize, lo: i32, hi: i32): void {
  const t = changetype<PackMasked>(address);
  const bytes: usize = <usize>t.outChannels << 2;
  for (let phase = 0; phase < t.phases; phase++) {
    const row: usize = t.table + <usize>phase * 20;
    const phaseY = load<i32>(row), phaseX = load<i32>(row, 4), tapsY = load<i32>(row, 8), tapsX = load<i32>(row, 12);
    for (let ci = lo; ci < hi; ci++) {
      let out: usize = t.packed + load<u32>(row, 16) + <usize>(ci * tapsY * tapsX) * bytes;
      for (let ty = tapsY - 1; ty >= 0; ty--)
        for (let tx = tapsX - 1; tx >= 0; tx--, out += bytes) {
          const tap = (phaseY + ty * t.stride) * t.kernelWidth + phaseX + tx * t.stride;
          const w: usize = t.w + <usize>(tap * t.inChannels + ci) * bytes;
          memory.copy(out, w, bytes);
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
