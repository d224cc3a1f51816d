import type { statfsSync as Statfs } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { isExecutable, isModeless } from '../../src/files/modes.js';

const disk = vi.hoisted(() => ({ type: 0, asked: [] as string[] }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statfsSync = (path: string): Pick<ReturnType<typeof Statfs>, 'type'> => {
    disk.asked.push(path);
    if (path.includes('gone')) throw new Error('ENOENT');
    return { type: disk.type };
  };
  return { ...fs, statfsSync };
});

/** Each test has disks of its own. */
let dev = 1000n;
beforeEach(() => {
  dev++;
  disk.asked = [];
});

const file = (mode: number) => ({ mode: BigInt(0o100000 + mode), dev });

describe.skipIf(process.platform !== 'linux')('a file on a disk', () => {
  it.each([
    ['that keeps modes', 0xef53, [true, true, false]],
    ['of exFAT', 0x2011bab0, [false, false, false]],
    ['of FAT', 0x4d44, [false, false, false]],
    ['behind FUSE, which may keep them', 0x65735546, [false, true, false]],
    ['behind SMB, of a number that came as a negative one', 0xff534d42 | 0, [false, true, false]],
  ])('%s may be executed if somebody could have said so', (_, type, expected) => {
    disk.type = type;
    expect([0o777, 0o755, 0o644].map((mode) => isExecutable('/d/f', file(mode)))).toEqual(expected);
    expect(disk.asked).toHaveLength(1);
  });

  it('is asked about by its folder where it has been taken away, and taken at its word where that is gone, too', () => {
    disk.type = 0x2011bab0;
    expect(isExecutable('/d/gone.txt', file(0o755))).toBe(false);
    expect(disk.asked).toEqual(['/d/gone.txt', '/d']);
    dev++;
    expect(isExecutable('/gone/f', file(0o755))).toBe(true);
    expect(isModeless('/gone/f', file(0o755))).toBe(false);
  });
});
