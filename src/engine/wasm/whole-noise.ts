// Normal noise of integer membranes as a table: a whole number and its noise reach a whole number if the noise rounded down is
// enough, and that has few values.
import { normalOf } from '../../data/normal.js';
import { constants } from './kernels/constants.mjs';

const { noiseCellBits, noCell, segmentBits } = constants;
/** Random words with the same highest bits. */
const cellWords = 2 ** (32 - noiseCellBits);
/** Words that differ in their highest bit are of noise of the same size. */
const halfWords = 2 ** 31;

/**
 * ⌊deviation · normalOf(word)⌋ of random words, by their highest bits: below a word one value, from there on another. Of words
 * that have more values than two, or values of more than 15 bits and a sign, the kernel computes them.
 *
 * @param deviation in units of the membrane
 * @returns a cell in eight bytes: the word in 32 bits, both values in 16
 */
export function wholeNoiseCells(deviation: number): Uint8Array {
  const cells = new DataView(new ArrayBuffer(8 * 2 ** noiseCellBits));
  for (let i = 0; i < 2 ** noiseCellBits; i++) {
    const { cut, first, second } = cellOf(i * cellWords, deviation);
    cells.setUint32(8 * i, cut, true);
    cells.setInt16(8 * i + 4, first, true);
    cells.setInt16(8 * i + 6, second, true);
  }
  return new Uint8Array(cells.buffer);
}

interface Cell {
  readonly cut: number;
  readonly first: number;
  readonly second: number;
}

const computed: Cell = { cut: 0, first: noCell, second: noCell };

function cellOf(start: number, deviation: number): Cell {
  const noiseOf = (word: number) => Math.floor(deviation * normalOf(word));
  const last = start + cellWords - 1;
  const [first, second] = [noiseOf(start), noiseOf(last)];
  // The largest noise has lines of all lengths.
  if (start % halfWords === 0) return computed;
  const fits = Math.abs(first) < 2 ** 15 && Math.abs(second) < 2 ** 15;
  if (!fits || Math.abs(first - second) > 1 || !isMonotonic(start, last, noiseOf)) return computed;
  if (first === second) return { cut: start, first, second };
  // Between them the value changes once.
  let [below, from] = [start, last];
  while (from - below > 1) {
    const middle = Math.floor((below + from) / 2);
    if (noiseOf(middle) === first) below = middle;
    else from = middle;
  }
  return { cut: from, first, second };
}

/**
 * True if values go one way from word to word. On a line they do, whatever is rounded; where one line ends and the next begins, a
 * rounding error might lead back over a whole number. So values are looked at there.
 */
function isMonotonic(start: number, last: number, noiseOf: (word: number) => number): boolean {
  const size = start % halfWords;
  // The lines of a power of two are as long as each other; the cell lies between two of these.
  const length = 2 ** (31 - Math.clz32(size) - segmentBits);
  const words = [start];
  for (let next = start + length - (size % length); next <= last; next += length) words.push(next - 1, next);
  const values = [...words, last].map(noiseOf);
  const differences = values.slice(1).map((value, i) => value - values[i]!);
  return differences.every((one) => one >= 0) || differences.every((one) => one <= 0);
}
