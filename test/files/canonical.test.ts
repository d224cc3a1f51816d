import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/files/canonical.js';

/** The same value with the keys of all objects in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, item]) => [key, reversed(item)]));
}

/** The same value with the keys of all objects in order: canonical JSON has a faster way for those. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, inOrder(item)]),
  );
}

/** JSON values as they are read from a file: without -0, which JSON.stringify writes as 0. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('canonicalJson', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(canonicalJson(inOrder(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('refuses in objects whose keys are in order what it refuses in others', () => {
    const itself: Record<string, unknown> = { a: 1, b: {} };
    (itself.b as Record<string, unknown>).c = itself;
    const holes: unknown[] = [1];
    holes[2] = 1;
    for (const bad of [
      '\ud800',
      '\udfff x',
      Number.NaN,
      -0,
      Number.POSITIVE_INFINITY,
      undefined,
      new Date(0),
      itself,
      holes,
    ])
      expect(() => canonicalJson({ a: 1, b: [{ c: bad }] }), String(bad)).toThrow(/at b\[0\]\.c|contains itself/);
    const withText = { a: 1, toJSON: () => 2 };
    expect(() => canonicalJson(withText)).toThrow('toJSON');
    // A backslash before "ud" is none of half a character.
    expect(canonicalJson({ a: '\\ud800' })).toBe('{"a":"\\\\ud800"}');
    let deep: unknown = 'x';
    for (let n = 0; n < 50; n++) deep = { a: [deep] };
    expect(canonicalJson(deep)).toBe(JSON.stringify(deep));
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = JSON.stringify(JSON.parse(canonicalJson(a))) === JSON.stringify(JSON.parse(canonicalJson(b)));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
    );
  });

  it('sorts keys by UTF-16 code units and writes numbers as RFC 8785 does', () => {
    const value = {
      '€': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '😀': 5,
      '\u0080': 6,
      ö: [1e30, 4.5, 2e-3, 1e-27, 0.1 + 0.2],
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":[1e+30,4.5,0.002,1e-27,0.30000000000000004],"€":1,"😀":5,"\ufb33":3}',
    );
  });

  it('takes plain objects of any realm, and none of a class', () => {
    expect(canonicalJson(runInNewContext('({ a: [1] })'))).toBe('{"a":[1]}');
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
    expect(() => canonicalJson({ when: new Date(0) })).toThrow("The value at when is a Date, which JSON can't hold.");
    expect(() => canonicalJson(new Map())).toThrow("The value is a Map, which JSON can't hold.");
    expect(() => canonicalJson({ bytes: new Uint8Array(1) })).toThrow('at bytes is a Uint8Array');
  });

  it.each([
    [{ a: { b: [1, Number.NaN] } }, "The value at a.b[1] is NaN, which JSON can't hold."],
    [[Number.POSITIVE_INFINITY], "The value at [0] is Infinity, which JSON can't hold."],
    [{ seed: -0 }, "The value at seed is -0, which JSON can't hold."],
    [{ a: undefined }, "The value at a is of type undefined, which JSON can't hold."],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [{ a: [1, , 2] }, "The value at a[1] is of type undefined, which JSON can't hold."],
    [{ a: () => 1 }, "The value at a is of type function, which JSON can't hold."],
    [1n, "The value is of type bigint, which JSON can't hold."],
    [{ a: '\ud800' }, 'The value at a is a string with half a character.'],
    [{ '\udc00': 1 }, 'The value is a string with half a character.'],
  ])('refuses what JSON would change: %o', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'E_CANONICAL', message }));
  });

  it('refuses values that contain themselves, and takes the same value twice', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(() => canonicalJson(loop)).toThrow('The value at self.loop contains itself.');
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });
});
