// Writes the kernel of the input gradient of open neurons.
import { range, separator } from './generate-parts.mjs';

/**
 * Input gradient of open neurons only (0 < y ≤ B): others pass nothing on, and get 0. Images in chunks whose dy stays
 * in the second-level cache; per class of windows and input channel the list of open pixels, `lanes` of which share each
 * load of the channel's weights. dx[pixel][c] = Σ_k dy[k]·w[c][k], in four partial sums (k mod 4), added up last.
 * classes: rows, bytes of a row, byte offset of the weights, bytes from channel to channel and from row to row there.
 */
export function maskedGradient(lanes, unroll) {
  const C = range(lanes);
  const add = (c, u) => `c${c} = f32x4.add(c${c}, f32x4.mul(a, v128.load(p${c}, ${u * 16})));`;
  const lane = (c, i) => `f32x4.extract_lane(c${c}, ${i})`;
  const one = (u) => `a = v128.load(q, ${u * 16}); ${C.map((c) => add(c, u)).join(' ')} ${separator('q')}`;
  return `
export function maskedGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<MaskedGradient>(address);
  const channels = t.channels, phases = t.phases, targets: usize = t.targets, dyRow: usize = t.dyRow;
  const heads: usize = t.heads, events: usize = t.events, imageValues = t.pixels * channels;
  for (let first = lo; first < hi; first += t.imagesPerChunk) {
    const images = min(t.imagesPerChunk, hi - first);
    listPositions(t.open + <usize>(first * imageValues), channels, 1, images, t.imagesPerChunk, phases, t.phasePixels, t.order, t.cuts, 2, heads, events, t.listing);
    const dy: usize = t.dy + <usize>first * t.dyImage, chunk: usize = t.dx + (<usize>(first * imageValues) << 2);
    memory.fill(chunk, 0, <usize>(images * imageValues) << 2);
    let head = heads;
    for (let phase = 0; phase < phases; phase++) {
      const window: usize = t.classes + <usize>phase * 20;
      const rows = load<i32>(window), runBytes: usize = load<u32>(window, 4);
      const channelBytes: usize = load<u32>(window, 12), skip: usize = dyRow - runBytes, weightSkip: usize = load<u32>(window, 16) - runBytes;
      let w: usize = t.w + load<u32>(window, 8);
      for (let ci = 0; ci < channels; ci++, head += 8, w += channelBytes) {
        const dx: usize = chunk + (<usize>ci << 2);
        let e: usize = events + (<usize>load<u32>(head) << 2);
        const e1: usize = events + (<usize>load<u32>(head, 4) << 2);
        for (; e < e1; e += ${lanes * 4}) {
          // Beyond the end of the list the last pixel is taken again.
          ${C.map((c) => `const t${c}: usize = targets + load<u32>(min(e + ${c * 4}, e1 - 4)); let p${c}: usize = dy + load<u32>(t${c}), c${c} = f32x4.splat(0);`).join('\n          ')}
          let q = w;
          for (let row = 0; row < rows; row++) {
            let a: v128;
            for (const end = q + runBytes; q < end; q += ${unroll * 16}) {
              ${range(unroll).map(one).join('\n              ')}
              ${C.map((c) => `p${c} += ${unroll * 16};`).join(' ')}
            }
            q += weightSkip;
            ${C.map((c) => `p${c} += skip;`).join(' ')}
          }
          ${C.map((c) => `store<f32>(dx + load<u32>(t${c}, 4), (${lane(c, 0)} + ${lane(c, 1)}) + (${lane(c, 2)} + ${lane(c, 3)}));`).join('\n          ')}
        }
      }
    }
  }
}`;
}
