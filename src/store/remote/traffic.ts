import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../files/error.js';
import { createLimit } from '../../files/limit.js';
import { Pace } from './pace.js';
import type { Area, Incoming, Outgoing, Remote, RemoteError, Trouble } from './remote.js';

/** Transfers at a time in each direction: a result that is wanted does not wait for those that are given away. */
const transfers = 8;
export const connections = 2 * transfers;
const attempts = 3;
/** What a server may ask for. */
const longestDelayMs = 5_000;

/** How much a failed attempt weighs. A remote that gets `mostStrikes` without a success in between is left alone. */
const strikes: Readonly<Record<Trouble, number>> = { transient: 1, silent: 2, refused: 2, denied: 6, content: 0 };
const mostStrikes = 6;
/** Objects that were not what they should be, however many others were. */
const mostLies = 3;

export interface Warning {
  readonly message: string;
  readonly hint?: string;
}

type Direction = 'read' | 'write';

/** Thrown for a remote that is left alone. It has been said why. */
export class LeftAlone extends Error {}

/**
 * Traffic with a remote that may fail in any way: attempts are watched and repeated, and after a few failures the remote
 * is left alone, so that it costs a bounded time and one warning.
 */
export class Traffic {
  readonly #limits = { read: createLimit(transfers), write: createLimit(transfers) };
  readonly #strikes = { read: 0, write: 0 };
  readonly #leftAlone = { read: false, write: false };
  #lies = 0;

  constructor(
    readonly remote: Remote,
    readonly silenceMs: number,
    readonly warn: (warning: Warning) => void,
    /** Before the second attempt, in milliseconds; the third waits twice as long. */
    readonly retryMs = 250,
  ) {}

  /** Is it still used? */
  uses(direction: Direction): boolean {
    return !this.#leftAlone[direction];
  }

  /**
   * Reads an object; undefined if it is not there.
   *
   * @param moved to be called with the bytes read
   * @throws RemoteError, LeftAlone, the signal's reason, or what `take` throws
   */
  read<T>(
    area: Area,
    name: string,
    signal: AbortSignal,
    take: (incoming: Incoming, moved: (bytes: number) => void) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#attempts('read', signal, async (watched, pace) => {
      const incoming = await this.remote.get(area, name, watched);
      if (incoming === undefined) return undefined;
      // An abort may come when nobody listens to the body.
      incoming.body.on('error', () => undefined);
      try {
        return await take(incoming, (bytes) => pace.moved(bytes));
      } finally {
        incoming.body.destroy();
      }
    });
  }

  find(direction: Direction, area: Area, name: string, signal: AbortSignal): Promise<number | 'unknown' | undefined> {
    return this.#attempts(direction, signal, (watched) => this.remote.find(area, name, watched));
  }

  put(area: Area, name: string, content: Outgoing, signal: AbortSignal): Promise<void> {
    return this.#attempts('write', signal, (watched, pace) => {
      const open = async function* () {
        for await (const chunk of content.open()) {
          yield chunk;
          pace.moved(chunk.length);
        }
      };
      return this.remote.put(area, name, { size: content.size, open }, watched);
    });
  }

  async #attempts<T>(
    direction: Direction,
    signal: AbortSignal,
    once: (signal: AbortSignal, pace: Pace) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#limits[direction](() => this.#attempt(direction, signal, once));
      if ('value' in outcome) return outcome.value;
      const { failure } = outcome;
      const temporary = failure.trouble === 'transient' || failure.trouble === 'silent';
      if (!temporary || attempt === attempts) throw failure;
      const delay = this.retryMs * 2 ** (attempt - 1) * (1 + Math.random());
      await sleep(Math.min(Math.max(delay, (failure.retryAfter ?? 0) * 1e3), longestDelayMs), undefined, { signal });
    }
  }

  async #attempt<T>(
    direction: Direction,
    signal: AbortSignal,
    once: (signal: AbortSignal, pace: Pace) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly failure: RemoteError }> {
    signal.throwIfAborted();
    if (this.#leftAlone[direction]) throw new LeftAlone();
    const pace = new Pace(this.silenceMs);
    try {
      const value = await once(AbortSignal.any([signal, pace.signal]), pace);
      this.#strikes[direction] = 0;
      return { value };
    } catch (error) {
      signal.throwIfAborted();
      // What the store says is no fault of the remote's.
      if (error instanceof StoreError) throw error;
      const failure = pace.failure ?? this.remote.explain(error);
      this.#count(direction, failure);
      return { failure };
    } finally {
      pace.stop();
    }
  }

  #count(direction: Direction, failure: RemoteError): void {
    this.#strikes[direction] += strikes[failure.trouble];
    if (failure.trouble === 'content') this.#lies++;
    if (this.#strikes[direction] < mostStrikes && this.#lies < mostLies) return;
    if (this.#leftAlone[direction]) return;
    // One that can't be written to may well be read.
    const all = direction === 'read' || failure.trouble === 'silent';
    this.#leftAlone.write = true;
    if (all) this.#leftAlone.read = true;
    const what = all ? 'is left alone' : 'gets nothing more';
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    this.warn({ message: `The remote cache ${this.remote.name} ${what} from now on: ${failure.message}.`, ...hint });
  }
}
