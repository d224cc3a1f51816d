import { type Dispatcher, fetch, type Response } from 'undici';
import { networkError } from '../net/fault.js';
import type { PartialFile } from './partial.js';
import { RemainingTime } from './remaining-time.js';

/** A failure that another attempt at the same mirror would not change. */
export class PermanentFailure extends Error {}

export interface TransferOptions {
  readonly signal: AbortSignal;
  progress(done: number, total: number, left?: number): void;
  readonly stallMs?: number;
  readonly pieceBytes?: number;
  /** Bytes that the file must have, if that is known. */
  readonly expected?: number | undefined;
  /** To be fetched in one go, as parts of it did not fit together. */
  readonly whole?: boolean;
}

/** Few enough for any server, and as many as make up for one that is slow for each. */
const connections = 4;
const defaultPiece = 2 ** 20;
/** Bytes of the largest file that is taken from a server where nobody else says how large it is. */
const largest = 2 ** 30;

/** Fetches what is missing of a file. Where the server does not send parts of it, it is fetched whole. */
export async function transfer(
  url: string,
  partial: PartialFile,
  dispatcher: Dispatcher,
  options: TransferOptions,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  try {
    await new Transfer(url, partial, dispatcher, { ...options, signal }).run();
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
  }
}

class Transfer {
  readonly #remaining = new RemainingTime();
  #total: number | undefined;

  constructor(
    private readonly url: string,
    private readonly partial: PartialFile,
    private readonly dispatcher: Dispatcher,
    private readonly options: TransferOptions,
  ) {}

