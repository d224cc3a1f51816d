import { renameSync } from 'node:fs';
import { inFolder, temporaryPath } from '../files/atomic.js';
import { systemCode } from '../files/error.js';

/**
 * Moves a damaged file of a store out of the way. Where it may not be moved it stays, and is found damaged again by whoever
 * asks for it: of a store that may only be read, all else can be used.
 *
 * @param name what it was called
 */
export function setAside(path: string, quarantine: string, name: string): void {
  try {
    inFolder(quarantine, () => renameSync(path, `${temporaryPath(quarantine)}-${name}`));
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) throw error;
  }
}
