/** Numbers from 0 to below 1, the same for a seed on every machine: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = (below: number) => number;
type Mutation = (bytes: Buffer, draw: Draw, other: Buffer) => Buffer;

/** What breaks programs that count with them. */
const numbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 40, 2 ** 53];
const words = ['-1', '0', '1e400', '1.5', '4294967295', '9007199254740993', '99999999999999999999', 'NaN', '00', ''];

const mutations: readonly Mutation[] = [
  // A bit, a byte.
  (bytes, draw) => changed(bytes, (copy) => (copy[draw(copy.length)]! ^= 1 << draw(8))),
  (bytes, draw) => changed(bytes, (copy) => (copy[draw(copy.length)] = draw(256))),
  // A length or an offset, in either order of bytes.
  (bytes, draw) => {
    const [size, value] = [[1, 2, 4, 8][draw(4)]!, BigInt(numbers[draw(numbers.length)]!)];
    const number = Buffer.alloc(8);
    const little = draw(2) === 0;
    if (little) number.writeBigUInt64LE(value);
    else number.writeBigUInt64BE(value);
    const part = little ? number.subarray(0, size) : number.subarray(8 - size);
    if (bytes.length < size) return bytes;
    return changed(bytes, (copy) => copy.set(part, draw(copy.length - size + 1)));
  },
  // A number in a text.
  (bytes, draw) => {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(/\d+/g)];
    if (found.length === 0) return bytes;
    const { index, 0: number } = found[draw(found.length)]!;
    return Buffer.from(text.slice(0, index) + words[draw(words.length)]! + text.slice(index + number.length), 'latin1');
  },
  // An end too early, a part missing, a part twice, often, or of another file.
  (bytes, draw) => bytes.subarray(0, draw(bytes.length)),
  (bytes, draw) => {
    const [start, end] = range(bytes, draw);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (bytes, draw) => {
    const [start, end] = range(bytes, draw);
    const times = [1, 1, 1, 50][draw(4)]!;
    return Buffer.concat([
      bytes.subarray(0, end),
      ...Array(times).fill(bytes.subarray(start, end)),
      bytes.subarray(end),
    ]);
  },
  (bytes, draw, other) => {
    const [start, end] = range(other, draw);
    const at = draw(bytes.length + 1);
    return Buffer.concat([
      bytes.subarray(0, at),
      other.subarray(start, end),
      bytes.subarray(at + draw(2) * (end - start)),
    ]);
  },
];

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) change(copy);
  return copy;
}

/** Mostly a short one. */
function range(bytes: Buffer, draw: Draw): [start: number, end: number] {
  const start = draw(bytes.length + 1);
  const longest = draw(4) === 0 ? bytes.length : 64;
  return [start, Math.min(bytes.length, start + 1 + draw(longest))];
}

/**
 * A sound file, damaged in one to three ways: always the same for a number. Half of the time near its beginning or its
 * end, where headers are.
 */
export function mutated(files: readonly Uint8Array[], number: number): Buffer {
  const random = randomNumbers(number);
  const draw: Draw = (below) => Math.floor(random() * below);
  const pick = () => Buffer.from(files[draw(files.length)]!);
  let bytes = pick();
  for (let left = 1 + draw(3); left > 0; left--) {
    const mutation = mutations[draw(mutations.length)]!;
    const [start, end] = [
      [0, bytes.length],
      [0, bytes.length],
      [0, Math.min(256, bytes.length)],
      [Math.max(0, bytes.length - 256), bytes.length],
    ][draw(4)]! as [number, number];
    bytes = Buffer.concat([
      bytes.subarray(0, start),
      mutation(bytes.subarray(start, end), draw, pick()),
      bytes.subarray(end),
    ]);
  }
  return bytes;
}