  async run(): Promise<void> {
    if (this.options.whole) return this.#whole();
    if (this.partial.known === undefined) {
      const pieceBytes = this.options.pieceBytes ?? defaultPiece;
      const whole = await this.#ask(0, pieceBytes, async (response, alive) => {
        const range = rangeOf(response);
        const validator = validatorOf(response);
        const parts = range?.start === 0 && range.end === Math.min(pieceBytes, range.total);
        if (response.status === 206 && !parts) {
          // Other bytes than those that were asked for: all of them, then.
          await response.body!.cancel();
          return false;
        }
        this.#total = parts ? range.total : lengthOf(response);
        this.#check();
        // Pieces of a content without a name could be of several.
        await this.partial.begin(
          parts && validator !== undefined ? { validator, size: range.total, pieceBytes } : undefined,
        );
        const end = parts ? range.end : this.#total;
        await this.#receive(response, 0, end, alive);
        if (this.partial.known !== undefined) await this.partial.complete(0);
        return !parts || range.end === range.total;
      });
      if (whole) return;
      if (this.partial.known === undefined) return this.#whole();
    }
    await this.#pieces();
  }

  /** From a server that does not say what its parts are parts of, or says something else each time. */
  async #whole(): Promise<void> {
    await this.#ask(undefined, undefined, async (response, alive) => {
      this.#total = lengthOf(response);
      this.#check();
      await this.partial.begin();
      await this.#receive(response, 0, this.#total, alive);
    });
  }

  async #pieces(): Promise<void> {
    const { size, pieceBytes } = this.partial.known!;
    this.#total = size;
    this.#check();
    const waiting = Array.from({ length: Math.ceil(size / pieceBytes) }, (_, piece) => piece).filter(
      (piece) => !this.partial.has(piece),
    );
    let failure: ContentChanged | undefined;
    const worker = async (): Promise<void> => {
      for (let piece = waiting.shift(); piece !== undefined && failure === undefined; piece = waiting.shift()) {
        try {
          await this.#piece(piece);
        } catch (error) {
          waiting.unshift(piece);
          throw error;
        }
      }
    };
    // One that is turned away leaves the rest to the others.
    const results = await Promise.allSettled(
      Array.from({ length: Math.min(connections, waiting.length) }, () =>
        worker().catch((error: unknown) => {
          if (error instanceof ContentChanged) failure = error;
          throw error;
        }),
      ),
    );
    if (failure !== undefined) {
      await this.partial.begin();
      throw failure;
    }
    const broken = results.find((result) => result.status === 'rejected');
    if (waiting.length > 0 && broken?.status === 'rejected') throw broken.reason as Error;
  }

  async #piece(piece: number): Promise<void> {
    const { size, pieceBytes, validator } = this.partial.known!;
    const start = piece * pieceBytes;
    const end = Math.min(start + pieceBytes, size);
    await this.#ask(start, end, async (response, alive) => {
      const range = rangeOf(response);
      const same = range?.start === start && range.end === end && range.total === size;
      if (!same || (validatorOf(response) ?? validator) !== validator) throw new ContentChanged();
      await this.#receive(response, start, end, alive);
    });
    await this.partial.complete(piece);
  }

  async #receive(response: Response, start: number, end: number | undefined, alive: () => void): Promise<void> {
    let at = start;
    const most = this.options.expected ?? largest;
    try {
      for await (const chunk of response.body!) {
        alive();
        const bytes = chunk as Uint8Array;
        if (end !== undefined && at + bytes.length > end) throw new Error('the server sends more than it announced');
        if (at + bytes.length > most) throw new PermanentFailure(`it sends more than ${most} bytes`);
        await this.partial.write(bytes, at);
        at += bytes.length;
        const { done } = this.partial;
        const total = this.#total ?? done;
        this.options.progress(done, total, this.#remaining.left(done, total));
      }
      if (end !== undefined && at !== end)
        throw new Error(`the connection ended after ${at - start} of ${end - start} bytes`);
    } catch (error) {
      // Half a piece is fetched again.
      this.partial.done -= at - start;
      throw error;
    }
  }

  /** One request. @param start and end of the bytes that are wanted; all if left out */
  async #ask<T>(
    start: number | undefined,
    end: number | undefined,
    use: (response: Response, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const stall = new AbortController();
    const stallMs = this.options.stallMs ?? 30_000;
    const timer = setTimeout(() => stall.abort(), stallMs);
    const validator = this.partial.known?.validator;
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (start !== undefined) headers.range = `bytes=${start}-${end! - 1}`;
    if (start !== undefined && validator !== undefined) headers['if-range'] = validator;
    const signal = AbortSignal.any([this.options.signal, stall.signal]);
    let response: Response | undefined;
    try {
      response = await fetch(this.url, { headers, signal, dispatcher: this.dispatcher }).catch((error: unknown) => {
        throw networkError(error);
      });
      if (response.status === 416) throw new ContentChanged();
      if (!response.ok || response.body === null) throw refusal(response);
      return await use(response, () => timer.refresh());
    } catch (error) {
      await response?.body?.cancel().catch(() => undefined);
      if (stall.signal.aborted) throw new Error(`no data for ${stallMs / 1000} s`);
      throw error instanceof TypeError ? networkError(error) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #check(): void {
    const { expected } = this.options;
    if (expected !== undefined && this.#total !== undefined && this.#total !== expected)
      throw new PermanentFailure(`it offers ${this.#total} bytes instead of ${expected}`);
    if (this.#total !== undefined && this.#total > (expected ?? largest))
      throw new PermanentFailure(`it offers ${this.#total} bytes, more than any file of a data set has`);
  }
}

/** The server has another content by now, or sends no parts any more. */
export class ContentChanged extends Error {
  constructor() {
    super('the file on the server has changed');
  }
}

function refusal({ status, statusText }: Response): Error {
  const problem = `the server answered ${status} ${statusText}`.trim();
  // Too early, too often: later may do.
  const later = status >= 500 || [408, 425, 429].includes(status);
  return later ? new Error(problem) : new PermanentFailure(problem);
}

/** Which bytes an answer holds: from start, before end. */
function rangeOf({ status, headers }: Response): { start: number; end: number; total: number } | undefined {
  const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (status !== 206 || start === undefined) return undefined;
  return { start: Number(start), end: Number(last) + 1, total: Number(total) };
}

function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null ? undefined : Number(length);
}

/** Weak validators don't promise the same bytes. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : (headers.get('last-modified') ?? undefined);
}
