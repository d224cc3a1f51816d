import { lstatSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './error.js';
import { isToken, stateOf } from './process-identity.js';

/**
 * How often a folder is emptied into which somebody writes meanwhile, such as what a task has left running. Four times are
 * the most that a process needed that does nothing but make files there.
 */
const mostTurns = 50;

/**
 * Removes a file, or a folder with all that is in it, whatever others put there meanwhile. It need not be there.
 *
 * `rmSync` reads a folder once, and with `maxRetries` tries no more than its last step again.
 *
 * @throws what the system says; ENOTEMPTY where files stay by another name while somebody has them open (NFS)
 */
function removeAll(path: string): void {
  for (let turn = 1; ; turn++)
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if (systemCode(error) !== 'ENOTEMPTY' || turn === mostTurns) throw error;
    }
}

/** Removes a file, or a folder with all that is in it but for files that somebody has open on NFS. */
export function removePath(path: string): void {
  try {
    removeAll(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOTEMPTY') throw error;
  }
}

/**
 * Removes a folder (or a file) of which nothing is wanted any more, or as much of it as can be: what is in the store's
 * temporary folder and can't be removed is left to the next `Store.open`. Of a link, that is the link: others may have put
 * it there, and what it leads to is somebody's.
 */
export function removeFolder(folder: string): void {
  try {
    if (lstatSync(folder).isDirectory()) removeTree(folder);
    else unlinkSync(folder);
  } catch {
    try {
      // Slower, and more patient with other systems' habits.
      removeAll(folder);
    } catch {
      // The next one may do better.
    }
  }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) removeTree(path);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}

/** Removes from a folder of drafts what dead processes of this host have left half done. */
export function removeLeftovers(temporary: string): void {
  let names: string[];
  try {
    names = readdirSync(temporary);
  } catch {
    return;
  }
  // Those of another user stay: that one will remove them.
  for (const name of names) if (isToken(name) && stateOf(name) === 'dead') removeFolder(join(temporary, name));
}
