import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { canonicalJson } from '../files/canonical.js';
import { isDigest } from '../files/digest.js';
import { StoreError, systemCode } from '../files/error.js';
import { createLimit } from '../files/limit.js';
import { isExecutable } from '../files/modes.js';
import { Pace, type Reading } from '../files/reading.js';
import type { Digest } from '../values.js';
import { leadsToBlob } from './aside.js';
import { describeLink, type FolderLink } from './links.js';
import { checkNames } from './listing.js';
import { isSorted, linkProblem, pathProblem, pathsProblem } from './manifest-rules.js';

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
  /**
   * Record type and schema version, so that no other kind of record has the same digest. Version 2 is that of folders
   * with links.
   */
  readonly type: 'spikeline-folder/1' | 'spikeline-folder/2';
  /** Sorted by path, in UTF-16 code units. */
  readonly files: readonly ManifestFile[];
  /** Folders with nothing in them, sorted; all others follow from the files. */
  readonly emptyFolders: readonly string[];
  /** Sorted by path; missing if there are none. */
  readonly links?: readonly FolderLink[];
}

/**
 * Gives the digest of one file: by reading it, by a cache, or by taking it into the store.
 *
 * @param isLink true if what the path leads to lies elsewhere
 */
export type FileDigester = (
  path: string,
  stat: BigIntStats,
  isLink: boolean,
) => Promise<{ digest: Digest; size: number }>;

const openFiles = 8;

/** What a walk through a folder has found. */
interface Found {
  readonly files: { readonly path: string; readonly stat: BigIntStats; readonly isLink: boolean }[];
  readonly emptyFolders: string[];
  readonly links: FolderLink[];
}

/**
 * Lists a folder with the digests of its files. Links are kept as such, but for those to blobs of a store, which are files.
 *
 * @throws StoreError `E_STORE_LINK` for symbolic links that lead out of the folder, `E_STORE_NAME` for names that can't
 *   be kept, `E_STORE_FILE_TYPE` for sockets, pipes and devices.
 */
export async function describeFolder(
  folder: string,
  digest: FileDigester,
  reading: Reading = {},
): Promise<FolderManifest> {
  const found: Found = { files: [], emptyFolders: [], links: [] };
  const pace = new Pace(reading, basename(folder));
  await walk(folder, '', await realpath(folder), { found, pace });
  const limit = createLimit(openFiles);
  const files = await Promise.all(
    found.files.map(({ path, stat, isLink }) =>
      limit(async (): Promise<ManifestFile> => {
        const content = await digest(join(folder, path), stat, isLink);
        pace.step(found.files.length);
        return { path, size: content.size, digest: content.digest, executable: isExecutable(join(folder, path), stat) };
      }),
    ),
  );
  const all = { files: files.sort(byPath), emptyFolders: found.emptyFolders.sort() };
  if (found.links.length === 0) return { type: 'spikeline-folder/1', ...all };
  return { type: 'spikeline-folder/2', ...all, links: found.links.sort(byPath) };
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }) => (a.path < b.path ? -1 : 1);

interface Walk {
  readonly found: Found;
  readonly pace: Pace;
}

async function walk(folder: string, relative: string, root: string, going: Walk): Promise<void> {
  const { found, pace } = going;
  const names = await readdir(join(folder, relative));
  checkNames(join(folder, relative), names);
  if (names.length === 0 && relative !== '') found.emptyFolders.push(relative);
  for (const name of names) {
    const path = relative === '' ? name : `${relative}/${name}`;
    const full = join(folder, path);
    checkPath(full, path);
    pace.look();
    const entry = await lstat(full, { bigint: true });
    const target = entry.isSymbolicLink() ? await blobBehind(full) : undefined;
    if (target !== undefined) found.files.push({ path, stat: target, isLink: true });
    else if (entry.isSymbolicLink()) found.links.push(await describeLink(folder, root, path));
    else if (entry.isDirectory()) await walk(folder, path, root, going);
    else if (entry.isFile()) found.files.push({ path, stat: entry, isLink: false });
    else throw new StoreError('E_STORE_FILE_TYPE', `${full} is neither a file nor a folder.`);
  }
}

/** Of the blob that a link leads to: so lie files of a store's folders, and `cp -r` copies them as what they are. */
async function blobBehind(link: string): Promise<BigIntStats | undefined> {
  if (!leadsToBlob(link)) return undefined;
  try {
    return await stat(link, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Characters of a path in an error. */
const longestShown = 200;

/** Refuses a path that no folder may hold: see `manifest-rules.ts`. */
function checkPath(full: string, path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  const shown = full.replace(/[\p{Cc}\\]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  const name =
    shown.length > longestShown ? `${shown.slice(0, longestShown / 2)}…${shown.slice(-longestShown / 2)}` : shown;
  throw new StoreError(
    'E_STORE_NAME',
    `${name} can't be kept: its path in the folder ${problem}.`,
    /longer|deep/.test(problem)
      ? 'Give it a shorter path, or put the files into an archive.'
      : 'Give it a name that every system takes.',
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
export function decodeManifest(content: string | Buffer): FolderManifest | BadManifest {
  // Whatever bytes are no text would be read as one and the same character.
  if (typeof content !== 'string' && !isUtf8(content)) return { problem: 'is not UTF-8' };
  const text = content.toString();
  let value: Partial<FolderManifest> | null;
  try {
    value = JSON.parse(text) as Partial<FolderManifest> | null;
  } catch {
    return { problem: 'is not a list of files' };
  }
  const { type, files, emptyFolders, links = [] } = value ?? {};
  const known = type === 'spikeline-folder/1' || type === 'spikeline-folder/2';
  if (!known || !Array.isArray(files) || !Array.isArray(emptyFolders) || !Array.isArray(links))
    return { problem: 'is not a list of files' };
  const problem = filesProblem(files) ?? foldersProblem(emptyFolders) ?? linksProblem(links);
  if (problem !== undefined) return { problem };
  const [paths, linkPaths] = [files, links].map((some: readonly { path: string }[]) => some.map(({ path }) => path));
  if (![paths!, emptyFolders, linkPaths!].every(isSorted)) return { problem: 'is not in order' };
  const together = pathsProblem([...paths!, ...emptyFolders, ...linkPaths!]);
  if (together !== undefined) return { problem: together };
  const linked = links.length === 0 ? {} : { links: links.map(({ path, target }: FolderLink) => ({ path, target })) };
  const manifest: FolderManifest = { emptyFolders, files: files.map(onlyFile), ...linked, type };
  // Fields that nobody knows, keys given twice, numbers and texts in other notations. With keys in their order, this is
  // canonical JSON, several times as fast.
  const right = (type === 'spikeline-folder/2') === links.length > 0 && JSON.stringify(manifest) === text;
  return right ? manifest : { problem: 'is not written as lists of files are' };
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

function linksProblem(links: readonly (Partial<FolderLink> | null)[]): string | undefined {
  for (const [index, link] of links.entries()) {
    const name = `has a link (number ${index + 1})`;
    const path = pathProblem(link?.path);
    if (path !== undefined) return `${name} whose path ${path}`;
    const target = linkProblem(link!.path!, link!.target);
    if (target !== undefined) return `${name} whose target ${target}`;
  }
  return undefined;
}

const onlyFile = ({ digest, executable, path, size }: ManifestFile): ManifestFile => ({
  digest,
  executable,
  path,
  size,
});
