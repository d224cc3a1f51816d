import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildFolder } from '../../paths.js';
import { openDataFile } from '../data-file.js';
import { imageBytes } from '../formats/cifar.js';
import type { Part } from '../published.js';
import { damaged } from './layout.js';
import type { ParquetRequest } from './parquet-rows.js';

/** What the thread is given. */
export interface ParquetJob {
  /** Of the file, which is open. */
  readonly descriptor: number;
  /** Of the file, in bytes. */
  readonly size: number;
  readonly request: ParquetRequest;
}

/** What it answers: records, or what is wrong with the file, in words that follow the file's name. */
export type ParquetAnswer = { readonly records: Uint8Array<ArrayBuffer> } | { readonly problem: string };

/** More than a PNG of an image of CIFAR has. */
const imageLimit = 8192;
/** For each image: its labels, and the name of its file. */
const rowOverhead = 256;

/** Beyond what the file has, and may unpack to. */
const memory = 512 * 2 ** 20;
/** A hundred times as long as the largest takes. */
const longestMs = 300_000;
const watchMs = 50;

/**
 * The records of the parts of a split, in the order of the file, from a Parquet file with a PNG an image.
 * @throws {UserError} E_DATA_FORM
 */
export async function readParquet(path: string, parts: readonly Part[], labelBytes: 1 | 2): Promise<Uint8Array> {
  const count = parts.reduce((sum, { bytes }) => sum + bytes, 0) / (labelBytes + imageBytes);
  const limit = count * (imageLimit + rowOverhead) + 2 ** 20;
  const { descriptor, size } = openDataFile(path, path, limit);
  try {
    const answer = await readApart({ descriptor, size, request: { count, labelBytes, imageLimit, limit } });
    return 'records' in answer ? answer.records : damaged(path, answer.problem);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a file in a thread that can be stopped. The library believes what pages claim – how many values follow, how
 * often one is repeated, how many are in a list – and a few bytes can claim all memory, and hours.
 */
async function readApart(job: ParquetJob): Promise<ParquetAnswer> {
  const begin = { memory: process.memoryUsage.rss(), time: Date.now() };
  const allowed = memory + job.request.limit;
  const worker = new Worker(join(buildFolder, 'parquet-worker.js'), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(allowed / 2 ** 20) },
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ParquetAnswer>((resolve, reject) => {
      const tooMuch = () => resolve({ problem: 'it claims to hold far more than it has' });
      // Its limit is for objects alone; arrays of numbers lie beside them.
      watch = setInterval(() => {
        const taken = process.memoryUsage.rss() - begin.memory;
        if (taken > allowed || Date.now() - begin.time > longestMs) tooMuch();
      }, watchMs);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : reject(error),
      );
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
