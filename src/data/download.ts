import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StageError } from '../stage/definition.js';
import type { PublishedFile } from './sources.js';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Bytes so far, and in all if the server says. */
  progress(done: number, total: number): void;
  log(line: string): void;
  /** Milliseconds without a byte after which a connection is given up. */
  readonly stallMs?: number;
  /** Milliseconds before the second attempt at a mirror; doubled each time. */
  readonly retryMs?: number;
}

const attempts = 3;

/** MD5 of a file, read as a stream. */
export async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Downloads a file to `target`: mirrors in order, three attempts each, going on where a connection broke off. The file
 * appears under its name only when it is complete and its checksum is right.
 * @throws {StageError} E_DOWNLOAD that tells what each mirror did
 */
export async function download(
  file: PublishedFile,
  mirrors: readonly string[],
  target: string,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  const problems: string[] = [];
  for (const mirror of mirrors) {
    const url = mirror + file.name;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      options.signal.throwIfAborted();
      try {
        await fetchInto(url, part, options);
        const found = await md5Of(part);
        if (found === file.md5) {
          await rename(part, target);
          await rm(`${part}.json`, { force: true });
          return;
        }
        await forget(part);
        throw new Permanent(`its MD5 is ${found} instead of ${file.md5}`);
      } catch (error) {
        options.signal.throwIfAborted();
        const problem = error instanceof Error ? causeOf(error) : String(error);
        options.log(`${url}: ${problem}`);
        if (error instanceof Permanent || attempt === attempts) {
          problems.push(`  ${url}: ${problem}`);
          break;
        }
        await sleep((options.retryMs ?? 1000) * 2 ** (attempt - 1), undefined, { signal: options.signal });
      }
    }
  }
  throw new StageError('E_DOWNLOAD', `${file.name} could not be downloaded:\n${problems.join('\n')}`);
}

/** A failure that another attempt at the same mirror would not change. */
class Permanent extends Error {}

function causeOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return cause === undefined ? error.message : `${error.message} (${cause})`;
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

/** One connection: appends to the partial file if the server still has the same content, else begins anew. */
async function fetchInto(url: string, part: string, options: DownloadOptions): Promise<void> {
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stallMs = options.stallMs ?? 30_000;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(new Error(`no data for ${stallMs / 1000} s`)), stallMs);
  };
  alive();
  try {
    const before = await partialState(part, url);
    const headers: Record<string, string> =
      before === undefined ? {} : { range: `bytes=${before.size}-`, 'if-range': before.validator };
    const response = await fetch(url, { headers, signal: AbortSignal.any([options.signal, stall.signal]) });
    const from = response.status === 206 ? (before?.size ?? 0) : 0;
    if (response.status === 416) {
      await forget(part);
      throw new Error('the server has another file than before');
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      const problem = `the server answered ${response.status} ${response.statusText}`.trim();
      throw response.status >= 400 && response.status < 500 ? new Permanent(problem) : new Error(problem);
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const validator = response.headers.get('etag') ?? response.headers.get('last-modified');
    // Weak validators don't promise the same bytes.
    if (validator && !validator.startsWith('W/')) await writeFile(`${part}.json`, JSON.stringify({ url, validator }));
    else await rm(`${part}.json`, { force: true });
    const handle = await open(part, from > 0 ? 'a' : 'w');
    let done = from;
    try {
      for await (const chunk of response.body) {
        alive();
        await handle.write(chunk as Uint8Array);
        done += (chunk as Uint8Array).length;
        options.progress(done, Number.isFinite(length) ? from + length : done);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (Number.isFinite(length) && done !== from + length)
      throw new Error(`the connection ended after ${done} of ${from + length} bytes`);
  } catch (error) {
    throw stall.signal.aborted ? (stall.signal.reason as Error) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** What an earlier connection left, if it can be gone on with. */
async function partialState(part: string, url: string): Promise<{ size: number; validator: string } | undefined> {
  try {
    const { size } = await stat(part);
    const known = JSON.parse(await readFile(`${part}.json`, 'utf8')) as { url: string; validator: string };
    return size > 0 && known.url === url ? { size, validator: known.validator } : undefined;
  } catch {
    return undefined;
  }
}
