// A thread that hashes large files, one at a time, and copies those that are to be copied as it reads them.

import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { digestOpenFile } from './digest.js';
import type { DigestAnswer, DigestJob, FileContent } from './digest-pool.js';
import { everyTellMs, firstTellMs } from './reading.js';

/** Large enough for the disk to read ahead, small enough for the cache. */
const chunk = 1 << 19;
/** What `blocks` counts in. */
const blockBytes = 512;

function digest({ path, copy }: DigestJob): FileContent {
  const descriptor = openSync(path, 'r');
  try {
    const { size, blocks, mode } = fstatSync(descriptor);
    let next = performance.now() + firstTellMs;
    const tell = (read: number) => {
      if (performance.now() < next) return;
      next = performance.now() + everyTellMs;
      parentPort!.postMessage({ read, size: fstatSync(descriptor).size } satisfies DigestAnswer);
    };
    if (copy === undefined) return digestOpenFile(descriptor, chunk, tell);
    // Never over what is there: in a folder that is shared, that may be a link to another file.
    const target = openSync(copy, 'wx', 0o600);
    try {
      const write = blocks * blockBytes < size ? sparseWriter(target) : (bytes: Buffer) => writeAll(target, bytes);
      const content = digestOpenFile(descriptor, chunk, (read, bytes) => {
        write(bytes, read - bytes.length);
        tell(read);
      });
      ftruncateSync(target, content.size);
      fchmodSync(target, mode & 0o777);
      return content;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Leaves out what is zero: a file with holes is often far longer than the disk. */
function sparseWriter(target: number): (bytes: Buffer, position: number) => void {
  const zeros = Buffer.alloc(chunk);
  return (bytes, position) => {
    if (!zeros.subarray(0, bytes.length).equals(bytes)) writeAll(target, bytes, position);
  };
}

/** A full disk takes a part at first. */
function writeAll(target: number, bytes: Buffer, position?: number): void {
  for (let at = 0; at < bytes.length; )
    at += writeSync(target, bytes, at, bytes.length - at, position === undefined ? null : position + at);
}

parentPort!.on('message', (job: DigestJob) => {
  let answer: DigestAnswer;
  try {
    answer = { content: digest(job) };
  } catch (error) {
    answer = { error: { ...(error as object), message: (error as Error).message } };
  }
  parentPort!.postMessage(answer);
});
