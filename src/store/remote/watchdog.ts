import type { Artifact } from '../types.js';
import { RemoteError } from './remote.js';

/** Bytes per second that a transfer must reach on average, once it has had time to. */
const slowest = 64_000;

/** How long one result may take in any case, in milliseconds, and how long if it took long to compute. */
const shortestPatience = 60_000;
const longestPatience = 600_000;
/** How many times as long to bring a result may take as to compute it. */
const patience = 10;

/**
 * How long a result is waited for, in milliseconds. What the remote says of it is believed within bounds: files that
 * come one by one, each soon enough, may be a hundred thousand.
 *
 * @param seconds that it is said to have taken to compute
 */
export function patienceFor(
  artifacts: readonly Pick<Artifact, 'size'>[],
  seconds: number,
  shortest = shortestPatience,
): number {
  const bytes = artifacts.reduce((sum, { size }) => sum + size, 0);
  return Math.max(shortest, Math.min(patience * seconds * 1e3, longestPatience + (bytes / slowest) * 1e3));
}

/**
 * Watches one transfer and aborts it when nothing moves, or too little: a server that sends a byte now and then must
 * not hold up a run for hours.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;
  #last = this.#started;

  /** @param silenceMs how long nothing may move, and half of how long the start may be slow, in milliseconds */
  constructor(readonly silenceMs: number) {
    this.#timer = setInterval(() => this.#look(), Math.min(1000, silenceMs / 4));
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the signal was aborted, if it was. */
  get failure(): RemoteError | undefined {
    return this.signal.aborted ? (this.signal.reason as RemoteError) : undefined;
  }

  /** Notes that bytes have moved. */
  moved(bytes: number): void {
    this.#bytes += bytes;
    this.#last = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#started - 2 * this.silenceMs;
    if (now - this.#last > this.silenceMs) this.#end(`it sent nothing for ${this.silenceMs / 1e3} s`);
    else if (late > 0 && this.#bytes < (late / 1e3) * slowest)
      this.#end(`it is slower than ${slowest / 1e3} KB per second`);
  }

  #end(message: string): void {
    this.stop();
    const hint = 'SPIKELINE_REMOTE_TIMEOUT=60s, or `timeout:` beside `remote:`, has it wait longer.';
    this.#controller.abort(new RemoteError('silent', message, hint));
  }
}
