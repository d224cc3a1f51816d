import { describe, expect, it } from 'vitest';
import { halves } from '../../src/formats/half.js';
import { decodeNpy, npyHeader } from '../../src/formats/npy.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';

const bytesOf = (...words: number[]) => new Uint8Array(Uint16Array.from(words).buffer);

describe('numbers of 16 bits', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc500, -5],
    [0x3555, 0.333251953125],
    [0x0001, 2 ** -24],
    [0x83ff, -1023 * 2 ** -24],
    [0x7bff, 65504],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('are what IEEE 754 says: %i', (bits, value) => {
    expect([...halves(bytesOf(bits), 'F16')]).toEqual([value]);
  });

  it('are the first half of a single where they are bfloat16', () => {
    expect([...halves(bytesOf(0x3f80, 0xc0a0, 0x7f80), 'BF16')]).toEqual([1, -5, Number.POSITIVE_INFINITY]);
  });

  it('are read from NumPy’s files and from safetensors', () => {
    const npy = Buffer.concat([npyHeader('<f2', [2]), bytesOf(0x3c00, 0xc500)]);
    expect(decodeNpy(npy, 'x')).toEqual({ shape: [2], data: Float32Array.of(1, -5) });
    const header = Buffer.from('{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}');
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    const file = Buffer.concat([size, header, bytesOf(0x3f80)]);
    expect(decodeSafetensors(file, 'x').tensors.get('a')).toEqual({ shape: [1], data: Float32Array.of(1) });
  });
});
