// What choice.ts starts in a process of its own: compiles the kernels for this machine, unless another process is at it.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { systemCode } from '../../../files/error.js';
import { makeFolder } from '../../../files/make-folder.js';
import { ownToken, stateOf } from '../../../files/process-identity.js';
import { buildBest, findTarget, readVerdict, type Target } from './build.js';

/** After so long, another machine's process is not expected to be at it any more. */
const longestMinutes = 15;

const target = findTarget();
if (!('missing' in target) && readVerdict(target) === undefined) await buildOnce(target);

async function buildOnce(wanted: Target): Promise<void> {
  const lock = `${wanted.file}.lock`;
  makeFolder(dirname(lock));
  if (!take(lock) && !(isLeft(lock) && take(lock))) return;
  try {
    // After what it is for, but not last: beside a training on all processors, the lowest priority has it never end.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    await buildBest(wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, ownToken(), { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** True if it was left by a process that is no more: then it is taken away. */
function isLeft(lock: string): boolean {
  try {
    const state = stateOf(readFileSync(lock, 'utf8'));
    // A time yet to come tells of a clock that was wrong, and of nothing else.
    const minutes = Math.abs(Date.now() - statSync(lock).mtimeMs) / 60_000;
    if (state === 'alive' || (state === 'unknown' && minutes < longestMinutes)) return false;
    rmSync(lock, { force: true });
    return true;
  } catch {
    return false;
  }
}
