// Writes transpositions between memory of images and memory of channels.
import { lines, range } from './generate-parts.mjs';

/**
 * n×n values, where a vector holds n: row i lies at from + min(first + i, last)·fromStep, column i goes to to + i·toStep.
 * In each of log₂ n passes, row i and row i + n/2 are interleaved.
 */
export function transposition(name, type, n) {
  const interleave = (start) => range(n).map((i) => (i % 2 === 0 ? 0 : n) + start + (i >> 1));
  let rows = range(n).map((i) => `r${i}`);
  const code = [
    lines(rows, (row, i) => `  const ${row} = v128.load(from + <usize>min(first + ${i}, last) * fromStep);`),
  ];
  for (let pass = 0; 1 << pass < n; pass++) {
    const next = range(n).map((i) => `p${pass}_${i}`);
    const shuffle = (i) =>
      `v128.shuffle<${type}>(${rows[i >> 1]}, ${rows[(i >> 1) + n / 2]}, ${interleave(i % 2 === 0 ? 0 : n / 2).join(', ')})`;
    code.push(lines(next, (row, i) => `  const ${row} = ${shuffle(i)};`));
    rows = next;
  }
  code.push(lines(rows, (row, i) => `  if (${i} < count) v128.store(to + ${i} * toStep, ${row});`));
  return `
export function ${name}(from: usize, fromStep: usize, first: i32, last: i32, to: usize, toStep: usize, count: i32): void {
${code.join('\n')}
}`;
}
