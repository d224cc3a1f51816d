// A folder that is either whole or not there: it is made elsewhere, and takes its place by one rename.

import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shownPath } from '../../api/opening/calls.js';
import { UserError } from '../../error.js';
import { inFolder, syncDescriptor, syncFolder, temporaryPath } from '../../files/atomic.js';
import { digestFile, hexOf } from '../../files/digest.js';
import { guarded } from '../../files/error.js';
import { makeFolder } from '../../files/make-folder.js';
import { readRegularFile } from '../../files/regular-file.js';
import { removeFolder, removeLeftovers } from '../../files/remove.js';
import { replaceFolder } from '../../store/tree.js';

/** What `sha256sum -c` reads: every file of the folder but itself. */
export const sumsFile = 'SHA256SUMS';

/** Beside the folder, for what is not whole yet. */
const draftsFolder = '.spikeline-publish';

/**
 * Makes a folder in the place of nothing, of an empty folder, or of one that was made so before and not changed since.
 *
 * @param fill writes into the folder that it is given
 * @throws UserError `E_USAGE` if something else is there
 */
export async function publishFolder(target: string, fill: (draft: string) => Promise<void>): Promise<void> {
  await checkPlace(target);
  const drafts = join(dirname(target), draftsFolder);
  removeLeftovers(drafts);
  const draft = temporaryPath(drafts);
  try {
    await guarded(draft, async () => {
      makeFolder(dirname(target));
      inFolder(drafts, () => mkdirSync(draft));
      await fill(draft);
      for (const path of filesIn(draft)) await syncFile(join(draft, path));
    });
    await guarded(target, async () => {
      // Others may have put something there meanwhile.
      await checkPlace(target);
      replaceFolder(draft, target, drafts);
      await syncFolder(dirname(target));
    });
  } finally {
    removeFolder(draft);
    removeEmpty(drafts);
  }
}

/** Paths of all files below a folder, relative to it, with `/`, in order. */
export function filesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? filesIn(folder, path) : [path];
    })
    .sort();
}

/** Lines of a digest and a path each, as `sha256sum` writes and reads them. */
export function sumsText(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  return files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('');
}

async function checkPlace(target: string): Promise<void> {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory())
    throw new UserError('E_USAGE', `${shownPath(target)} is no folder.`, 'name one that is not there yet');
  const foreign = await foreignIn(target);
  if (foreign === undefined) return;
  throw new UserError(
    'E_USAGE',
    `${shownPath(target)} is not empty, and ${foreign}: nothing is written over it.`,
    `name a folder that is not there yet, such as ${basename(target)}-2`,
  );
}

/** What is in a folder that nobody could make again; undefined if there is nothing. */
async function foreignIn(folder: string): Promise<string | undefined> {
  const files = filesIn(folder);
  if (files.length === 0) return readdirSync(folder).length === 0 ? undefined : 'holds folders';
  if (!files.includes(sumsFile)) return 'was not made by `publish`';
  const lines = readRegularFile(join(folder, sumsFile)).toString().split('\n').slice(0, -1);
  const sums = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  for (const path of files) {
    if (path === sumsFile) continue;
    const sum = sums.get(path);
    if (sum === undefined) return `${path} was added to it`;
    if (!lstatSync(join(folder, path)).isFile() || hexOf((await digestFile(join(folder, path))).digest) !== sum)
      return `${path} was changed in it`;
  }
  return undefined;
}

async function syncFile(path: string): Promise<void> {
  const descriptor = openSync(path, 'r');
  try {
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another one is being made.
  }
}
