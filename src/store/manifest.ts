import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { canonicalJson } from './canonical.js';
import { isDigest } from './digest.js';
import { StoreError } from './error.js';
import { createLimit } from './limit.js';
import { checkNames } from './listing.js';
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

/** The bytes of the manifest blob. */
export function encodeManifest(manifest: FolderManifest): string {
  return canonicalJson(manifest);
}

/** Reads a manifest; undefined if it is none, or if a path in it would lead out of the folder. */
export function decodeManifest(text: string): FolderManifest | undefined {
  let value: Partial<FolderManifest> | null;
  try {
    value = JSON.parse(text) as Partial<FolderManifest> | null;
  } catch {
    return undefined;
  }
  const { type, files, emptyFolders } = value ?? {};
  if (type !== 'spikeline-folder/1' || !Array.isArray(files) || !Array.isArray(emptyFolders)) return undefined;
  const good =
    files.every(
      (file: ManifestFile | null) =>
        isSafePath(file?.path) && isDigest(file?.digest) && Number.isSafeInteger(file?.size),
    ) && emptyFolders.every(isSafePath);
  return good ? (value as FolderManifest) : undefined;
}

/** Does a relative path stay inside its folder, on every system? */
function isSafePath(path: unknown): path is string {
  if (typeof path !== 'string' || path.includes('\0') || (sep === '\\' && /[\\:]/.test(path))) return false;
  return path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}
