import type { MaybePromise } from './maybe-promise.js';

/** Runs at most `count` of the functions given to it at a time, in the order they came: files open are few. */
export function createLimit(count: number): <T>(run: () => MaybePromise<T>) => Promise<T> {
  let free = count;
  let waiting: (() => void)[] = [];
  /** Those before it have had their turn: to shift an array of ten thousand moves all of it. */
  let next = 0;
  return async (run) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      const result = run();
      // What is known at once holds its place no longer: of ten thousand such, none has to wait.
      return result instanceof Promise ? await result : result;
    } finally {
      if (next < waiting.length) waiting[next++]!();
      else {
        free++;
        [waiting, next] = [[], 0];
      }
    }
  };
}
