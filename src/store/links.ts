import { readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { StoreError, systemCode } from '../files/error.js';
import { linkProblem } from './manifest-rules.js';

/** A symbolic link inside of a folder. */
export interface FolderLink {
  /** Relative to the folder, with `/` on every system. */
  readonly path: string;
  /** Relative to where the link lies, with `..` at the start alone: so it stays inside, whatever it comes across. */
  readonly target: string;
}

/**
 * A link of a folder as it is kept: relative, so that it leads to the same wherever the folder is laid out. It need not
 * lead to anything.
 *
 * @param root the folder's real path
 * @throws StoreError `E_STORE_LINK` if it leads out of the folder
 */
export async function describeLink(folder: string, root: string, path: string): Promise<FolderLink> {
  const full = join(folder, path);
  const raw = await readlink(full);
  const text = sep === '\\' ? raw.replaceAll('\\', '/') : raw;
  const below = [folder, root].find((top) => isAbsolute(raw) && (raw === top || raw.startsWith(top + sep)));
  // The part below the folder, of a link that names the whole path.
  const away = isAbsolute(raw) && below === undefined;
  const inside = below === undefined ? text : relative(dirname(full), join(folder, raw.slice(below.length)));
  const target = posix.normalize(inside.replaceAll(sep, '/')).replace(/(?<=.)\/$/, '');
  const problem = away ? 'leads out of the folder' : linkProblem(path, target);
  if (problem === undefined && (await isSame(full, join(root, dirname(path), target)))) return { path, target };
  throw new StoreError(
    'E_STORE_LINK',
    `${full} is a symbolic link to ${raw}, which ${problem ?? 'leads elsewhere through another link'}.`,
    'Put the files themselves there, or name the place that it leads to.',
  );
}

/** True if two paths lead to the same place, if anywhere: to take out a `..` after a link changes where it leads. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map(placeOf));
  return first === second;
}

async function placeOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
