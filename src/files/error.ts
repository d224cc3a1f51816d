import { lstatSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { UserError } from '../error.js';
import type { MaybePromise } from './maybe-promise.js';

/** Stable codes of what can go wrong with a store. */
export type StoreErrorCode =
  /** A blob does not hold what its name says. It has been set aside. */
  | 'E_STORE_CORRUPT'
  /** A blob that an artifact needs is not there. */
  | 'E_STORE_MISSING'
  /** No space, or a quota, or a file too large for the file system. */
  | 'E_STORE_FULL'
  /** The store may not be read or written. */
  | 'E_STORE_ACCESS'
  /** The device or the network file system failed. */
  | 'E_STORE_IO'
  /** A symbolic link in an artifact that leads out of it, or to a folder. */
  | 'E_STORE_LINK'
  /** A file name that can't be kept: it is not UTF-8, or some system would take it for something else. */
  | 'E_STORE_NAME'
  /** Something that is neither file nor folder, such as a socket. */
  | 'E_STORE_FILE_TYPE'
  /** A file changed while it was read, or since the plan was made. */
  | 'E_INPUT_CHANGED'
  /** A file that a task names as its input is not there. */
  | 'E_INPUT_MISSING'
  /** A value that has no canonical JSON form, such as NaN. */
  | 'E_CANONICAL';

/** What a store could not do, in words for users. */
export class StoreError extends UserError {
  override readonly name = 'StoreError';
  declare readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, hint?: string, options: ErrorOptions = {}) {
    super(code, message, hint, { ...options, exitCode: code === 'E_INPUT_MISSING' ? 2 : 1 });
  }
}

const codes: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  ENOSPC: ['E_STORE_FULL', 'There is no space left for'],
  EDQUOT: ['E_STORE_FULL', 'The disk quota is used up; there is no space for'],
  EFBIG: ['E_STORE_FULL', 'The file system cannot hold a file as large as'],
  EACCES: ['E_STORE_ACCESS', 'There is no permission to use'],
  EPERM: ['E_STORE_ACCESS', 'There is no permission to use'],
  EROFS: ['E_STORE_ACCESS', 'The file system is read-only; it does not take'],
  ENOTDIR: ['E_STORE_ACCESS', 'There is a file where a folder has to be for'],
  ENAMETOOLONG: ['E_STORE_ACCESS', ''],
  EISDIR: ['E_STORE_ACCESS', 'There is a folder where a file has to be for'],
  ELOOP: ['E_STORE_ACCESS', 'There is a symbolic link where none may be for'],
  EBUSY: ['E_STORE_ACCESS', 'Another program, or the system, holds'],
  EIO: ['E_STORE_IO', 'The device failed at'],
  ESTALE: ['E_STORE_IO', 'The network file system lost'],
  EMFILE: ['E_STORE_IO', 'Too many files are open to use'],
  ENFILE: ['E_STORE_IO', 'Too many files are open on this machine to use'],
};

/** Bytes that a name has at most on nearly every file system. */
const longestName = 255;

const elsewhere = 'choose another folder for results with --artifacts.';
const noPermission = `\`ls -ld\` shows whose it is: ask them, or ${elsewhere}`;
/** What to do where a disk is full. */
export const noSpace = `Make room (\`npx spikeline gc\` removes results that nothing reaches), or ${elsewhere}`;

const hints: Readonly<Record<string, string>> = {
  EACCES: noPermission,
  EPERM: noPermission,
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EROFS: 'Results in it can be used; to compute others, choose another folder with --artifacts.',
  EMFILE: 'Allow more open files, such as with `ulimit -n 1024`, or run fewer tasks at a time with --jobs.',
  EFBIG: 'Is there a limit on the size of files? `ulimit -f` shows it.',
  EXDEV: 'All folders of a store have to lie on one disk: mount `store` as a whole, or make it a link.',
  ENOENT: 'Was it removed meanwhile? Run again: what is missing is made again.',
};

/** The system's error code of a failed file operation, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** True if the system refused a link as something that this file system, or this user, can't have. */
export const hasNoLinks = (error: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '');

/** Runs file operations of the store on `path`; what the system refuses becomes a `StoreError`. */
export async function guarded<T>(path: string, operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw knownError(error, path) ?? error;
  }
}

/** As `guarded`, for what mostly is known at once. */
export function guardedMaybe<T>(path: string, operation: () => MaybePromise<T>): MaybePromise<T> {
  try {
    const result = operation();
    return result instanceof Promise ? guarded(path, () => result) : result;
  } catch (error) {
    throw knownError(error, path) ?? error;
  }
}

