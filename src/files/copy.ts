import { constants, copyFileSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { hashedAtOnce } from './digest.js';
import { copyLargeFile, type FileContent } from './digest-pool.js';
import { systemCode } from './error.js';
import type { Reading } from './reading.js';

/** Files up to this size are copied at once. */
const smallCopy = 1 << 16;
/** Never over what is there: in a folder that is shared, that may be a link to another file. */
const apart = constants.COPYFILE_EXCL;

/**
 * Copies a file to a place where nothing is. Where the file system can, the copy shares its blocks with the original until one
 * of them is written to.
 *
 * @returns what was copied, where it had to be read for that
 * @throws the system's error, or the reason of the signal that gave it up: then a part of it may be there
 */
export async function copyContent(source: string, target: string, reading?: Reading): Promise<FileContent | undefined> {
  const { size } = statSync(source);
  if (size <= smallCopy) copyFileSync(source, target, apart | constants.COPYFILE_FICLONE);
  else if (size <= hashedAtOnce) await copyFile(source, target, apart | constants.COPYFILE_FICLONE);
  // The system's own copy of a large file can't be stopped, not even by the end of the process.
  else if (!isCloned(source, target)) return copyLargeFile(source, target, reading);
  return undefined;
}

/** False where the file system has no copies that share blocks, or none between these two places. */
function isCloned(source: string, target: string): boolean {
  try {
    copyFileSync(source, target, apart | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT', 'EACCES', 'ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')) throw error;
    rmSync(target, { force: true });
    return false;
  }
}
