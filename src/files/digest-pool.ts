import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildFolder } from '../paths.js';
import type { Digest } from '../values.js';

export interface FileContent {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** More threads than this wait for the disk. */
const mostThreads = 4;

/**
 * What a thread answers. An error loses its class and what it has beside its message on the way; without the name of the
 * system's call nobody could tell it from a mistake of this program.
 */
export type DigestAnswer = { readonly content: FileContent } | { readonly error: Omit<NodeJS.ErrnoException, 'name'> };

interface Request {
  readonly path: string;
  resolve(content: FileContent): void;
  reject(error: unknown): void;
}

const waiting: Request[] = [];
const idle: Worker[] = [];
let threads = 0;

/**
 * SHA-256 of a file, taken by a thread. Threads are started as they are needed, and do not keep the program alive.
 *
 * @throws the system's error
 */
export function digestLargeFile(path: string): Promise<FileContent> {
  return new Promise((resolve, reject) => {
    waiting.push({ path, resolve, reject });
    serve();
  });
}

function serve(): void {
  const limit = Math.min(mostThreads, availableParallelism());
  while (waiting.length > 0) {
    const worker = idle.pop() ?? (threads < limit ? start() : undefined);
    if (worker === undefined) return;
    give(worker, waiting.shift()!);
  }
}

function start(): Worker {
  threads++;
  // Without the flags of a program that uses this one: some forbid workers, others load what they have no use for.
  return new Worker(join(buildFolder, 'digest-worker.js'), { execArgv: [] });
}

function give(worker: Worker, { path, resolve, reject }: Request): void {
  const onMessage = (answer: DigestAnswer) => {
    worker.off('error', onError);
    worker.unref();
    idle.push(worker);
    if ('content' in answer) resolve(answer.content);
    else reject(Object.assign(new Error(answer.error.message), answer.error));
    serve();
  };
  const onError = (error: unknown) => {
    worker.off('message', onMessage);
    threads--;
    reject(error);
    serve();
  };
  worker.ref();
  worker.once('message', onMessage);
  worker.once('error', onError);
  worker.postMessage(path);
}
