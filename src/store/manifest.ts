import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { canonicalJson } from './canonical.js';
import { isDigest } from './digest.js';
import { StoreError } from './error.js';
import { createLimit } from './limit.js';
import { checkNames } from './listing.js';
import { isSorted, pathProblem, pathsProblem } from './manifest-rules.js';
import { isExecutable } from './tree.js';
import type { Digest } from './types.js';

/** One file of a folder. */
export interface ManifestFile {
  /** Relative to the folder, with `/` on every system. */
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** What a folder holds. Its canonical JSON is a blob, and that blob's digest is the folder's. */
export interface FolderManifest {
  /** Record type and schema version come first, so that no other kind of record has the same digest. */
  readonly type: 'spikeline-folder/1';
  /** Sorted by path, in UTF-16 code units. */
  readonly files: readonly ManifestFile[];
  /** Folders with nothing in them, sorted; all others follow from the files. */
  readonly emptyFolders: readonly string[];
}

/** Gives the digest of one file: by reading it, by a cache, or by taking it into the store. */
export type FileDigester = (path: string, stat: BigIntStats) => Promise<{ digest: Digest; size: number }>;

const openFiles = 8;

interface FoundFile {
  readonly path: string;
  readonly link: boolean;
  readonly stat: BigIntStats;
}

/**
 * Lists a folder with the digests of its files.
 *
 * @throws StoreError `E_STORE_LINK` for symbolic links that lead out of the folder or to folders, `E_STORE_FILE_TYPE`
 *   for sockets, pipes and devices.
 */
export async function describeFolder(folder: string, digest: FileDigester): Promise<FolderManifest> {
  const found: FoundFile[] = [];
  const emptyFolders: string[] = [];
  await walk(folder, '', await realpath(folder), found, emptyFolders);
  const limit = createLimit(openFiles);
  const all = (some: readonly FoundFile[]) =>
    Promise.all(
      some.map(({ path, stat }) =>
        limit(async (): Promise<ManifestFile> => {
          const content = await digest(join(folder, path), stat);
          return { path, size: content.size, digest: content.digest, executable: isExecutable(stat.mode) };
        }),
      ),
    );
  // Links first: the digester may take the files away that they lead to.
  const files = [...(await all(found.filter(({ link }) => link))), ...(await all(found.filter(({ link }) => !link)))];
  return {
    type: 'spikeline-folder/1',
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    emptyFolders: emptyFolders.sort(),
  };
}

async function walk(
  folder: string,
  relative: string,
  root: string,
  files: FoundFile[],
  emptyFolders: string[],
): Promise<void> {
  const names = await readdir(join(folder, relative));
  checkNames(join(folder, relative), names);
  if (names.length === 0 && relative !== '') emptyFolders.push(relative);
  for (const name of names) {
    const path = relative === '' ? name : `${relative}/${name}`;
    const full = join(folder, path);
    checkPath(full, path);
    let entry = await lstat(full, { bigint: true });
    const link = entry.isSymbolicLink();
    if (link) {
      entry = await stat(full, { bigint: true }).catch((error: unknown) => {
        throw new StoreError('E_STORE_LINK', `${full} is a symbolic link to nothing.`, undefined, { cause: error });
      });
      if (!entry.isFile() || !(await realpath(full)).startsWith(root + sep))
        throw new StoreError(
          'E_STORE_LINK',
          `${full} is a symbolic link ${entry.isFile() ? 'that leads out of its folder' : 'to a folder'}.`,
          'Put the files themselves there, or name the place that it leads to.',
        );
    }
    if (entry.isDirectory()) await walk(folder, path, root, files, emptyFolders);
    else if (entry.isFile()) files.push({ path, link, stat: entry });
    else throw new StoreError('E_STORE_FILE_TYPE', `${full} is neither a file nor a folder.`);
  }
}

/** Refuses a path that no folder may hold: see `manifest-rules.ts`. */
function checkPath(full: string, path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  const shown = full.replace(/[\p{Cc}\\]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  throw new StoreError(
    'E_STORE_NAME',
    `${shown} can't be kept: its path in the folder ${problem}.`,
    'Give it a name that every system takes.',
  );
}

/** The bytes of the manifest blob. */
export function encodeManifest(manifest: FolderManifest): string {
  return canonicalJson(manifest);
}

/** Why a manifest is not to be used, in words that follow `it`. */
export interface BadManifest {
  readonly problem: string;
}

/**
 * Reads a manifest. Each folder has one text, and all others are refused: what `describeFolder` would not make, such as
 * paths that lead out of the folder or into a file, is no folder. The work grows with the text and no faster.
 */
export function decodeManifest(text: string): FolderManifest | BadManifest {
  let value: Partial<FolderManifest> | null;
  try {
    value = JSON.parse(text) as Partial<FolderManifest> | null;
  } catch {
    return { problem: 'is no list of files' };
  }
  const { type, files, emptyFolders } = value ?? {};
  if (type !== 'spikeline-folder/1' || !Array.isArray(files) || !Array.isArray(emptyFolders))
    return { problem: 'is no list of files' };
  const problem = filesProblem(files) ?? foldersProblem(emptyFolders);
  if (problem !== undefined) return { problem };
  const paths = files.map(({ path }: ManifestFile) => path);
  if (!isSorted(paths) || !isSorted(emptyFolders)) return { problem: 'is not in order' };
  const together = pathsProblem([...paths, ...emptyFolders]);
  if (together !== undefined) return { problem: together };
  const manifest: FolderManifest = { emptyFolders, files: files.map(onlyFile), type };
  // Fields that nobody knows, keys given twice, numbers and texts in other notations. With keys in their order, this is
  // canonical JSON, several times as fast.
  return JSON.stringify(manifest) === text ? manifest : { problem: 'is not written as lists of files are' };
}

function filesProblem(files: readonly (Partial<ManifestFile> | null)[]): string | undefined {
  let sum = 0;
  for (const [index, file] of files.entries()) {
    // By number: a path may hold anything.
    const name = `has a file (number ${index + 1})`;
    const path = pathProblem(file?.path);
    if (path !== undefined) return `${name} whose path ${path}`;
    const { digest, size, executable } = file!;
    if (!isDigest(digest)) return `${name} without a digest`;
    if (!Number.isSafeInteger(size) || size! < 0 || Object.is(size, -0)) return `${name} without a size`;
    if (typeof executable !== 'boolean') return `${name} of which it does not say whether it is executable`;
    sum += size!;
  }
  return Number.isSafeInteger(sum) ? undefined : 'has files of more bytes than there can be';
}

function foldersProblem(folders: readonly unknown[]): string | undefined {
  for (const [index, folder] of folders.entries()) {
    const path = pathProblem(folder);
    if (path !== undefined) return `has an empty folder (number ${index + 1}) whose path ${path}`;
  }
  return undefined;
}

const onlyFile = ({ digest, executable, path, size }: ManifestFile): ManifestFile => ({
  digest,
  executable,
  path,
  size,
});
