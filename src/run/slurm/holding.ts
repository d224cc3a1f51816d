import type { RunEvent } from '../events.js';
import type { SlurmError } from './command.js';

/** After a job has ended, Slurm is asked for room this soon; where it has none yet, twice as late each time. */
const leastMs = 2000;
/** Others' jobs end as well. */
const mostMs = 60_000;

/** When tasks that Slurm had no room for are to be submitted, and how many of them. */
export class Holding {
  /** Undefined while nothing is held. */
  #askedAt: number | undefined;
  #delayMs = leastMs;
  /** Places that jobs have left, and that are not taken again. */
  #places = 0;

  constructor(readonly emit: (event: RunEvent) => void) {}

  /** Jobs to try at a time: after a refusal, as many as have ended since. */
  get atATime(): number {
    return this.#askedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(1, this.#places);
  }

  /** True if what is held, if anything, is to be tried. */
  get isDue(): boolean {
    if (this.#askedAt === undefined) return true;
    return performance.now() - this.#askedAt > (this.#places > 0 ? this.#delayMs : mostMs);
  }

  /** A job is over: there is room for another. */
  ended(): void {
    this.#places++;
  }

  /** What came of an attempt: how many were submitted and how many are held, and what Slurm said to that. */
  tried(submitted: number, held: number, error: SlurmError | undefined): void {
    if (error === undefined) {
      this.#askedAt = undefined;
      this.#places = 0;
      return;
    }
    if (this.#askedAt === undefined) {
      const count = held === 1 ? 'one task is' : `${held} tasks are`;
      const message = `Slurm takes no more jobs for now: ${count} held back. ${error.message}`;
      const hint = 'They are submitted as jobs end, as long as this program runs.';
      this.emit({ event: 'warning', message, hint });
    }
    this.#askedAt = performance.now();
    this.#delayMs = submitted > 0 ? leastMs : Math.min(mostMs, 2 * this.#delayMs);
    this.#places = Math.max(0, this.#places - submitted);
  }
}
