// Writes the weight gradient of images: sums of pixels' values times gradients.
import { lines, range, separator } from './generate-parts.mjs';

/**
 * sum[tap][c] = Σ value·dy[pixel − tap][c] of 16 channels, for `taps` neighbouring taps of a kernel row, over the pixels of
 * a list from e to e1. dy: of the first tap; others lie a pixel before; sum: of the first tap, others rowBytes further.
 */
export function addPixels(taps) {
  const T = range(taps);
  const V = range(4);
  const sums = T.map((tap) => V.map((v) => `c${tap}_${v}`));
  return `
// @ts-ignore: decorator
@inline
export function addPixels${taps}(e: usize, e1: usize, dy: usize, pixelBytes: usize, sum: usize, rowBytes: usize): void {
  ${sums
    .flat()
    .map((c) => `let ${c} = f32x4.splat(0);`)
    .join(' ')}
  for (; e < e1; e += 8) {
    const value = v128.load32_splat(e, 4);
    let r: usize = dy + load<u32>(e);
${sums.map((own, tap) => `    ${tap > 0 ? `${separator('e')} r -= pixelBytes; ` : ''}${own.map((c, v) => `${c} = f32x4.add(${c}, f32x4.mul(value, v128.load(r, ${v * 16})));`).join(' ')}`).join('\n')}
  }
${lines(sums, (own, tap) => `  ${tap > 0 ? 'sum += rowBytes; ' : ''}${own.map((c, v) => `v128.store(sum, ${c}, ${v * 16});`).join(' ')}`)}
}`;
}
