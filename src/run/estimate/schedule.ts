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
  place: Place,
): Schedule {
  return new Simulation(tasks, secondsOf, place).run();
}

class Simulation {
  readonly #waitsFor = new Map<TaskId, number>();
  readonly #after = new Map<TaskId, Task[]>();
  /** Tasks that can begin, on this machine and as jobs. */
  readonly #local = new Queue<Task>();
  readonly #remote = new Queue<Task>();
  readonly #running = new Heap();
  readonly #each = new Map<TaskId, number>();
  readonly #secondsOf: (task: Task, cores: number) => number;
  readonly #place: Place;
  readonly #shares: CoreShares;
  #now = 0;
  /** Cores, and places for tasks and for jobs, that nobody has. */
  #cores: number;
  #slots: number;
  #jobs: number;

  constructor(tasks: readonly Task[], secondsOf: (task: Task, cores: number) => number, place: Place) {
    const { machine, jobs = Number.POSITIVE_INFINITY, follows } = place;
    this.#secondsOf = secondsOf;
    this.#place = place;
    this.#shares = new CoreShares(machine.cpus, machine.memory);
    [this.#cores, this.#slots, this.#jobs] = [machine.cpus, machine.jobs, jobs];
    const open = new Set(tasks.map(({ id }) => id));
    for (const task of tasks) {
      const first = follows?.(task);
      const before = [...dependenciesOf(task), ...(first === undefined ? [] : [first])].filter((id) => open.has(id));
      const distinct = new Set(before);
      this.#waitsFor.set(task.id, distinct.size);
      for (const id of distinct) {
        const followers = this.#after.get(id);
        if (followers === undefined) this.#after.set(id, [task]);
        else followers.push(task);
      }
      if (distinct.size === 0) this.#enqueue(task);
    }
  }

  run(): Schedule {
    this.#serve();
    for (let next = this.#running.pop(); next !== undefined; next = this.#running.pop()) {
      this.#now = next.at;
      const ended = [next];
      // Those that end together leave their cores to those after them together.
      while (this.#running.first !== undefined && this.#running.first.at <= this.#now) ended.push(this.#running.pop()!);
      for (const { task, release } of ended) {
        release();
        for (const follower of this.#after.get(task.id) ?? []) {
          const left = this.#waitsFor.get(follower.id)! - 1;
          this.#waitsFor.set(follower.id, left);
          if (left === 0) this.#enqueue(follower);
        }
      }
      this.#serve();
    }
    return { seconds: this.#now, each: this.#each };
  }

  #enqueue(task: Task): void {
    (this.#place.jobCores?.(task) === undefined ? this.#local : this.#remote).push(task);
  }

  #serve(): void {
    for (let task = this.#remote.first; task !== undefined && this.#jobs >= 1; task = this.#remote.first) {
      this.#remote.shift();
      this.#jobs--;
      this.#begin(task, this.#place.jobCores!(task)!, () => this.#jobs++);
    }
    for (let task = this.#local.first; task !== undefined && this.#slots >= 1; task = this.#local.first)
      if (!this.#serveHere(task)) return;
  }

  /** False if there are not enough cores for the first in the queue: then nobody overtakes it. */
  #serveHere(task: Task): boolean {
    const { cpus = 1 } = task.resources;
    const { machine } = this.#place;
    const isShared = cpus === 'any';
    const wanted = cpus === 'all' ? machine.cpus : cpus;
    const cores =
      wanted === 'any'
        ? this.#shares.next(Math.min(this.#local.size, this.#slots), this.#cores)
        : Math.min(wanted, machine.cpus);
    if (cores > this.#cores) return false;
    this.#local.shift();
    this.#slots--;
    this.#cores -= cores;
    if (isShared) this.#shares.take();
    this.#begin(task, cores, () => {
      this.#slots++;
      this.#cores += cores;
      if (isShared) this.#shares.giveBack();
    });
    return true;
  }

  #begin(task: Task, cores: number, release: () => void): void {
    const seconds = this.#secondsOf(task, cores);
    this.#each.set(task.id, seconds);
    this.#running.push({ at: this.#now + seconds, task, release });
  }
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
