import { join } from 'node:path';
import { guarded, StoreError } from '../../files/error.js';
import { removeFolder } from '../../files/remove.js';
import { freeBytes } from '../../files/space.js';
import type { Digest } from '../../values.js';
import { findManifest, layOut } from '../artifacts.js';
import type { FolderManifest } from '../manifest.js';
import type { Store } from '../store.js';
import type { Artifact } from '../types.js';
import type { NamedBlob } from './action-result.js';
import { RemoteError } from './remote.js';
import { transfers } from './traffic.js';

/** Where single blobs come from. */
export interface BlobSource {
  /** True if a file of this size can be had, as far as is known. */
  carries(size: number): boolean;
  /** Brings a blob into the store. False if it can't be had. */
  getBlob(blob: NamedBlob, moved: (bytes: number) => void): Promise<boolean>;
  /** Brings the list of a folder's files into the store, if it is a good one. Undefined if it can't be had. */
  getManifest(digest: Digest): Promise<FolderManifest | undefined>;
}

/**
 * Brings artifacts into a store, as far as they are not there, and sees that they can be used: all blobs are there in
 * the sizes that are claimed for them, and folders can be laid out on this system.
 *
 * @param progress bytes so far, and in all
 * @returns false if something can't be had
 * @throws RemoteError `content` if the artifacts can't be what they are said to be
 */
export async function fetchArtifacts(
  store: Store,
  artifacts: readonly Artifact[],
  source: BlobSource,
  progress?: (done: number, total: number) => void,
): Promise<boolean> {
  const lists = await settleAll(artifacts.map((artifact) => blobsOf(store, artifact, source)));
  const sizes = new Map<Digest, number>();
  for (const list of lists) {
    if (list === undefined) return false;
    for (const { digest, size } of list) {
      if ((sizes.get(digest) ?? size) !== size) throw new RemoteError('content', 'it gives one file two sizes');
      sizes.set(digest, size);
    }
  }
  const blobs: NamedBlob[] = [];
  for (const [digest, size] of sizes) if (!(await isHere(store, { digest, size }))) blobs.push({ digest, size });
  if (!blobs.every(({ size }) => source.carries(size))) return false;
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  checkSpace(store, total);
  let done = 0;
  const moved = (bytes: number) => {
    done += bytes;
    progress?.(done, total);
  };
  moved(0);
  if (!(await each(blobs, (blob) => source.getBlob(blob, moved)))) return false;
  await tryLayout(store, artifacts);
  return true;
}

/** The blobs of an artifact, with the list of a folder's files brought here. Undefined if there is no such list. */
async function blobsOf(
  store: Store,
  { kind, digest, size }: Artifact,
  source: BlobSource,
): Promise<readonly NamedBlob[] | undefined> {
  if (kind === 'file') return [{ digest, size }];
  const here = (await store.blobs.touch(digest)) ? await findManifest(store.blobs, digest) : undefined;
  const manifest = here ?? (await source.getManifest(digest));
  const sum = manifest?.files.reduce((bytes, file) => bytes + file.size, 0);
  if (manifest !== undefined && sum !== size)
    throw new RemoteError('content', 'the list of a folder’s files is not what its record says');
  return manifest?.files;
}

async function isHere({ blobs }: Store, { digest, size }: NamedBlob): Promise<boolean> {
  return (await blobs.check(digest, { size })) === 'good' && (await blobs.touch(digest));
}

/** A remote that announces more than the disk takes must not fill it. The store may lie on another one than `artifacts/`. */
function checkSpace({ blobs: { folder } }: Store, bytes: number): void {
  if (bytes > (freeBytes(folder) ?? Number.POSITIVE_INFINITY))
    throw new StoreError('E_STORE_FULL', `There is no space left for its ${bytes} bytes in ${folder}.`);
}

/** Lays folders out where nobody sees them: what this system can't lay out must have no record. */
async function tryLayout(store: Store, artifacts: readonly Artifact[]): Promise<void> {
  const folders = artifacts.filter(({ kind }) => kind === 'folder');
  if (folders.length === 0) return;
  const work = await store.workFolder();
  try {
    await guarded(`its files below ${store.folder}`, async () => {
      for (const [index, artifact] of folders.entries()) await layOut(store.blobs, artifact, join(work, String(index)));
    });
  } finally {
    removeFolder(work);
  }
}

/** Does something with several at a time, until it fails for one. Says whether it did not. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<boolean>): Promise<boolean> {
  let next = 0;
  let goesOn = true;
  const worker = async () => {
    try {
      while (goesOn && next < items.length) if (!(await act(items[next++]!))) goesOn = false;
    } catch (error) {
      goesOn = false;
      throw error;
    }
  };
  await settleAll(Array.from({ length: transfers }, worker));
  return goesOn;
}

/** Waits for all, then throws what the first of them threw: none of them goes on when the caller has gone. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
