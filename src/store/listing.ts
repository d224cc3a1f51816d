import { isUtf8 } from 'node:buffer';
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError, systemCode } from '../files/error.js';

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

/**
 * Refuses names that are not UTF-8: they can't be told from one another by their texts.
 *
 * @param names of what is in the folder, as texts
 * @throws StoreError `E_STORE_NAME`
 */
export function checkNames(folder: string, names: readonly string[]): void {
  // What is no UTF-8 was read as this character, which may as well be in a name.
  if (!names.some((name) => name.includes('\ufffd'))) return;
  const bad = readdirSync(folder, { encoding: 'buffer' }).find((name) => !isUtf8(name));
  if (bad === undefined) return;
  const shown = [...bad].map((byte) =>
    byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
  );
  throw new StoreError(
    'E_STORE_NAME',
    `${folder} holds a file whose name is not UTF-8: ${shown.join('')}`,
    'Give it a name in UTF-8; `convmv` renames many.',
  );
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
