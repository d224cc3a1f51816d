import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readSync } from 'node:fs';
import { writeAll } from '../../files/atomic.js';

const mebibyte = 1 << 20;
/** What a log may take, and how much is kept of its start and of its end where it took more. */
const limits = { most: 64 * mebibyte, kept: 8 * mebibyte };
/** How often logs are looked at: a task can write a gigabyte in this time, and not fill a disk. */
const lookMs = 500;

/**
 * Keeps the logs of running tasks from filling the disk: of one that gets too long, the middle is left out, and the log
 * says so. Tasks write to their logs themselves, always at the end, and so go on where it is then.
 */
export class LogBound {
  /** How many bytes were left out of each. */
  readonly #logs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly bounds: typeof limits = limits) {}

  /** Looks after a log, until the function that is returned is called. */
  watch(log: string): () => void {
    this.#logs.set(log, 0);
    this.#timer ??= setInterval(() => this.look(), lookMs).unref();
    return () => {
      this.#look(log);
      this.#logs.delete(log);
      if (this.#logs.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  look(): void {
    for (const log of this.#logs.keys()) this.#look(log);
  }

  #look(log: string): void {
    try {
      const left = this.#logs.get(log)!;
      this.#logs.set(log, left + this.#shorten(log, left));
    } catch {
      // It is gone, or can't be written: then the task can't write to it either.
    }
  }

  /** @returns how many bytes of the task's went */
  #shorten(log: string, left: number): number {
    const { most, kept } = this.bounds;
    // Most logs are short.
    if (lstatSync(log).size <= most) return 0;
    const descriptor = openSync(log, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    try {
      const { size } = fstatSync(descriptor);
      if (size <= most) return 0;
      const end = Buffer.alloc(kept);
      const length = readSync(descriptor, end, 0, kept, size - kept);
      const gone = size - 2 * kept - (left > 0 ? notice(left).length : 0);
      ftruncateSync(descriptor, kept);
      const file = openSync(log, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
      try {
        writeAll(file, Buffer.concat([notice(left + gone), end.subarray(0, length)]));
      } finally {
        closeSync(file);
      }
      return gone;
    } finally {
      closeSync(descriptor);
    }
  }
}

function notice(bytes: number): Buffer {
  return Buffer.from(`\n--- ${bytes} bytes left out here: a log keeps its start and its end ---\n`);
}
