// `artifacts/` may be shared with others, who could plant links in it to have something else written to. Only
// `artifacts/` and `artifacts/store` themselves may be links: below them nothing is written through one.
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { StoreError, systemCode } from './error.js';

/** Windows has no such flag, and asks for a privilege to make links. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const appendFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow;

/** Set-group-id, so that all in it is the group's, and writable by the group. */
const groupShare = 0o2020;

/**
 * Checks the folder of a store, with all that lies directly in it. It need not exist.
 *
 * @throws StoreError `E_STORE_LINK`, `E_STORE_ACCESS`
 */
export function checkStore(artifacts: string): void {
  const store = join(artifacts, 'store');
  let of: Stats | undefined;
  for (const folder of [artifacts, store]) {
    of = statSync(folder, { throwIfNoEntry: false });
    if (of === undefined) return;
    checkOwner(folder, of);
    if ((of.mode & groupShare) === groupShare) shareWithGroup();
  }
  for (const entry of entriesIn(store)) {
    const path = join(store, entry.name);
    if (entry.isSymbolicLink()) throw linkError(path);
    checkInside(path, of!);
  }
}

/**
 * Checks what lies in a folder of a store that was checked: nobody may be able to put results there who could not do so in the
 * folder itself. It need not exist. Root, who may use anybody's store, is nobody else in that: in a container what lies in a
 * user's folder is that user's, or root's. Only where anyone may put something into the folder itself does root take it, as
 * volumes of several users are, and shares on which root is nobody.
 *
 * @param of the folder that it lies in
 * @returns whether it exists
 * @throws StoreError `E_STORE_ACCESS`
 */
export function checkInside(path: string, of: Stats): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  const own = process.geteuid?.();
  if (own === undefined || (own === 0 && (of.mode & 0o002) !== 0)) return true;
  const { uid, gid, mode } = stat;
  const isShared = (of.mode & 0o020) !== 0 && gid === of.gid;
  if (![own, 0, of.uid].includes(uid) && !isShared)
    throw new StoreError(
      'E_STORE_ACCESS',
      `${path} belongs to another user (${uid}), who has no part in the folder that it lies in.`,
      'Remove it: what is missing is made again. To share a store with a group: chgrp -R GROUP, chmod -R g+rwXs,o-w.',
    );
  // Volumes of containers are root's, whatever their modes.
  if (of.uid !== 0 && (mode & 0o002) !== 0 && (of.mode & 0o002) === 0)
    throw new StoreError(
      'E_STORE_ACCESS',
      `Anyone may write to ${path}, and not to the folder that it lies in.`,
      'Has somebody else been there? If not: chmod -R o-w ARTIFACTS. Else remove it: what is missing is made again.',
    );
  return true;
}

/**
 * Checks folders below `artifacts/` that are to be written to. They need not exist.
 *
 * @throws StoreError `E_STORE_LINK`, `E_STORE_ACCESS`
 */
export function checkFolders(folders: readonly string[]): void {
  for (const folder of folders) checkFolder(folder);
}

/** The same for one of them. False if it does not exist. */
export function checkFolder(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.isSymbolicLink()) throw linkError(folder);
  checkOwner(folder, stat);
  return true;
}

/** True if files can be put into a folder; one that is not there yet counts, as it will be made. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}

/** Opens a file of ours to write at its end. What somebody has put in its place, a link to another file, goes. */
export function openToAppend(path: string): number {
  for (let again = false; ; again = true)
    try {
      const descriptor = openSync(path, appendFlags, 0o666);
      if (again || fstatSync(descriptor).nlink === 1) return descriptor;
      // A further name of a file that may be of weight elsewhere.
      closeSync(descriptor);
      unlinkSync(path);
    } catch (error) {
      // FreeBSD says EMLINK.
      if (again || !['ELOOP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error;
      unlinkSync(path);
    }
}

/** Opens a new, empty file in the place of whatever was there. */
export function openAnew(path: string): number {
  for (let again = false; ; again = true)
    try {
      return openSync(path, 'wx', 0o666);
    } catch (error) {
      if (again || systemCode(error) !== 'EEXIST') throw error;
      unlinkSync(path);
    }
}

/**
 * Others' folders are used where they could not be up to anything, or are meant to be shared:
 * - root's, and by root all: containers run as root in their users' folders;
 * - those that we can only read;
 * - those that their group may write to, and we are in it;
 * not those that we may write to because everybody may.
 */
function checkOwner(folder: string, { uid, gid, mode }: Stats): void {
  const own = process.geteuid?.();
  if (own === undefined || own === 0 || uid === own || uid === 0) return;
  const shared = (mode & 0o020) !== 0 && (process.getegid?.() === gid || process.getgroups?.().includes(gid) === true);
  if (shared || (mode & 0o002) === 0) return;
  throw new StoreError(
    'E_STORE_ACCESS',
    `${folder} belongs to another user (${uid}), and anyone may write to it.`,
    'To share it with a group: chgrp -R GROUP, chmod -R g+rwXs,o-w. Or choose another folder with --artifacts.',
  );
}

/** What goes into a folder that is shared by a group may be changed by all of it, whatever this user is used to. */
function shareWithGroup(): void {
  try {
    process.umask(process.umask() & ~0o070);
  } catch {
    // Threads have none of their own.
  }
}

function linkError(path: string): StoreError {
  return new StoreError(
    'E_STORE_LINK',
    `${path} is a symbolic link, and nothing is written through one.`,
    'Remove it. Only the artifacts folder as a whole, and `store` in it, may be links.',
  );
}

function entriesIn(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // What can't be listed is told of where it is needed.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
