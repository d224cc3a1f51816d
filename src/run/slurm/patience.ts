import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../events.js';
import { SlurmError } from './command.js';

/** Seconds before Slurm is asked again when it does not answer; in all about four minutes. */
const delays = [1, 2, 4, 8, 15, 30, 60, 60, 60];

/** Waits for answers of Slurm, and tells of it: as while its controller is started anew. */
export class Patience {
  #silentSince: Date | undefined;

  constructor(readonly emit: (event: RunEvent) => void) {}

  /** Since when Slurm has not answered; undefined if it did when it was last asked. */
  get silentSince(): Date | undefined {
    return this.#silentSince;
  }

  /**
   * Asks again while Slurm does not answer.
   *
   * @param signal ends the waiting
   * @param lookFirst may find, before it is asked again, that the first time was enough
   */
  async ask<T>(ask: () => Promise<T>, signal: AbortSignal, lookFirst?: () => Promise<T | undefined>): Promise<T> {
    for (let attempt = 0; ; attempt++)
      try {
        const found = attempt > 0 ? await lookFirst?.() : undefined;
        return found ?? (await this.once(ask));
      } catch (error) {
        const delay = delays[attempt];
        if (!isSilence(error) || delay === undefined || signal.aborted) throw error;
        await sleep(delay * 1e3, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
  }

  /** Asks, and notes whether there was an answer. */
  async once<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#heard();
      return answer;
    } catch (error) {
      if (isSilence(error)) this.#silent(error);
      else if (error instanceof SlurmError) this.#heard();
      throw error;
    }
  }

  #silent(error: SlurmError): void {
    if (this.#silentSince !== undefined) return;
    this.#silentSince = new Date();
    const message = `Slurm: no answer since ${clock(this.#silentSince)} (${error.message}).`;
    const hint =
      'It will be asked again. Running jobs continue meanwhile, and the results that they write into the store are found.';
    this.emit({ event: 'warning', message, hint });
  }

  #heard(): void {
    if (this.#silentSince === undefined) return;
    const message = `Slurm answers again, after no answer since ${clock(this.#silentSince)}.`;
    this.#silentSince = undefined;
    this.emit({ event: 'warning', message });
  }
}

/** True if it was Slurm that did not answer. */
export function isSilence(error: unknown): error is SlurmError {
  return error instanceof SlurmError && error.code === 'E_SLURM_DOWN';
}

/** `16:05:09`, as the user's clock shows it. */
export const clock = (time: Date): string => time.toTimeString().slice(0, 8);
