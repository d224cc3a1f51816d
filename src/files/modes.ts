import { type BigIntStats, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Linux's numbers of file systems that keep no modes: all files have the same one, mostly that of a program. */
const without: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x5346544e]);
/** Of those behind which one may be that keeps none: FUSE, such as for NTFS, and shares of SMB. */
const perhapsWithout: ReadonlySet<number> = new Set([0x65735546, 0xff534d42, 0xfe534d42]);

/** By the number of the device: what kind of file system it has. */
const kinds = new Map<bigint, number | undefined>();

/**
 * True if a file may be executed, by anybody, and its disk could say otherwise. Where a disk keeps no modes, what it says of
 * all files is nothing that a result may depend on.
 */
export function isExecutable(path: string, { mode, dev }: Pick<BigIntStats, 'mode' | 'dev'>): boolean {
  return (Number(mode) & 0o111) !== 0 && !isModeless(path, { mode, dev });
}

/** True if the disk of a file keeps no modes. Where a disk can't be told, all rights for all are taken for none that anybody gave. */
export function isModeless(path: string, { mode, dev }: Pick<BigIntStats, 'mode' | 'dev'>): boolean {
  if (process.platform !== 'linux') return false;
  if (!kinds.has(dev)) kinds.set(dev, kindAt(path));
  const kind = kinds.get(dev);
  if (kind === undefined) return false;
  return without.has(kind) || (perhapsWithout.has(kind) && (Number(mode) & 0o777) === 0o777);
}

function kindAt(path: string): number | undefined {
  for (const place of [path, dirname(path)])
    try {
      // As the system has it, which may be a negative number.
      return statfsSync(place).type >>> 0;
    } catch {
      // It may be gone by now.
    }
  return undefined;
}
