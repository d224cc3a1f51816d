import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateOf, labelAxis, product, selectPoints } from '../../../src/pipeline/check/axes.js';

const labels = (...values: Parameters<typeof labelAxis>[0]) => labelAxis(values).map(({ label }) => label);

describe('labels', () => {
  it('are scalars as they are, and maps as keys and values', () => {
    expect(labels('fp32', 0.1, -3, true, { k: 1, B: 2 })).toEqual(['fp32', '0.1', '-3', 'true', 'k1B2']);
  });

  it('are what a map says itself', () => {
    expect(labels({ label: 'small', width: 16 }, { label: 'large', width: 64 })).toEqual(['small', 'large']);
  });

  it('are safe as folder names', () => {
    expect(labels('a/b', '..', '', 'über alles', 'a\\b:c')).toEqual([
      'a-b-f5effa31',
      'value-a8ca4457',
      'value-12ae32cb',
      'ber-alles-68d0a955',
      'a-b-c-3c847901',
    ]);
    for (const label of labels('con', 'LPT1.txt', 'x.', '-x', '.x', 'a'.repeat(200)))
      expect(label).toMatch(/^(?!(con|lpt1)(\.|$))[A-Za-z0-9][A-Za-z0-9._+-]{0,50}-[0-9a-f]{8}$/i);
  });

  it('differ, in capitals and numbers too', () => {
    expect(labels('a', 'A', 1, '1', 'x/y', 'x:y')).toEqual([
      'a-ac8d8342',
      'A-79864059',
      '1',
      '1-391552c0',
      'x-y-2adc656e',
      'x-y-39cbbf8f',
    ]);
  });

  it('follow from the value alone: what is put in front of it moves nothing', () => {
    const [first, second] = labels('a b', 'a/b');
    expect(labels('a@b', 'a/b', 'a b').slice(1)).toEqual([second, first]);
  });

  it('differ where the digits of two hashes are the same', () => {
    const [start, other] = ['x'.repeat(60), 'y'.repeat(60)];
    // Found by search.
    const [one, two] = labels(`${start}6089`, `${start}84667`, `${other}6089`);
    expect(one).toMatch(/^x{27}-[0-9a-f]{32}$/);
    expect(two).toMatch(/^x{27}-[0-9a-f]{32}$/);
    expect(one).not.toBe(two);
    const known = '-0123456789abcdef0123456789abcdef';
    expect(labels(`x${known}`)).not.toEqual([`x${known}`]);
  });

  it('are unique, short and safe whatever the values', () => {
    const scalar = fc.oneof(fc.string({ maxLength: 80 }), fc.double({ noNaN: true }), fc.boolean());
    const value = fc.oneof(scalar, fc.dictionary(fc.string({ maxLength: 5 }), scalar, { maxKeys: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 20, selector: (item) => JSON.stringify(item) }), (values) => {
        const all = labels(...values);
        expect(new Set(all.map((label) => label.toLowerCase())).size).toBe(values.length);
        for (const label of all) expect(label).toMatch(/^(?!\.)[A-Za-z0-9._+-]{1,60}$/);
      }),
    );
  });
});

describe('points', () => {
  it('are meant by their value before their label', () => {
    const points = labelAxis([1, '1', { k: 1, B: 2 }]);
    expect([...selectPoints(points, 1)]).toEqual(['1']);
    expect([...selectPoints(points, '1')]).toEqual(['1-391552c0']);
    expect([...selectPoints(points, { B: 2, k: 1 })]).toEqual(['k1B2']);
    expect([...selectPoints(points, 'k1B2')]).toEqual(['k1B2']);
    expect([...selectPoints(points, { k: 1 })]).toEqual([]);
  });

  it('are the same whatever the order of their keys', () => {
    expect(duplicateOf([{ k: 1, B: 2 }, 'x', { B: 2, k: 1 }])).toEqual([0, 2]);
    expect(duplicateOf([1, '1', true, 'true'])).toBeUndefined();
  });

  it('are combined with the last axis fastest', () => {
    const all = [...product([['a', labelAxis([1, 2])] as const, ['b', labelAxis(['x', 'y'])] as const])];
    expect(all.map(({ a, b }) => `${a!.label}${b!.label}`)).toEqual(['1x', '1y', '2x', '2y']);
  });
});
