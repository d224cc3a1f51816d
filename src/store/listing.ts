import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './error.js';

/** Names in a folder, sorted; none if it is not there, or is none. */
export function namesIn(folder: string): string[] {
  return entriesIn(folder)
    .map(({ name }) => name)
    .sort();
}

/** All that is no folder below a folder, sorted: links, too, wherever they lead. */
export function filesBelow(folder: string): string[] {
  return entriesIn(folder, true)
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

function entriesIn(folder: string, recursive = false): Dirent[] {
  try {
    return readdirSync(folder, { recursive, withFileTypes: true });
  } catch (error) {
    // Others remove folders, too.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
