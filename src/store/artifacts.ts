import { type BigIntStats, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { inFolder, removeFile, temporaryPath } from '../files/atomic.js';
import { digestBytes, digestFile } from '../files/digest.js';
import type { FileContent } from '../files/digest-pool.js';
import { guarded, StoreError, systemCode } from '../files/error.js';
import { after, type MaybePromise } from '../files/maybe-promise.js';
import { isExecutable } from '../files/modes.js';
import type { Reading } from '../files/reading.js';
import type { Digest } from '../values.js';
import { type BlobFile, type BlobState, blobError } from './blob-files.js';
import type { Blobs } from './blobs.js';
import { decodeManifest, describeFolder, encodeManifest, type FileDigester, type FolderManifest } from './manifest.js';
import type { StatCache } from './stat-cache.js';
import { copyTree, linkTree, type Tree } from './tree.js';
import type { Artifact } from './types.js';
import { areCopies, areUntouched, copiesIn } from './untouched.js';

/** A blob that an artifact needs and that can't be used. */
export interface BlobProblem {
  readonly digest: Digest;
  readonly state: Exclude<BlobState, 'good'>;
  /** The file inside a folder artifact; missing if it is the artifact itself or its manifest. */
  readonly path?: string;
}

/** Takes a file or folder into the store. It stays where it is. */
export async function ingest(blobs: Blobs, path: string, reading?: Reading): Promise<Artifact> {
  return take(blobs, path, await statInput(path), (file) => blobs.addFile(file, reading), reading);
}

/**
 * Takes a file or folder, which must be on the store's file system, into the store, and away from where it is. What a link
 * leads to is another's: that stays where it is, as with `ingest`.
 */
export async function adopt(blobs: Blobs, path: string, reading?: Reading): Promise<Artifact> {
  const found = await statInput(path, lstatSync);
  if (found.isSymbolicLink()) return ingest(blobs, path, reading);
  const add: FileDigester = (file, stat, isLink) =>
    isLink ? blobs.addFile(file, reading) : blobs.adoptFile(file, stat, reading);
  return take(blobs, path, found, add, reading);
}

async function take(
  blobs: Blobs,
  path: string,
  found: BigIntStats,
  add: FileDigester,
  reading: Reading | undefined,
): Promise<Artifact> {
  if (!found.isDirectory()) return fileArtifact(await add(path, found, false), path, found);
  const manifest = await guarded(path, () => describeFolder(path, add, reading));
  const artifact = folderArtifact(manifest);
  await blobs.addBytes(encodeManifest(manifest));
  return artifact;
}

/** The artifact that `ingest` would make, without taking it in. What did not change since the last time is not read. */
export async function describe(path: string, cache: StatCache, reading?: Reading): Promise<Artifact> {
  const digest = async (file: string, before: BigIntStats): Promise<FileContent> => {
    const known = cache.get(file, before);
    if (known !== undefined) return { digest: known, size: Number(before.size) };
    const readAt = Date.now();
    const content = await digestFile(file, reading);
    const after = statSync(file, { bigint: true });
    if (after.mtimeNs !== before.mtimeNs || after.size !== before.size || after.ino !== before.ino)
      throw new StoreError('E_INPUT_CHANGED', `${file} changed while it was read.`, 'Run again when it is complete.');
    cache.set(file, before, content.digest, readAt);
    return content;
  };
  const found = await statInput(path);
  if (found.isDirectory()) return folderArtifact(await guarded(path, () => describeFolder(path, digest, reading)));
  return fileArtifact(await guarded(path, () => digest(path, found)), path, found);
}

/**
 * The first blob of an artifact that can't be used; undefined if all are good.
 *
 * @param seen takes what tells the blobs that are good
 */
export function findProblem(
  blobs: Blobs,
  artifact: Artifact,
  reading?: Reading,
  seen?: Map<Digest, BlobFile>,
): MaybePromise<BlobProblem | undefined> {
  const { digest, size } = artifact;
  if (artifact.kind === 'folder') return findProblemInside(blobs, digest, reading, seen);
  return after(blobs.check(digest, { size, reading, seen }), (state) =>
    state === 'good' ? undefined : { digest, state },
  );
}

/** @param digest of a folder */
async function findProblemInside(
  blobs: Blobs,
  digest: Digest,
  reading: Reading | undefined,
  seen: Map<Digest, BlobFile> | undefined,
): Promise<BlobProblem | undefined> {
  const state = await blobs.check(digest, { seen });
  if (state !== 'good') return { digest, state };
  const manifest = await findManifest(blobs, digest);
  if (manifest === undefined) return { digest, state: 'damaged' };
  for (const file of manifest.files) {
    reading?.signal?.throwIfAborted();
    const fileState = await blobs.check(file.digest, { size: file.size, reading, seen });
    if (fileState !== 'good') return { digest: file.digest, state: fileState, path: file.path };
  }
  return undefined;
}

/** Notes that all blobs of an artifact are used. False if one is not there. */
export async function touch(blobs: Blobs, artifact: Artifact): Promise<boolean> {
  if (!(await blobs.touch(artifact.digest))) return false;
  for (const { digest } of (await treeOf(blobs, artifact)).files) if (!(await blobs.touch(digest))) return false;
  return true;
}

/** How an artifact is laid out. */
export interface LayingOut {
  /** `link`: links to the read-only blobs; `copy`: files of one's own, compared with their digests once more before they appear. */
  readonly mode: 'link' | 'copy';
  /** Names it in errors, such as `The input "data"`. */
  readonly what?: string;
  /** True if a link is there, of an earlier file: it stays where it leads to the right blob, else it goes. */
  readonly isLinked?: boolean;
  readonly reading?: Reading | undefined;
}

/** Tells whether what was laid out is still what it was. */
export type Watch = () => Promise<boolean>;

/** See `Store.materialise`. */
export async function materialise(
  blobs: Blobs,
  artifact: Artifact,
  target: string,
  { mode, what = 'An artifact', isLinked = false, reading }: LayingOut,
): Promise<Watch> {
  const seen = new Map<Digest, BlobFile>();
  const problem = await findProblem(blobs, artifact, reading, seen);
  if (problem !== undefined)
    throw blobError(problem.digest, problem.state, problem.path === undefined ? what : `${what} (${problem.path})`);
  const tree = await treeOf(blobs, artifact);
  if (mode === 'copy') {
    await copyOut(tree, artifact, target, { what, reading });
    const copies = copiesIn(tree.files, target);
    return () => guarded(target, () => areCopies(copies));
  }
  const stays = isLinked && leadsTo(target, artifact.executable ? undefined : blobs.pathOf(artifact.digest));
  // What can't be a link, because it is executable or the disk has none, is a copy here, too.
  const copies = stays ? [] : copiesIn(await linkOut(tree, artifact, target, reading), target);
  return () => guarded(target, async () => (await areCopies(copies)) && areUntouched(blobs, seen));
}

async function copyOut(
  tree: Tree,
  artifact: Artifact,
  target: string,
  { what, reading }: { readonly what: string; readonly reading: Reading | undefined },
): Promise<void> {
  const draft = temporaryPath(dirname(target));
  try {
    if (artifact.kind === 'folder') inFolder(dirname(draft), () => mkdirSync(draft));
    await copyTree(tree, draft, reading);
    for (const file of tree.files)
      if ((await digestFile(file.path === '' ? draft : `${draft}/${file.path}`, reading)).digest !== file.digest)
        throw blobError(file.digest, 'damaged', what);
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Puts links to an artifact's blobs at `target`, which must not exist, without a look at the blobs. */
export async function layOut(blobs: Blobs, artifact: Artifact, target: string): Promise<void> {
  await linkOut(await treeOf(blobs, artifact), artifact, target);
}

/** @returns files that are copies */
function linkOut(tree: Tree, { kind }: Artifact, target: string, reading?: Reading): Promise<Tree['files']> {
  if (kind === 'folder') inFolder(dirname(target), () => mkdirSync(target));
  return linkTree(tree, target, { reading });
}

/** True if a link leads to the blob that is wanted. Else it is removed. */
function leadsTo(link: string, blob: string | undefined): boolean {
  try {
    if (readlinkSync(link) === blob) return true;
  } catch {
    // Somebody has removed it, or put something else there.
  }
  removeFile(link);
  return false;
}

/** All blobs that an artifact needs, each once: of a folder, its manifest and its files. */
export async function blobsOf(blobs: Blobs, artifact: Artifact): Promise<readonly FileContent[]> {
  const { kind, digest, size } = artifact;
  if (kind === 'file') return [{ digest, size }];
  const manifest = await readManifest(blobs, digest);
  const own = { digest, size: Buffer.byteLength(encodeManifest(manifest)) };
  return [
    ...new Map(
      [own, ...manifest.files].map((blob) => [blob.digest, { digest: blob.digest, size: blob.size }]),
    ).values(),
  ];
}

/** The files of an artifact, with their blobs. */
export async function treeOf(blobs: Blobs, artifact: Artifact): Promise<Tree> {
  if (artifact.kind === 'file') {
    const { digest, executable = false } = artifact;
    return { files: [{ path: '', blob: blobs.pathOf(digest), digest, executable }], folders: [], links: [] };
  }
  const manifest = await readManifest(blobs, artifact.digest);
  return {
    files: manifest.files.map(({ path, digest, executable }) => ({
      path,
      blob: blobs.pathOf(digest),
      digest,
      executable,
    })),
    folders: ['', ...manifest.emptyFolders],
    links: manifest.links ?? [],
  };
}

async function readManifest(blobs: Blobs, digest: Digest): Promise<FolderManifest> {
  const manifest = await findManifest(blobs, digest);
  if (manifest === undefined) throw blobError(digest, 'damaged', 'The list of files of a folder');
  return manifest;
}

/** The list of a folder's files; undefined if there is none that can be used. A bad one is set aside. */
export async function findManifest(blobs: Blobs, digest: Digest): Promise<FolderManifest | undefined> {
  const bytes = await blobs.read(digest);
  if (bytes === undefined) return undefined;
  const manifest = decodeManifest(bytes);
  if (!('problem' in manifest)) return manifest;
  // It holds what its name says: nothing else would find fault with it, and whoever made it will make it anew.
  await blobs.reject(digest);
  return undefined;
}

function fileArtifact({ digest, size }: FileContent, path: string, stat: BigIntStats): Artifact {
  return { digest, ...(isExecutable(path, stat) && { executable: true }), kind: 'file', size };
}

function folderArtifact(manifest: FolderManifest): Artifact {
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return { digest: digestBytes(encodeManifest(manifest)), kind: 'folder', size };
}

async function statInput(path: string, stat: typeof statSync | typeof lstatSync = statSync): Promise<BigIntStats> {
  return guarded(path, async () => {
    let found: BigIntStats;
    try {
      found = stat(path, { bigint: true });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
      throw new StoreError('E_INPUT_MISSING', `${path} does not exist.`, undefined, { cause: error });
    }
    if (found.isFile() || found.isDirectory() || found.isSymbolicLink()) return found;
    throw new StoreError('E_STORE_FILE_TYPE', `${path} is neither a file nor a folder.`);
  });
}
