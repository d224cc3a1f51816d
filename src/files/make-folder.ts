import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError, systemCode } from './error.js';

/**
 * Makes a folder with all above it, and returns the first that was not there. Node's own way never comes to an end where
 * the system makes no folder in one that is there, as automounters of home folders do for names that they don't know.
 *
 * @param mode of what is made
 * @throws StoreError if something else is there
 */
export function makeFolder(folder: string, mode?: number): string | undefined {
  try {
    return isMade(folder, mode) ? folder : undefined;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    const made = makeFolder(dirname(folder), mode);
    return isMade(folder, mode) ? (made ?? folder) : made;
  }
}

/** False if it is there already. */
function isMade(folder: string, mode?: number): boolean {
  try {
    mkdirSync(folder, mode);
    return true;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    // To others, `EEXIST` would say that what they want to put there is there.
    throw systemCode(error) === 'EEXIST' ? inTheWay(folder) : error;
  }
}

function inTheWay(folder: string): StoreError {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() !== true)
    return new StoreError('E_STORE_ACCESS', `There is a file where a folder has to be: ${folder}.`);
  const message = `${folder} is a symbolic link to a place that does not exist.`;
  return new StoreError('E_STORE_LINK', message, 'Mount the disk that it leads to, or remove the link.');
}
