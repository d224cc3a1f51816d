import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../files/atomic.js';
import { digestBytes } from '../files/digest.js';
import { guarded, systemCode } from '../files/error.js';
import { IrregularFile, readRegularFile } from '../files/regular-file.js';
import type { TaskKey } from './types.js';

const type = 'spikeline-resume/1';

/** Mid-task state that survives `kill -9`: the newest saved state of this very task, under its key. */
export interface ResumePoint {
  /** The newest complete state, or undefined on a fresh start. */
  load(): Promise<Uint8Array | undefined>;
  /** Replaces the state atomically. It is removed once the task is done. */
  save(state: Uint8Array): Promise<void>;
}

/** A task's mid-way state in the store. The key says everything the state depends on, so it fits whenever it is found. */
export interface StoredResumePoint extends ResumePoint {
  /** True if there is a state, complete or not. */
  exists(): boolean;
  /** Changes whenever a state is saved; undefined if there is none. */
  version(): string | undefined;
  /** Removes the state, once the task's record is durable. */
  finish(): Promise<void>;
}

export function openResumePoint(store: string, key: TaskKey, temporary: string): StoredResumePoint {
  const path = join(store, 'resume', key);
  return {
    load: () =>
      guarded(path, async () => {
        const file = readOr(path);
        if (file === undefined) return undefined;
        const end = file.indexOf('\n');
        const state = file.subarray(end + 1);
        if (end >= 0 && file.toString('utf8', 0, end) === `${type} ${digestBytes(state)}`) return state;
        await rm(path, { recursive: true, force: true });
        return undefined;
      }),
    save: (state) => guarded(path, () => writeAtomically(path, [`${type} ${digestBytes(state)}\n`, state], temporary)),
    exists: () => existsSync(path),
    version: () => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      return stat && `${stat.mtimeNs} ${stat.ino}`;
    },
    finish: () => guarded(path, () => rm(path, { force: true })),
  };
}

/** Bytes of a state: no program can hold more in one piece. */
const largestState = 2 ** 31 - 1;

function readOr(path: string): Buffer | undefined {
  try {
    return readRegularFile(path, largestState);
  } catch (error) {
    // As damaged as one of no bytes.
    if (error instanceof IrregularFile) return Buffer.alloc(0);
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
