import { setTimeout as sleep } from 'node:timers/promises';
import { syncFolder } from './atomic.js';

/** Where nobody is in a hurry, folders are synced no more often than this. */
const intervalMs = 200;

/** What is synced together. */
interface Round {
  readonly folders: Set<string>;
  /** Lets it begin as soon as the one before is over. */
  readonly hurry: AbortController;
}

/**
 * Makes renames durable, many at a time: folders that are named while others are being written, or soon after, go
 * together. A disk that takes a few milliseconds to commit does not hold up every task for as long.
 */
export class FolderSync {
  /** The one that takes what is named now. */
  #next: Round | undefined;
  /** Of all rounds so far, the last one. */
  #last: Promise<void> = Promise.resolve();
  #startedAt = Number.NEGATIVE_INFINITY;

  /** Names a folder in which something was renamed. */
  request(folder: string): void {
    this.#next ??= this.#open();
    this.#next.folders.add(folder);
  }

  /**
   * Resolves when all that was named so far is durable.
   *
   * @param patiently whether it may wait a moment for others to go with it: then many short tasks share a sync
   * @throws the system's error if some of it never will be
   */
  done(patiently = false): Promise<void> {
    if (!patiently) this.#next?.hurry.abort();
    return this.#last;
  }

  #open(): Round {
    const folders = new Set<string>();
    const hurry = new AbortController();
    const before = this.#last;
    const run = async () => {
      // A failure is one of all that follows, too: what was named with it may never be durable.
      await before;
      const wait = this.#startedAt + intervalMs - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal: hurry.signal }).catch(() => undefined);
      this.#next = undefined;
      this.#startedAt = performance.now();
      await Promise.all([...folders].map(syncFolder));
    };
    this.#last = run();
    // Who awaits it is told; there may be nobody.
    this.#last.catch(() => undefined);
    return { folders, hurry };
  }
}
