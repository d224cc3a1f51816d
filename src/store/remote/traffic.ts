import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../files/error.js';
import { createLimit } from '../../files/limit.js';
import { formatSize } from '../../schema/size.js';
import { type Area, type Incoming, type Outgoing, type Remote, RemoteError, type RemoteFault } from './remote.js';
import { Watchdog } from './watchdog.js';

/** Transfers at a time in each direction: a result that is wanted does not wait for those that are given away. */
export const transfers = 8;
export const connections = 2 * transfers;
const attempts = 3;
/** What a server may ask for. */
const longestDelayMs = 5_000;

/**
 * How much a failed attempt weighs. A remote that gets `mostStrikes` for one kind of request, without a success of that
 * kind in between, is left alone: one that serves entries well, or answers whether it has a blob, may yet send no blob.
 */
const strikes: Readonly<Record<RemoteFault, number>> = { transient: 1, silent: 2, refused: 2, denied: 6, content: 0 };
const mostStrikes = 6;
/** Objects that were not what they should be, however many others were. */
const mostMismatches = 3;

export interface Warning {
  readonly message: string;
  readonly hint?: string;
}

type Direction = 'read' | 'write';

/** What is asked for, and why. */
interface Kind {
  readonly direction: Direction;
  readonly method: 'get' | 'find' | 'put' | 'bring';
  readonly area: Area;
  /** Of a file that is large, in bytes. */
  readonly size?: number;
}

/** Connections may be cut after a time, or a proxy may take only so much: what small files tell says nothing of these. */
const largeBytes = 2 ** 20;

/** Thrown for a remote that is left alone. It has been said why. */
export class LeftAlone extends Error {}

/**
 * Traffic with a remote that may fail in any way: attempts are watched and repeated, and after a few failures the remote
 * is left alone, so that it costs a bounded time and one warning.
 */
export class Traffic {
  readonly #limits = { read: createLimit(transfers), write: createLimit(transfers) };
  /** By kind of request. */
  readonly #strikes = new Map<string, number>();
  readonly #leftAlone = { read: false, write: false };
  /** Files of so many bytes and more are not carried any more. */
  readonly #tooLarge = { read: Number.POSITIVE_INFINITY, write: Number.POSITIVE_INFINITY };
  #mismatches = 0;

  constructor(
    readonly remote: Remote,
    readonly silenceMs: number,
    readonly warn: (warning: Warning) => void,
    /** Before the second attempt, in milliseconds; the third waits twice as long. */
    readonly retryMs = 250,
  ) {}

  /** True if it is still used. */
  uses(direction: Direction): boolean {
    return !this.#leftAlone[direction];
  }

  /** True if files of this size are still carried. */
  carries(direction: Direction, size: number): boolean {
    return size < this.#tooLarge[direction];
  }

  /**
   * Does something that takes several requests, for no longer than it is worth.
   *
   * @throws RemoteError if it takes longer, or what `once` throws
   */
  async within<T>(ms: number, signal: AbortSignal, once: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const kind: Kind = { direction: 'read', method: 'bring', area: 'cas' };
    const late = new AbortController();
    const failure = new RemoteError('silent', `it needs more than ${Math.round(ms / 1e3)} s for one result`);
    const timer = setTimeout(() => late.abort(failure), ms);
    try {
      const value = await once(AbortSignal.any([signal, late.signal]));
      this.#strikes.delete(nameOf(kind));
      return value;
    } catch (error) {
      if (error === failure) this.#count(kind, failure);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Reads an object; undefined if it is not there.
   *
   * @param size in bytes, if it is known
   * @param moved to be called with the bytes read
   * @throws RemoteError, LeftAlone, the signal's reason, or what `take` throws
   */
  read<T>(
    area: Area,
    name: string,
    signal: AbortSignal,
    take: (incoming: Incoming, moved: (bytes: number) => void) => Promise<T>,
    size = 0,
  ): Promise<T | undefined> {
    return this.#attempts({ direction: 'read', method: 'get', area, size }, signal, async (watched, watchdog) => {
      const incoming = await this.remote.get(area, name, watched);
      if (incoming === undefined) return undefined;
      // An abort may come when nobody listens to the body.
      incoming.body.on('error', () => undefined);
      try {
        return await take(incoming, (bytes) => watchdog.moved(bytes));
      } finally {
        incoming.body.destroy();
      }
    });
  }

