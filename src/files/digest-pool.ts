import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { usableCores } from '../control-groups.js';
import { buildFolder } from '../paths.js';
import { formatSize } from '../schema/size.js';
import type { Digest } from '../values.js';
import { type Reading, toldOf } from './reading.js';

export interface FileContent {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** More threads than this wait for the disk. */
const mostThreads = 4;

/** What a thread is told. */
export interface DigestJob {
  readonly path: string;
  /** Where a copy is to be made of what is read. Nothing may be there. */
  readonly copy?: string;
}

/**
 * What a thread answers: how far it is, while it goes on, and at last one of the others. An error loses its class and what it
 * has beside its message on the way; without the name of the system's call nobody could tell it from a mistake of this program.
 */
export type DigestAnswer =
  | { readonly content: FileContent }
  | { readonly error: Omit<NodeJS.ErrnoException, 'name'> }
  | { readonly read: number; readonly size: number };

interface Request {
  readonly job: DigestJob;
  readonly reading: Reading;
  resolve(content: FileContent): void;
  reject(error: unknown): void;
}

const waiting: Request[] = [];
const idle: Worker[] = [];
const working = new Map<Request, Worker>();
let threads = 0;

/**
 * SHA-256 of a file, taken by a thread. Threads are started as they are needed, and do not keep the program alive.
 *
 * @throws the system's error, or the reason of the signal that gave it up
 */
export function digestLargeFile(path: string, reading: Reading = {}): Promise<FileContent> {
  return order({ path }, reading);
}

/**
 * Copies a file byte by byte, with the permissions that it has, and tells what was copied. What is there is never written
 * over. Of a copy that fails or is given up a part may be there, but nothing is written any more.
 *
 * @throws as `digestLargeFile`
 */
export function copyLargeFile(path: string, copy: string, reading: Reading = {}): Promise<FileContent> {
  return order({ path, copy }, reading);
}

async function order(job: DigestJob, reading: Reading): Promise<FileContent> {
  const { signal } = reading;
  signal?.throwIfAborted();
  let giveUp: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const request = { job, reading, resolve, reject };
      giveUp = () => abandon(request);
      signal?.addEventListener('abort', giveUp);
      waiting.push(request);
      serve();
    });
  } finally {
    if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
  }
}

/** Nobody waits for it any more: a thread that is at it ends, in the middle of the file. */
function abandon(request: Request): void {
  const place = waiting.indexOf(request);
  if (place >= 0) waiting.splice(place, 1);
  const worker = working.get(request);
  working.delete(request);
  const reject = () => request.reject(request.reading.signal?.reason);
  if (worker === undefined) {
    reject();
    return;
  }
  forget(worker);
  threads--;
  const ended = worker.terminate();
  // Who removes a copy must not do so while it grows.
  if (request.job.copy === undefined) reject();
  else void ended.then(reject, reject);
  // What waits for the same signal goes first.
  queueMicrotask(serve);
}

function forget(worker: Worker): void {
  worker.removeAllListeners('message');
  worker.removeAllListeners('error');
}

function serve(): void {
  const limit = Math.min(mostThreads, usableCores());
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

function give(worker: Worker, request: Request): void {
  const { job, reading, resolve, reject } = request;
  const doing = `${job.copy === undefined ? 'reading' : 'copying'} ${basename(job.path)}`;
  const end = () => {
    forget(worker);
    working.delete(request);
  };
  working.set(request, worker);
  worker.ref();
  worker.on('message', (answer: DigestAnswer) => {
    if ('read' in answer) {
      toldOf(reading)(`${doing}: ${formatSize(answer.read)} of ${formatSize(answer.size)}`);
      return;
    }
    end();
    worker.unref();
    idle.push(worker);
    if ('content' in answer) resolve(answer.content);
    else reject(Object.assign(new Error(answer.error.message), answer.error));
    serve();
  });
  worker.once('error', (error: unknown) => {
    end();
    threads--;
    reject(error);
    serve();
  });
  worker.postMessage(job);
}
