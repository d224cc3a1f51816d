// The thread that reads a Parquet file. It may run out of memory, or be ended: see `parquet.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import type { ParquetAnswer, ParquetJob } from './parquet.js';
import { recordsOfParquet } from './parquet-rows.js';

const { file, request } = workerData as ParquetJob;
let answer: ParquetAnswer;
try {
  answer = { records: await recordsOfParquet(file, request) };
} catch (error) {
  answer = { problem: (error as Error).message };
}
parentPort!.postMessage(answer);
