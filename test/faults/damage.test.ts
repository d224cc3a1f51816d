import {
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { createLimit } from '../../src/files/limit.js';
import { randomFrom } from './random.js';
import { type Rig, type Snapshot, withRig } from './rig.js';

/** Ways to damage the file at `path`; `other` is another one of its kind. */
const damages: Readonly<Record<string, (path: string, other: string, random: () => number) => void>> = {
  'a flipped bit': (path, _, random) => {
    const bytes = readFileSync(path);
    const position = Math.floor(random() * bytes.length);
    bytes[position]! ^= 1 << Math.floor(random() * 8);
    // The bit flips as on a disk: the file's size and times do not tell.
    const { atime, mtime } = statSync(path);
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
  },
  'half of it cut off': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'all of it cut off': (path) => truncateSync(path),
  'its deletion': (path) => rmSync(path),
  'an exchange with another': (path, other) => {
    renameSync(path, `${path}.x`);
    renameSync(other, path);
    renameSync(`${path}.x`, other);
  },
};

const storesAtATime = 2;

describe('damage to the store', () => {
  it.for(['blobs', 'records'] as const)('of all %s, in every way, is found and mended', async (kind) => {
    const limit = createLimit(storesAtATime);
    await Promise.all(
      Object.entries(damages).map(([name, damage]) =>
        limit(() =>
          withRig(async (rig) => {
            await rig.runHere();
            const clean = rig.snapshot();
            const paths = rig.stored(kind);
            for (const [i, path] of paths.entries()) {
              const other = paths[(i + 1) % paths.length]!;
              const random = randomFrom(`${name} of ${path}`);
              for (const one of [path, other]) chmodSync(rig.path(one), 0o644);
              damage(rig.path(path), rig.path(other), random);
              await expectMended(rig, clean, `${name} of ${path}`);
            }
          }),
        ),
      ),
    );
  });
});

async function expectMended(rig: Rig, clean: Snapshot, what: string): Promise<void> {
  const outcomes = Object.values(await rig.runHere());
  expect(outcomes, what).toContain('ran');
  expect(
    outcomes.filter((outcome) => outcome !== 'ran' && outcome !== 'cached'),
    what,
  ).toEqual([]);
  expect(rig.snapshot(), what).toEqual(clean);
  for (const path of rig.stored('blobs'))
    expect(basename(dirname(path)) + basename(path), what).toBe(hashOf(rig.path(path)));
}

const hashOf = (path: string): string => hexOf(digestBytes(readFileSync(path)));
