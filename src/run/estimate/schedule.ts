// When tasks would begin and end, simulated by what they are expected to take: here, as `ResourcePool` shares cores out, and
// as jobs of a cluster, so many at a time.

import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';
import { CoreShares } from '../local/cores.js';
import type { Resources } from '../local/resources.js';

/** What tasks run on. */
export interface Place {
  readonly machine: Resources;
  /** Cores of the job of a cluster that a task gets; undefined for one that runs on this machine. Default: all do. */
  readonly jobCores?: (task: Task) => number | undefined;
  /** The task before it in its job, where that runs several, one after the other. */
  readonly follows?: (task: Task) => TaskId | undefined;
  /** Jobs at a time at most. */
  readonly jobs?: number;
}

export interface Schedule {
  /** From the beginning of the first to the end of the last. */
  readonly seconds: number;
  /** How long each runs. */
  readonly each: ReadonlyMap<TaskId, number>;
}

/**
 * @param tasks those that would run, in topological order; what else they need is there
 * @param secondsOf what a task takes with so many cores; 0 of what is not known
 */
export function schedule(
  tasks: readonly Task[],
  secondsOf: (task: Task, cores: number) => number,
  { machine, jobCores = () => undefined, follows = () => undefined, jobs = Number.POSITIVE_INFINITY }: Place,
): Schedule {
  const waitsFor = new Map<TaskId, number>();
  const after = new Map<TaskId, Task[]>();
  const open = new Set(tasks.map(({ id }) => id));
  const [local, remote]: [Queue<Task>, Queue<Task>] = [new Queue(), new Queue()];
  const enqueue = (task: Task) => (jobCores(task) === undefined ? local : remote).push(task);
  for (const task of tasks) {
    const before = [...new Set([...dependenciesOf(task), follows(task)])].filter(
      (id): id is TaskId => id !== undefined && open.has(id),
    );
    waitsFor.set(task.id, before.length);
    for (const id of before) after.set(id, [...(after.get(id) ?? []), task]);
    if (before.length === 0) enqueue(task);
  }
  const each = new Map<TaskId, number>();
  const running = new Heap();
  const shares = new CoreShares(machine.cpus, machine.memory);
  let [now, free, slots, jobSlots] = [0, machine.cpus, machine.jobs, jobs];
  const begin = (task: Task, cores: number, release: () => void) => {
    const seconds = secondsOf(task, cores);
    each.set(task.id, seconds);
    running.push({ at: now + seconds, task, release });
  };
  const serve = () => {
    for (let task = remote.first; task !== undefined && jobSlots >= 1; task = remote.first) {
      remote.shift();
      jobSlots--;
      begin(task, jobCores(task)!, () => jobSlots++);
    }
    for (let task = local.first; task !== undefined && slots >= 1; task = local.first) {
      const { cpus = 1 } = task.resources;
      const isShared = cpus === 'any';
      const wanted = isShared ? shares.next(Math.min(local.size, slots), free) : cpus === 'all' ? machine.cpus : cpus;
      const cores = isShared ? wanted : Math.min(wanted, machine.cpus);
      if (cores > free) return;
      local.shift();
      slots--;
      free -= cores;
      if (isShared) shares.take();
      begin(task, cores, () => {
        slots++;
        free += cores;
        if (isShared) shares.giveBack();
      });
    }
  };
  serve();
  for (let next = running.pop(); next !== undefined; next = running.pop()) {
    now = next.at;
    const ended = [next];
    // Those that end together leave their cores to those after them together.
    while (running.first !== undefined && running.first.at <= now) ended.push(running.pop()!);
    for (const { task, release } of ended) {
      release();
      for (const follower of after.get(task.id) ?? []) {
        const left = waitsFor.get(follower.id)! - 1;
        waitsFor.set(follower.id, left);
        if (left === 0) enqueue(follower);
      }
    }
    serve();
  }
  return { seconds: now, each };
}

/** First in, first out, without moving all that wait. */
class Queue<T> {
  readonly #items: T[] = [];
  #at = 0;

  get first(): T | undefined {
    return this.#items[this.#at];
  }

  get size(): number {
    return this.#items.length - this.#at;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#at++;
  }
}

interface Running {
  readonly at: number;
  readonly task: Task;
  readonly release: () => void;
}

/** The one that ends first comes first: a binary heap. */
class Heap {
  readonly #items: Running[] = [];

  get first(): Running | undefined {
    return this.#items[0];
  }

  push(item: Running): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && items[parent]!.at > item.at; parent = (at - 1) >> 1) {
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Running | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) break;
      const child = left + 1 < items.length && items[left + 1]!.at < items[left]!.at ? left + 1 : left;
      if (items[child]!.at >= last.at) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
