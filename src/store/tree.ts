import {
  chmodSync,
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { inFolder, temporaryPath } from '../files/atomic.js';
import { copyContent } from '../files/copy.js';
import { hasNoLinks, StoreError, systemCode } from '../files/error.js';
import { isExecutable, isModeless } from '../files/modes.js';
import type { Reading } from '../files/reading.js';
import { removeFolder } from '../files/remove.js';
import type { Digest } from '../values.js';
import { leadsToBlob } from './aside.js';
import type { FolderLink } from './links.js';

/** A file to be put at a place: which blob, and whether it is to be executable. */
export interface TreeFile {
  /** Relative to the tree's root, with `/`. Empty if the root is the file itself. */
  readonly path: string;
  /** Absolute path of the blob. */
  readonly blob: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** What lies at a place: files, folders that would not follow from them, and links from one to another. */
export interface Tree {
  readonly files: readonly TreeFile[];
  readonly folders: readonly string[];
  readonly links: readonly FolderLink[];
}

/** Browsers go by the name of what a link leads to, and blobs have no ending: such a file would be shown as text. */
const shownByName = /\.(svg|html?)$/i;

/** True if a file must be a copy where people are to open it; links to blobs can't be executable either. */
const isCopied = (file: Pick<TreeFile, 'path' | 'executable'>): boolean =>
  file.executable || shownByName.test(file.path);

/**
 * Makes a tree of symbolic links to blobs, at a place where nothing is yet. Executable files are copies, and where
 * links are refused (by Windows without the privilege, by exFAT), all are.
 *
 * @param how.movedTo where the tree will be renamed to, for people to look at: then links are relative to that place, so
 *   that store and tree can be moved together, and files that would not open as links are copies. Without it links are
 *   absolute.
 * @returns files that are copies
 */
export async function linkTree(
  tree: Tree,
  target: string,
  { movedTo, reading }: { readonly movedTo?: string; readonly reading?: Reading | undefined } = {},
): Promise<readonly TreeFile[]> {
  const copies: TreeFile[] = [];
  await forEachPlace(tree, target, async (file, place) => {
    if (!(movedTo === undefined ? file.executable : isCopied(file)))
      try {
        const link = movedTo === undefined ? file.blob : relative(dirname(join(movedTo, file.path)), file.blob);
        inFolder(dirname(place), () => symlinkSync(link, place, 'file'));
        return;
      } catch (error) {
        if (!hasNoLinks(error)) throw error;
      }
    await copyBlob(file, place, reading);
    copies.push(file);
  });
  return copies;
}

/** Makes a tree of copies that may be changed, at a place where nothing is yet. */
export async function copyTree(tree: Tree, target: string, reading?: Reading): Promise<void> {
  await forEachPlace(tree, target, async (file, place) => {
    reading?.signal?.throwIfAborted();
    await copyBlob(file, place, reading);
    chmodSync(place, file.executable ? 0o755 : 0o644);
  });
}

async function copyBlob(file: TreeFile, place: string, reading: Reading | undefined): Promise<void> {
  // It is there for the most part: to look is faster than to try to make it.
  if (!existsSync(dirname(place))) mkdirSync(dirname(place), { recursive: true });
  await copyContent(file.blob, place, reading);
  if (file.executable) chmodSync(place, 0o555);
}

async function forEachPlace(
  tree: Tree,
  target: string,
  put: (file: TreeFile, place: string) => Promise<void>,
): Promise<void> {
  for (const folder of tree.folders) mkdirSync(join(target, folder), { recursive: true });
  for (const file of tree.files) {
    const place = join(target, file.path);
    try {
      await put(file, place);
    } catch (error) {
      throw refusedName(error, file.path, target) ?? error;
    }
  }
  // Last: nothing is written through them.
  for (const link of tree.links) {
    const place = join(target, link.path);
    mkdirSync(dirname(place), { recursive: true });
    try {
      symlinkSync(link.target, place);
    } catch (error) {
      if (!hasNoLinks(error)) throw error;
      const message = `${link.path} is a symbolic link in its folder, and the disk of ${target} has none.`;
      throw new StoreError('E_STORE_LINK', message, 'Choose a folder on another disk with --artifacts.', {
        cause: error,
      });
    }
  }
}

/** Why a disk does not take a file that another one had: names that differ in capitals alone, or with signs that it has no room for. */
function refusedName(error: unknown, path: string, target: string): StoreError | undefined {
  const code = systemCode(error);
  const isSame = code === 'EEXIST';
  if (!isSame && !(['ENOENT', 'EINVAL'].includes(code ?? '') && /[<>:"\\|?*]|[. ](\/|$)/.test(path))) return undefined;
  const why = isSame ? 'has a file of that name already, in other letters' : 'takes no such name';
  const message = `${path} can't be laid out as it is in its folder: the disk of ${target} ${why}.`;
  return new StoreError('E_STORE_NAME', message, 'Choose a folder on another disk with --artifacts.', { cause: error });
}

/** True if the place is a tree that {@link linkTree} makes, of links or of copies: then nothing needs to be done. */
export function isLinked(tree: Tree, target: string): boolean {
  const expected = new Map<string, TreeFile | FolderLink | undefined>();
  const expect = (path: string, entry?: TreeFile | FolderLink): void => {
    expected.set(path, entry);
    // Folders above it, up to those that others have brought in.
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (expected.has(folder)) break;
      expected.set(folder, undefined);
    }
  };
  for (const folder of tree.folders) if (folder !== '') expect(folder);
  for (const entry of [...tree.files, ...tree.links]) expect(entry.path, entry);
  let found = 0;
  const matches = (folder: string): boolean => {
    const at = folder === '' ? target : join(target, folder);
    return readdirSync(at, { withFileTypes: true }).every((there) => {
      const { name } = there;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (!expected.has(path)) return false;
      found++;
      const entry = expected.get(path);
      // A link to a folder of the same content is none.
      if (entry === undefined) return there.isDirectory() && matches(path);
      const place = join(at, name);
      if ('target' in entry) return readlinkSync(place) === entry.target;
      if (isCopied(entry) || !there.isSymbolicLink()) return isCopyOf(entry, place);
      return readlinkSync(place) === relative(at, entry.blob);
    });
  };
  try {
    return matches('') && found === expected.size;
  } catch (error) {
    // Not there, not a link where one should be, or another run is replacing the folder right now.
    if (['ENOENT', 'ENOTDIR', 'EINVAL', 'UNKNOWN'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

function isCopyOf(file: TreeFile, place: string): boolean {
  const found = lstatSync(place, { bigint: true });
  const right = isModeless(place, found) || isExecutable(place, found) === file.executable;
  return (
    found.isFile() &&
    right &&
    Number(found.size) === statSync(file.blob).size &&
    readFileSync(place).equals(readFileSync(file.blob))
  );
}

/** Replaces the folder at `target` by `draft`. The old one is moved away whole before it is removed. */
export function replaceFolder(draft: string, target: string, temporary: string): void {
  for (;;) {
    try {
      // A folder that is not there, or is empty, gives way by itself.
      inFolder(dirname(target), () => renameSync(draft, target));
      return;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
      const old = temporaryPath(temporary);
      try {
        renameSync(target, old);
      } catch (failure) {
        // Another process has moved it away in between; what could not be moved for another reason will not give way.
        if (systemCode(failure) !== 'ENOENT') throw error;
      }
      removeFolder(old);
    }
  }
}

/**
 * Removes links to blobs that lie directly in a folder. In a folder between a stage and its tasks they are what the stage left
 * there when it had fewer axes.
 */
export function removeLinks(folder: string): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() && leadsToBlob(path)) unlinkSync(path);
  }
}

/** Makes way for a folder where a file or link is. */
export function removeUnlessFolder(path: string): void {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry !== undefined && !entry.isDirectory()) unlinkSync(path);
}
