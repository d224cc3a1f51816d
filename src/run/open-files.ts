import { readFileSync } from 'node:fs';
import { StoreError } from '../files/error.js';

/** What a process needs that runs tasks, or is one. */
const least = 64;
/** What is open beside what tasks and threads need. */
const base = 48;
/** For a thread, or for a task that runs beside others. */
const each = 8;

/**
 * How many files a process may have open at a time, where the system tells. (Node has raised the limit to what the system
 * allows at most.)
 */
export function openFilesLimit(limits = '/proc/self/limits'): number {
  try {
    const [, found] = /^Max open files +(\d+)/m.exec(readFileSync(limits, 'utf8')) ?? [];
    return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** @throws StoreError where so few files may be open that something would fail in the middle, or never come to an end */
export function checkOpenFiles(limit = openFilesLimit()): void {
  if (limit >= least) return;
  throw new StoreError(
    'E_STORE_IO',
    `A process may have ${limit} files open at a time here; at least ${least} are needed.`,
    'Allow more, such as with `ulimit -n 1024`.',
  );
}

/** For how many threads, and tasks at a time, a process may have enough files open. */
export function threadsWithin(limit: number): number {
  return Math.max(1, Math.floor((limit - base) / each));
}