interface NodePermissionError extends Error {
  /** Such as `FileSystemWrite`, and for what. */
  readonly permission?: string;
  readonly resource?: string;
}

/** This very process may not do everything: whoever started it has turned Node's permission model on. */
function notPermitted(error: NodePermissionError): StoreError {
  const { permission = '', resource = '', message } = error;
  const what = [permission, resource].filter((part) => part !== '').join(': ');
  return new StoreError(
    'E_STORE_ACCESS',
    `Node was started with --permission, and ${what === '' ? `says: ${message}` : `does not allow ${what}.`}`,
    'Start it without: `echo $NODE_OPTIONS` may show where that comes from.',
    { cause: error },
  );
}

/**
 * What the system refused at a place where nothing expected it; undefined if the error is none of the system's.
 *
 * @param what is written or read, where the system names no path
 */
export function systemError(error: unknown, what = 'a file'): StoreError | undefined {
  const { syscall, errno, path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: string };
  if (systemCode(error) === 'ERR_ACCESS_DENIED') return notPermitted(error as NodePermissionError);
  if (syscall === undefined) return undefined;
  if (syscall === 'uv_cwd')
    return new StoreError(
      'E_STORE_ACCESS',
      'The working folder no longer exists.',
      'Change to one that does, with `cd`.',
    );
  const known = knownError(error, path ?? what);
  if (known !== undefined) return known;
  const [, why] = getSystemErrorMap().get(errno ?? 0) ?? [];
  const call = [syscall, path, dest].filter((part) => part !== undefined).join(' ');
  const code = systemCode(error) ?? '';
  return new StoreError('E_STORE_IO', `The system refused: ${call}: ${why ?? code}.`, hints[code], { cause: error });
}

/** What the machine lacks, whoever asked for it: space, open files, a device that works. Undefined for all other errors. */
export function lackOf(error: unknown, what: string): StoreError | undefined {
  const [lacking] = codes[systemCode(error) ?? ''] ?? [];
  return lacking === 'E_STORE_FULL' || lacking === 'E_STORE_IO' ? systemError(error, what) : undefined;
}

function knownError(error: unknown, path: string): StoreError | undefined {
  const code = systemCode(error) ?? '';
  const known = codes[code];
  if (known === undefined || error instanceof StoreError) return undefined;
  // What is used may be one file, and what stands in the way lie above the other that it goes to.
  const { dest, path: own } = error as { readonly dest?: string; readonly path?: string };
  if (code === 'ENAMETOOLONG')
    return new StoreError(known[0], tooLongText(path, own ?? path), undefined, { cause: error });
  const refused = code === 'EROFS' || hints[code] === noPermission ? newIn(path) : undefined;
  if (refused !== undefined) return new StoreError(known[0], ...cannotMake(refused, code), { cause: error });
  const hint = code === 'ENOTDIR' ? (wayOut(path) ?? wayOut(dest) ?? wayOut(own)) : hints[code];
  return new StoreError(known[0], `${known[1]} ${path}.`, hint, { cause: error });
}

/** Where something is to be made: the folder that is there, and the first part of the path that is not. */
function newIn(path: string): { readonly folder: string; readonly name: string } | undefined {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    const folder = dirname(at);
    try {
      if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return undefined;
      if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return { folder, name: basename(at) };
    } catch {
      // What is out of reach may be there.
      return undefined;
    }
  }
  return undefined;
}

/** What may not be made is nowhere to be looked at: the folder that it is to be made in is. */
function cannotMake({ folder, name }: { folder: string; name: string }, code: string): [message: string, hint: string] {
  if (code === 'EROFS') return [`The file system is read-only: ${name} can't be made in ${folder}.`, hints[code]!];
  return [
    `There is no permission to make ${name} in ${folder}.`,
    `\`ls -ld ${folder}\` shows whose it is: ask them, or ${elsewhere}`,
  ];
}

/** What is too long may be the way to it alone, and lie far below the path that is spoken of. */
function tooLongText(path: string, refused: string): string {
  const name = refused.split('/').find((part) => Buffer.byteLength(part) > longestName);
  return name === undefined && refused !== path
    ? `The system takes no path as long as one in ${path}.`
    : `The file system cannot hold a name as long as ${path}.`;
}

/** Names the file that stands where a folder above `path` has to be: the path alone doesn't say which one it is. */
function wayOut(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    try {
      if (!statSync(above).isDirectory()) return `Remove or rename ${above}.`;
    } catch {
      // Below the file that is looked for, or out of reach.
    }
  }
  return undefined;
}
