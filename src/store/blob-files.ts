import { type BigIntStats, statSync } from 'node:fs';
import { StoreError, systemCode } from '../files/error.js';
import type { Digest } from '../values.js';

/** What tells that a blob is the very file that it was, as whoever reads it can see it. */
export interface BlobFile {
  readonly inode: bigint;
  readonly mode: bigint;
}

/** Why a blob can't be used. */
export type BlobState = 'good' | 'missing' | 'damaged';

/** What a task is told when a blob that it needs is not usable. */
export function blobError(digest: Digest, state: Exclude<BlobState, 'good'>, what: string): StoreError {
  return state === 'missing'
    ? new StoreError('E_STORE_MISSING', `${what} is not in the store (${digest}).`, 'Run again: it will be made again.')
    : new StoreError(
        'E_STORE_CORRUPT',
        `${what} was damaged in the store (${digest}). It has been set aside.`,
        'Run again: it will be made again.',
      );
}

export function unexpected(digest: Digest): StoreError {
  return new StoreError('E_STORE_CORRUPT', `What was received is not ${digest}.`);
}

export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** True if the owner of a file of this mode may read it. */
export const isReadable = (mode: bigint): boolean => (mode & 0o400n) !== 0n;
