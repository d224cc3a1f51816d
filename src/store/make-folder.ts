import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './error.js';

/**
 * Makes a folder with all above it, and returns the first that was not there. Node's own way never comes to an end where
 * the system makes no folder in one that is there, as automounters of home folders do for names that they don't know.
 */
export function makeFolder(folder: string): string | undefined {
  try {
    return isMade(folder) ? folder : undefined;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    const made = makeFolder(dirname(folder));
    return isMade(folder) ? (made ?? folder) : made;
  }
}

/** False if it is there already. */
function isMade(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}
