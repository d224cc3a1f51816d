// A thread that hashes large files, one at a time.

import { closeSync, fstatSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { digestOpenFile } from './digest.js';
import type { DigestAnswer, FileContent } from './digest-pool.js';

/** Large enough for the disk to read ahead, small enough for the cache. */
const chunk = 1 << 19;
/** When it is told first how far it is, and how often then, in milliseconds. */
const [firstMs, everyMs] = [3_000, 10_000];

function digest(path: string): FileContent {
  const descriptor = openSync(path, 'r');
  try {
    let next = performance.now() + firstMs;
    return digestOpenFile(descriptor, chunk, (read) => {
      if (performance.now() < next) return;
      next = performance.now() + everyMs;
      parentPort!.postMessage({ read, size: fstatSync(descriptor).size } satisfies DigestAnswer);
    });
  } finally {
    closeSync(descriptor);
  }
}

parentPort!.on('message', (path: string) => {
  let answer: DigestAnswer;
  try {
    answer = { content: digest(path) };
  } catch (error) {
    answer = { error: { ...(error as object), message: (error as Error).message } };
  }
  parentPort!.postMessage(answer);
});
