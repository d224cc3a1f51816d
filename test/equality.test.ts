import { describe, expect, it } from 'vitest';
import { sameNumbers } from './equality.js';

const shared = new Float32Array(new SharedArrayBuffer(16)).fill(1);
const inside = Float32Array.of(9, 1, 2, 9).subarray(1, 3);

describe('arrays of numbers', () => {
  it.each<[string, unknown, unknown]>([
    ['the same', Float32Array.of(1, Number.NaN, -0), Float32Array.of(1, Number.NaN, -0)],
    ['a part of one', inside, Float32Array.of(1, 2)],
    ['plain', [1, Number.NaN, -0], [1, Number.NaN, -0]],
    ['of bytes', Buffer.of(1, 2), Buffer.of(1, 2)],
  ])('are equal at once: %s', (_, a, b) => {
    expect(sameNumbers(a, b)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['another number', Float32Array.of(1, 2), Float32Array.of(1, 3)],
    ['a zero of another sign', Float64Array.of(0), Float64Array.of(-0)],
    ['a plain zero of another sign', [0], [-0]],
    ['another length', [1, 2], [1]],
    ['another type', Int32Array.of(1), Uint32Array.of(1)],
    ['another class', Buffer.of(1), Uint8Array.of(1)],
    ['a plain array', [1], Uint8Array.of(1)],
    ['a hole', [1, undefined], Array(2).fill(1, 0, 1)],
    ['texts', ['1'], [1]],
    ['bits of no number', new DataView(new ArrayBuffer(1)), [0]],
  ])('are left to Vitest, which tells them apart, with %s', (_, a, b) => {
    expect(sameNumbers(a, b)).toBeUndefined();
    expect(a).not.toStrictEqual(b);
  });

  it('are compared so wherever they are', () => {
    const deep = (last: number) => ({ map: new Map([['a', { levels: [Float32Array.of(1, last), [1, last]] }]]) });
    expect(deep(2)).toEqual(deep(2));
    expect(deep(2)).not.toEqual(deep(3));
    expect(sameNumbers(shared, shared.slice())).toBe(true);
  });
});
