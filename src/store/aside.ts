import { type Dirent, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { inFolder } from '../files/atomic.js';
import { digestFile } from '../files/digest.js';
import { systemCode } from '../files/error.js';
import type { Blobs } from './blobs.js';

/** What our links lead to, wherever the store has been moved since. */
const blobPattern = /(^|[/\\])store[/\\]blobs[/\\][0-9a-f]{2}[/\\][0-9a-f]{62}$/;

/** True if a link of the readable tree leads to a blob; others are not ours. */
export function leadsToBlob(link: string): boolean {
  return blobPattern.test(readlinkSync(link));
}

/**
 * What lies in the place of a result and was not put there by a run: files and links that are not of the store, and
 * copies from it that were changed.
 *
 * @param top the file or folder that shows a result
 * @returns paths, those in folders one by one
 */
export async function foreignFiles(top: string, blobs: Pick<Blobs, 'holds'>): Promise<string[]> {
  const entry = lstatSync(top, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  if (!entry.isDirectory()) return (await isOurs(top, entry, top, blobs)) ? [] : [top];
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of entriesIn(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (!(await isOurs(path, entry, top, blobs))) found.push(path);
    }
  };
  await walk(top);
  return found;
}

/** Moves files to another folder, under the paths that they have relative to `from`. Returns the new paths. */
export function moveAside(files: readonly string[], from: string, to: string): string[] {
  return files.flatMap((file) => {
    const place = join(to, relative(from, file));
    try {
      mkdirSync(dirname(place), { recursive: true });
      inFolder(dirname(place), () => renameSync(file, place));
      return [place];
    } catch (error) {
      // Another run was faster.
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

async function isOurs(
  path: string,
  entry: Pick<Dirent, 'isSymbolicLink' | 'isFile'>,
  top: string,
  blobs: Pick<Blobs, 'holds'>,
): Promise<boolean> {
  try {
    if (entry.isSymbolicLink()) return leadsToBlob(path) || leadsInto(path, top);
    // As long as the store has the content, nothing is lost.
    return entry.isFile() && blobs.holds((await digestFile(path)).digest);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    if (systemCode(error) === 'EACCES') return false;
    throw error;
  }
}

function leadsInto(link: string, top: string): boolean {
  return resolve(dirname(link), readlinkSync(link)).startsWith(top + sep);
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
