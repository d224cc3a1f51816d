// What Vitest compares number by number, at some microseconds each, is compared at once where it is the same: of the time that
// the tests of the engine took, a large part. Where it isn't, Vitest compares it, and says where it differs.
import { expect } from 'vitest';

type Numbers = Exclude<NodeJS.TypedArray, BigInt64Array | BigUint64Array>;

const isNumbers = (value: unknown): value is Numbers => ArrayBuffer.isView(value) && !(value instanceof DataView);
const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers) => new Uint8Array(buffer, byteOffset, byteLength);

/** True of arrays of the same numbers; undefined of whatever else. */
export function sameNumbers(a: unknown, b: unknown): true | undefined {
  if (isNumbers(a))
    return isNumbers(b) && a.constructor === b.constructor && Buffer.compare(bytesOf(a), bytesOf(b)) === 0
      ? true
      : undefined;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return undefined;
  for (let i = 0; i < a.length; i++) if (typeof a[i] !== 'number' || !Object.is(a[i], b[i])) return undefined;
  return a.length > 0 ? true : undefined;
}

// Files of tests share processes, and each of them comes by here.
const known = globalThis as { spikelineSameNumbers?: true };
if (!known.spikelineSameNumbers) expect.addEqualityTesters([sameNumbers]);
known.spikelineSameNumbers = true;
