// A thread that hashes large files, one at a time.

import { closeSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { digestOpenFile } from './digest.js';
import type { DigestAnswer, FileContent } from './digest-pool.js';

/** Large enough for the disk to read ahead, small enough for the cache. */
const chunk = 1 << 19;

function digest(path: string): FileContent {
  const descriptor = openSync(path, 'r');
  try {
    return digestOpenFile(descriptor, chunk);
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
