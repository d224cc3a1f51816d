import { lstatSync } from 'node:fs';
import { digestFile } from '../files/digest.js';
import { isExecutable } from '../files/modes.js';
import type { Digest } from '../values.js';
import type { BlobFile } from './blob-files.js';
import type { Blobs } from './blobs.js';
import type { Tree } from './tree.js';

/** A file of a task's own that an artifact is laid out by. */
interface Copy {
  readonly place: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** True if blobs are in the very files they were in, with the right bytes and modes. All damaged ones are set aside. */
export async function areUntouched(blobs: Blobs, seen: ReadonlyMap<Digest, BlobFile>): Promise<boolean> {
  let same = true;
  for (const [digest, file] of seen) if ((await blobs.check(digest, { file })) !== 'good') same = false;
  return same;
}

/** What copies are like before a task is given them. @param folder where they lie, or the only one of them */
export function copiesIn(files: Tree['files'], folder: string): readonly Copy[] {
  return files.map(({ path, digest }) => {
    const place = path === '' ? folder : `${folder}/${path}`;
    return { place, digest, executable: isExecutable(place, lstatSync(place, { bigint: true })) };
  });
}

/** True if copies hold what they did, and may be executed as before; what was removed or added since does not count. */
export async function areCopies(copies: readonly Copy[]): Promise<boolean> {
  for (const { place, digest, executable } of copies) {
    const found = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (found?.isFile() !== true) continue;
    if (isExecutable(place, found) !== executable || (await digestFile(place)).digest !== digest) return false;
  }
  return true;
}
