import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { temporaryPath } from './atomic.js';
import { systemCode } from './error.js';
import type { Digest } from './types.js';

/** A file to be put at a place: which blob, and whether it is to be executable. */
export interface TreeFile {
  /** Relative to the tree's root, with `/`. Empty if the root is the file itself. */
  readonly path: string;
  /** Absolute path of the blob. */
  readonly blob: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** What lies at a place: files, and folders that would not follow from them. */
export interface Tree {
  readonly files: readonly TreeFile[];
  readonly folders: readonly string[];
}

/**
 * Makes a tree of symbolic links to blobs, at a place where nothing is yet. Links to blobs can't be executable, so
 * executable files are copies, and where the system refuses links (Windows without the privilege), all are.
 *
 * @param movedTo where the tree will be renamed to: then links are relative to that place, so that store and tree can
 *   be moved together. Without it they are absolute.
 */
export async function linkTree(tree: Tree, target: string, movedTo?: string): Promise<void> {
  await forEachPlace(tree, target, async (file, place) => {
    if (file.executable) return copyBlob(file, place);
    try {
      const link = movedTo === undefined ? file.blob : relative(dirname(join(movedTo, file.path)), file.blob);
      await symlink(link, place, 'file');
    } catch (error) {
      if (systemCode(error) !== 'EPERM') throw error;
      await copyBlob(file, place);
    }
  });
}

/** Makes a tree of copies that may be changed, at a place where nothing is yet. */
export async function copyTree(tree: Tree, target: string): Promise<void> {
  await forEachPlace(tree, target, async (file, place) => {
    await copyBlob(file, place);
    await chmod(place, file.executable ? 0o755 : 0o644);
  });
}

async function copyBlob(file: TreeFile, place: string): Promise<void> {
  await copyFile(file.blob, place);
  if (file.executable) await chmod(place, 0o555);
}

async function forEachPlace(
  tree: Tree,
  target: string,
  put: (file: TreeFile, place: string) => Promise<void>,
): Promise<void> {
  for (const folder of tree.folders) await mkdir(join(target, folder), { recursive: true });
  for (const file of tree.files) {
    const place = join(target, file.path);
    await mkdir(dirname(place), { recursive: true });
    await put(file, place);
  }
}

/** Is the place exactly the tree of relative links? Then nothing needs to be done; copies always do. */
export async function isLinked(tree: Tree, target: string): Promise<boolean> {
  const expected = new Map<string, string | undefined>();
  for (const folder of tree.folders) expected.set(resolve(target, folder), undefined);
  for (const file of tree.files) {
    const place = resolve(target, file.path);
    expected.set(place, relative(dirname(place), file.blob));
    for (let folder = dirname(place); folder.startsWith(target + sep); folder = dirname(folder))
      expected.set(folder, undefined);
  }
  const found = await readdir(target, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (found === undefined || found.length !== expected.size) return false;
  for (const entry of found) {
    const place = join(entry.parentPath, entry.name);
    if (!expected.has(place)) return false;
    // Another run may be replacing the folder right now: then it is not what is expected.
    const link = entry.isSymbolicLink() ? await readlink(place).catch(() => undefined) : undefined;
    if (link !== expected.get(place) || (link === undefined && !entry.isDirectory())) return false;
  }
  return true;
}

/** Replaces the folder at `target` by `draft`. The old one is moved away whole before it is removed. */
export async function replaceFolder(draft: string, target: string, temporary: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  for (;;) {
    const old = temporaryPath(temporary);
    await rename(target, old).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    try {
      await rename(draft, target);
      return;
    } catch (error) {
      // Another process put its own there in between.
      if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}

/**
 * Removes links that lie directly in a folder. In a folder between a stage and its tasks they are what the stage left
 * there when it had fewer axes.
 */
export async function removeLinks(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isSymbolicLink()) await unlink(join(folder, entry.name));
}

/** Makes way for a folder where a file or link is. */
export async function removeFile(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry !== undefined && !entry.isDirectory()) await unlink(path);
}
