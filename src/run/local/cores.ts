// How tasks that take any number of cores share them: side by side with fewer each, where that ends all of them sooner.

/**
 * What further threads add to the time of the first, as a share of it: two take 1.07 / 2 of the time of one. About what
 * trainings of the paper's networks show (test/bench/THREADS.md).
 */
const costOfThread = 0.07;
/** Memory in bytes that there must be for each such task. The paper's largest training takes 0.7 GB. */
const memoryOfTask = 2e9;

/** How many times as fast as with one thread. */
export const speedup = (threads: number): number => threads / (1 + costOfThread * (threads - 1));

/** Time of each of `tasks` that run side by side, one taking 1 with one core. */
const timeOf = (tasks: number, cores: number): number => 1 / speedup(Math.floor(cores / tasks));

/** How many such tasks the cores and the memory, in bytes, are enough for. */
export const mostSideBySide = (cores: number, memory: number): number =>
  Math.max(1, Math.min(cores, Math.floor(memory / memoryOfTask)));

/**
 * How many tasks begin together so that all of them end soonest, if they are equal and begin and end in waves: the first,
 * largest share of cores goes to those that would be left over. @param most that may run at a time
 */
export function firstWave(tasks: number, cores: number, most: number): number {
  const widest = Math.min(cores, most);
  // Of so many, those left over don't matter.
  if (tasks > 4 * widest) return widest;
  /** By the number of tasks: the least time of all, and how many begin. */
  const plans: { readonly time: number; readonly first: number }[] = [{ time: 0, first: 0 }];
  for (let n = 1; n <= tasks; n++) {
    let best = { time: Number.POSITIVE_INFINITY, first: 0 };
    for (let first = 1; first <= Math.min(n, widest); first++) {
      const time = timeOf(first, cores) + plans[n - first]!.time;
      // Sums of the same numbers in another order differ in their last bits.
      if (time < best.time - 1e-9) best = { time, first };
    }
    plans.push(best);
  }
  return plans[tasks]!.first;
}

/** How tasks that take any number of cores share them, as they begin and end. */
export class CoreShares {
  /** Tasks that hold cores. */
  #sharing = 0;
  /** As many as are to begin together with the last one that did. */
  #wave = 0;

  /** @param memory in bytes */
  constructor(
    readonly cores: number,
    readonly memory: number,
  ) {}

  /**
   * Cores of the next task: its part, and more where fewer are left to have one. Infinity while none may begin.
   *
   * @param waiting how many could begin, this one included
   * @param free cores that nobody holds
   */
  next(waiting: number, free: number): number {
    const most = mostSideBySide(this.cores, this.memory);
    if (this.#sharing === 0) this.#wave = firstWave(waiting, this.cores, most);
    const beside = Math.min(this.#sharing + (this.#wave > 0 ? this.#wave : waiting), most);
    if (this.#sharing >= beside) return Number.POSITIVE_INFINITY;
    return Math.max(Math.floor(this.cores / beside), Math.floor(free / (beside - this.#sharing)));
  }

  /** One has begun. */
  take(): void {
    this.#sharing++;
    this.#wave = Math.max(0, this.#wave - 1);
  }

  /** One has ended. */
  giveBack(): void {
    this.#sharing--;
  }
}
