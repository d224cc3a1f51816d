// The thread that reads a Parquet file. It may run out of memory, or be ended: see `parquet.ts`.
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { ParquetAnswer, ParquetJob } from './parquet.js';
import { recordsOfParquet } from './parquet-rows.js';

const { descriptor, size, request } = workerData as ParquetJob;

/** A part of the file. */
function slice(start: number, end = size): ArrayBuffer {
  const [from, to] = [Math.max(0, start < 0 ? size + start : start), Math.min(size, end)];
  const bytes = new Uint8Array(Math.max(0, to - from));
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(descriptor, bytes, at, bytes.length - at, from + at);
    if (read === 0) throw new Error('it became shorter while it was read');
    at += read;
  }
  return bytes.buffer;
}

let answer: ParquetAnswer;
try {
  answer = { records: await recordsOfParquet({ byteLength: size, slice }, request) };
} catch (error) {
  answer = { problem: (error as Error).message };
}
// Not copied: they are as large as all else.
parentPort!.postMessage(answer, 'records' in answer ? [answer.records.buffer] : []);