  find(direction: Direction, area: Area, name: string, signal: AbortSignal): Promise<number | 'unknown' | undefined> {
    const kind: Kind = { direction, method: 'find', area };
    return this.#attempts(kind, signal, (watched) => this.remote.find(area, name, watched));
  }

  put(area: Area, name: string, content: Outgoing, signal: AbortSignal): Promise<void> {
    return this.#attempts(
      { direction: 'write', method: 'put', area, size: content.size },
      signal,
      (watched, watchdog) => {
        const open = async function* () {
          for await (const chunk of content.open()) {
            yield chunk;
            watchdog.moved(chunk.length);
          }
        };
        return this.remote.put(area, name, { size: content.size, open }, watched);
      },
    );
  }

  async #attempts<T>(
    kind: Kind,
    signal: AbortSignal,
    once: (signal: AbortSignal, watchdog: Watchdog) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#limits[kind.direction](() => this.#attempt(kind, signal, once));
      if ('value' in outcome) return outcome.value;
      const { failure } = outcome;
      const temporary = failure.fault === 'transient' || failure.fault === 'silent';
      if (!temporary || attempt === attempts) throw failure;
      const delay = this.retryMs * 2 ** (attempt - 1) * (1 + Math.random());
      await sleep(Math.min(Math.max(delay, (failure.retryAfter ?? 0) * 1e3), longestDelayMs), undefined, { signal });
    }
  }

  async #attempt<T>(
    kind: Kind,
    signal: AbortSignal,
    once: (signal: AbortSignal, watchdog: Watchdog) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly failure: RemoteError }> {
    signal.throwIfAborted();
    if (!this.uses(kind.direction) || !this.carries(kind.direction, kind.size ?? 0)) throw new LeftAlone();
    const watchdog = new Watchdog(this.silenceMs);
    try {
      const value = await once(AbortSignal.any([signal, watchdog.signal]), watchdog);
      this.#strikes.delete(nameOf(kind));
      return { value };
    } catch (error) {
      signal.throwIfAborted();
      // What the store says is no fault of the remote's.
      if (error instanceof StoreError) throw error;
      const failure = watchdog.failure ?? this.remote.explain(error);
      this.#count(kind, failure);
      return { failure };
    } finally {
      watchdog.stop();
    }
  }

  #count(kind: Kind, failure: RemoteError): void {
    const { direction } = kind;
    const count = (this.#strikes.get(nameOf(kind)) ?? 0) + strikes[failure.fault];
    this.#strikes.set(nameOf(kind), count);
    if (failure.fault === 'content') this.#mismatches++;
    if (count < mostStrikes && this.#mismatches < mostMismatches) return;
    if (this.#leftAlone[direction]) return;
    if (classOf(kind) > 0 && this.#mismatches < mostMismatches) {
      // Told of once: each further one is of smaller files.
      const isFirst = this.#tooLarge[direction] === Number.POSITIVE_INFINITY;
      this.#tooLarge[direction] = Math.min(this.#tooLarge[direction], kind.size!);
      const what = `${direction === 'read' ? 'is asked for' : 'gets'} no files of ${formatSize(kind.size!)} and more`;
      if (isFirst) this.#tell(what, failure);
      return;
    }
    // One that can't be written to may well be read.
    const all = direction === 'read' || failure.fault === 'silent';
    this.#leftAlone.write = true;
    if (all) this.#leftAlone.read = true;
    const what = all ? 'is left alone' : 'gets nothing more';
    this.#tell(what, failure);
  }

  #tell(what: string, { message, hint }: RemoteError): void {
    this.warn({
      message: `The remote cache ${this.remote.name} ${what} from now on: ${message}.`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Files that have about the same luck: 0 for small ones, then one more for each time they are four times as large. */
function classOf({ size = 0 }: Kind): number {
  return size < largeBytes ? 0 : 1 + Math.floor(Math.log2(size / largeBytes) / 2);
}

const nameOf = (kind: Kind): string => `${kind.direction} ${kind.method} ${kind.area} ${classOf(kind)}`;
