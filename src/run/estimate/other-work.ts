import { availableParallelism, cpus } from 'node:os';

/** Others that take less than this share of what is needed don't count: something always runs. */
const mostTaken = 0.15;

/** Milliseconds of cores of the whole machine that did something, and of this process, since whenever. */
export interface WorkSeen {
  readonly at: number;
  readonly all: number;
  readonly own: number;
}

function seen(): WorkSeen {
  const all = cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), all, own: (user + system) / 1e3 };
}

/** Cores that other programs kept busy, on average. */
export function otherCores(before: WorkSeen, after: WorkSeen): number {
  const passed = after.at - before.at;
  return passed > 0 ? Math.max(0, (after.all - before.all - (after.own - before.own)) / passed) : 0;
}

/** What other programs do on this machine from now on. */
export class OtherWork {
  readonly #before = seen();

  /**
   * True if they leave fewer cores than so many threads need.
   *
   * @param used milliseconds of cores that another process of ours has used. Default: none
   */
  hinder(threads: number, used = 0): boolean {
    // Of a machine's cores, a container may have a few: what others do on the rest doesn't matter.
    const cores = Math.max(cpus().length, availableParallelism());
    const after = seen();
    const taken = Math.min(cores, otherCores(this.#before, { ...after, own: after.own + used }));
    return cores - taken < (1 - mostTaken) * threads;
  }
}
