import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { UserError } from '../error.js';
import { systemError } from '../files/error.js';
import { makeFolder } from '../files/make-folder.js';
import { NetworkError } from '../net/fault.js';
import { PartialFile } from './partial.js';
import type { PublishedFile } from './published.js';
import { ContentChanged, PermanentFailure, transfer } from './transfer.js';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Bytes so far, in all if the server says, and seconds left at the pace of the last while. */
  progress(done: number, total: number, left?: number): void;
  log(line: string): void;
  /** Milliseconds without a byte after which a connection is given up. */
  readonly stallMs?: number;
  /** Milliseconds before the second attempt at a mirror; doubled each time. */
  readonly retryMs?: number;
  /** Bytes that are asked for at a time, where a server allows it. */
  readonly pieceBytes?: number;
}

/** Attempts in a row that bring nothing. */
const attempts = 3;
/** A file changes once in a while; what is another each time is several machines that give it names of their own. */
const mostChanges = 2;

/**
 * Downloads a file to `target`: mirrors in order, several connections at a time where a server sends parts of a file,
 * through the proxy that the environment names. It goes on where a connection, or the program, broke off, be it days
 * ago. The file appears under its name only when it is complete and its checksums are right.
 * @throws {UserError} E_DOWNLOAD that tells what each mirror did
 */
export async function download(
  file: PublishedFile,
  mirrors: readonly string[],
  target: string,
  options: DownloadOptions,
): Promise<void> {
  makeFolder(dirname(target));
  const { openDispatcher } = await import('../net/dispatcher.js');
  const dispatcher = openDispatcher({ connectMs: options.stallMs ?? 30_000 });
  const problems: string[] = [];
  try {
    for (const mirror of mirrors) {
      const url = mirror + file.name;
      const problem = await fromMirror(file, url, target, dispatcher, options);
      if (problem === undefined) return;
      problems.push(`  ${url}: ${problem}`);
    }
  } finally {
    await dispatcher.destroy();
  }
  throw new UserError('E_DOWNLOAD', `${file.name} could not be downloaded:\n${problems.join('\n')}`);
}

/** @returns what went wrong, if anything */
async function fromMirror(
  file: PublishedFile,
  url: string,
  target: string,
  dispatcher: Dispatcher,
  options: DownloadOptions,
): Promise<string | undefined> {
  let changes = 0;
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const partial = await PartialFile.open(`${target}.part`, url);
    const before = partial.done;
    try {
      await transfer(url, partial, dispatcher, { ...options, expected: file.bytes, whole: changes >= mostChanges });
      await partial.close();
      const problem = await mismatch(partial.path, file);
      if (problem !== undefined) {
        await partial.forget();
        // What an earlier start left may have been damaged since.
        throw before > 0 ? new Error(problem) : new PermanentFailure(problem);
      }
      await rename(partial.path, target);
      await partial.forget();
      return undefined;
    } catch (error) {
      await partial.leave();
      options.signal.throwIfAborted();
      // Another run may have been faster.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await isSound(target, file))) return undefined;
      // No mirror can do anything about what this machine's disk does not take.
      const refused = systemError(error, partial.path);
      if (refused !== undefined) throw refused;
      const problem = explained(error);
      options.log(`${url}: ${problem}`);
      if (error instanceof ContentChanged) changes++;
      if (partial.done > before || (error instanceof ContentChanged && changes === mostChanges)) attempt = 1;
      if (error instanceof PermanentFailure || attempt >= attempts || isFinal(error)) return problem;
      await sleep((options.retryMs ?? 1000) * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof NetworkError && (error.kind === 'refused' || error.kind === 'denied');

function explained(error: unknown): string {
  if (!(error instanceof NetworkError)) return (error as Error).message;
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}

const algorithms = { md5: 'MD5', sha256: 'SHA-256' } as const;

/** What is wrong with a file's checksums, if anything. */
async function mismatch(path: string, file: PublishedFile): Promise<string | undefined> {
  const names = (['md5', 'sha256'] as const).filter((name) => file[name] !== undefined);
  const hashes = names.map((name) => createHash(name));
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    for (const hash of hashes) hash.update(chunk as Buffer);
  for (const [i, name] of names.entries()) {
    const found = hashes[i]!.digest('hex');
    if (found !== file[name]) return `its ${algorithms[name]} is ${found} instead of ${file[name]}`;
  }
  return undefined;
}

const isSound = (path: string, file: PublishedFile): Promise<boolean> =>
  mismatch(path, file).then(
    (problem) => problem === undefined,
    () => false,
  );
