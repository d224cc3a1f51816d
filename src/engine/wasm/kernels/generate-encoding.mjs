// Writes layer 1 of the spiking network: sums of quantised pixels, and the spikes that they make.
import { lines, range, separator } from './generate-parts.mjs';

/**
 * Spikes of images lo … hi. Sums of pixels and weights of 16 bits, for 4 output pixels × 8 channels in registers; their
 * upper halves against the bounds of every threshold. What those leave open is summed again in double precision.
 */
export function encodeImages() {
  const R = range(4);
  const pair = (u) => `
            b0 = v128.load(q, ${u * 32}); b1 = v128.load(q, ${u * 32 + 16});
${lines(R, (r) => `            a = v128.load32_splat(p${r}, ${u * 4}); c${r}_0 = i32x4.add(c${r}_0, i32x4.dot_i16x8_s(a, b0)); c${r}_1 = i32x4.add(c${r}_1, i32x4.dot_i16x8_s(a, b1));`)}`;
  return `
export function encodeImages(address: usize, lo: i32, hi: i32): void {
  const t = changetype<EncodeImages>(address);
  const pixels = t.pixels, pairs = t.pairs, rows = t.rows, channels: usize = t.channels, levels = t.levels;
  const own = t.bounds, quantised: usize = t.copy, xOffsets: usize = t.xOffsets, rowSkip: usize = t.xRow - <usize>(pairs << 2);
  const tableBytes: usize = channels << 1, blockBytes: usize = <usize>(rows * pairs) << 5;
  for (let n = lo; n < hi; n++) {
    const image: usize = t.x + <usize>n * t.xImage;
    const trusted = quantiseImage(t, image, quantised, own);
    let w: usize = t.w;
    for (let c: usize = 0; c < channels; c += 8, w += blockBytes) {
      const spikes: usize = t.spikes + <usize>(n * pixels) * channels + c;
      for (let P = 0; P < pixels; P += 4) {
        // Pixels beyond the last one repeat it.
${lines(R, (r) => `        const i${r} = <usize>min(P + ${r}, pixels - 1); let p${r}: usize = quantised + (load<u32>(xOffsets + (i${r} << 2)) >> 1);`)}
        let q = w;
        let a: v128, b0: v128, b1: v128;
${lines(R, (r) => `        let c${r}_0 = i32x4.splat(0), c${r}_1 = i32x4.splat(0);`)}
        for (let row = 0; row < rows; row++) {
          for (let k = 1; k < pairs; k += 2) {${pair(0)}
            ${separator('q')}${pair(1)}
            q += 64; ${R.map((r) => `p${r} += 8;`).join(' ')}
          }
          if (pairs & 1) {${pair(0)}
            q += 32; ${R.map((r) => `p${r} += 4;`).join(' ')}
          }
          ${R.map((r) => `p${r} += rowSkip;`).join(' ')}
        }
${lines(R, (r) => `        const m${r} = i16x8.shuffle(c${r}_0, c${r}_1, 1, 3, 5, 7, 9, 11, 13, 15);`)}
        let bounds: usize = own + (c << 1);
        // A true comparison is −1. The first level by itself, or V8 puts off the halves until they are in the loop.
        let above = v128.load(bounds), below = v128.load(bounds + tableBytes);
${lines(R, (r) => `        let least${r} = i16x8.gt_s(m${r}, above), most${r} = i16x8.gt_s(m${r}, below);`)}
        for (let level = 1; level < levels; level++) {
          bounds += tableBytes << 1;
          above = v128.load(bounds); below = v128.load(bounds + tableBytes);
${lines(R, (r) => `          least${r} = i16x8.add(least${r}, i16x8.gt_s(m${r}, above)); most${r} = i16x8.add(most${r}, i16x8.gt_s(m${r}, below));`)}
        }
${lines(R, (r) => `        v128.store64_lane(spikes + i${r} * channels, i8x16.narrow_i16x8_u(i16x8.neg(least${r}), i16x8.splat(0)), 0);`)}
        const unsure = v128.or(${[0, 2].map((r) => `v128.or(v128.xor(least${r}, most${r}), v128.xor(least${r + 1}, most${r + 1}))`).join(', ')});
        if (trusted && !v128.any_true(unsure)) continue;
${lines(R, (r) => `        decide(t, image + load<u32>(xOffsets + (i${r} << 2)), c, trusted ? i16x8.bitmask(i16x8.ne(least${r}, most${r})) : 0xff, spikes + i${r} * channels);`)}
      }
    }
  }
}`;
}
