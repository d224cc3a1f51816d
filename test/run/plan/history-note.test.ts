import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRunNote } from '../../../src/run/plan/history-note.js';

const sound = {
  ...{ type: 'spikeline-run/1', run: 3, finishedAt: '2026-11-28T00:00:00.000Z', interrupted: false },
  ...{ set: ['x=1'], targets: ['a'], profile: 'smoke', engine: 'wasm' },
  tasks: {
    a: { status: 'ran', key: 'k', reasons: [{ code: 'new', text: 'never run here' }] },
    b: { status: 'skipped' },
  },
  failed: { a: { key: 'k', at: '2026-11-28', code: 'E_COMMAND', message: 'no' } },
};

/** All places in a value: the paths to its parts. */
function placesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, part]) => placesIn(part).map((path) => [key, ...path]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('a note of a run', () => {
  it('is one as it is written, with what later versions may add', () => {
    expect(isRunNote(sound)).toBe(true);
    expect(isRunNote({ ...sound, more: [1] })).toBe(true);
    const { set, targets, profile, engine, failed, ...least } = sound;
    expect(isRunNote(least)).toBe(true);
  });

  it('is none with anything of another type at any place', () => {
    for (const path of placesIn(sound))
      fc.assert(
        fc.property(fc.jsonValue(), (by) => {
          const other = path.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], sound);
          const kind = (value: unknown) =>
            value === null || Array.isArray(value) ? String(value?.constructor.name) : typeof value;
          fc.pre(kind(by) !== kind(other));
          expect(isRunNote(replaced(sound, path, by))).toBe(false);
        }),
        { numRuns: 20 },
      );
  });
});
