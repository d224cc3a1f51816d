import { readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { usableCores } from '../../control-groups.js';
import type { ResourceRequest } from '../../stage/definition.js';
import type { Failure } from '../events.js';
import { openFilesLimit, threadsWithin } from '../open-files.js';
import { CoreShares } from './cores.js';

/** What tasks share. */
export interface Resources {
  /** Cores that tasks may keep busy. */
  readonly cpus: number;
  /** Numbers of the GPUs. */
  readonly gpus: readonly number[];
  /** Memory in bytes. */
  readonly memory: number;
  /** Tasks at a time at most. */
  readonly jobs: number;
}

/** What a task got. */
export interface Granted {
  readonly cpus: number;
  readonly gpus: readonly number[];
}

/** Memory in bytes: a container's, or the whole machine's. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return constrained > 0 && constrained < total ? constrained : total;
}

/**
 * What this machine has; of a container's cores and memory, what it may use; in a job of Slurm's, what that was given; and no more
 * cores than threads can have files open.
 */
export function machineResources(jobs: number): Resources {
  const { SLURM_JOB_ID: job, SLURM_CPUS_PER_TASK: ofTask, SLURM_CPUS_ON_NODE: ofNode } = process.env;
  const given = job === undefined ? Number.NaN : Number(ofTask ?? ofNode);
  const usable = Math.min(usableCores(), threadsWithin(openFilesLimit()));
  const cpus = given >= 1 ? Math.min(given, usable) : usable;
  return { cpus, gpus: visibleGpus(), memory: machineMemory(), jobs };
}

/** NVIDIA's driver makes a device file for each GPU; CUDA_VISIBLE_DEVICES chooses among them. */
function visibleGpus(): number[] {
  const { CUDA_VISIBLE_DEVICES: chosen } = process.env;
  if (chosen !== undefined)
    return chosen
      .split(',')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  try {
    return readdirSync('/dev').flatMap((name) => (/^nvidia\d+$/.test(name) ? [Number(name.slice(6))] : []));
  } catch {
    return [];
  }
}

/** What a task holds until it gives it back. */
export interface Grant extends Granted {
  /** The task's process has ended: others may have the resources while its results are stored. */
  idle(): void;
  /** The task is over: another may take its place. */
  release(): void;
}

/** Milliseconds that a task which takes any number of cores waits for others that begin with it. */
const gathering = 50;

interface Waiting {
  /** `any`: shared with the others that take any number. */
  readonly cpus: number | 'any';
  readonly gpus: number;
  readonly device: string | undefined;
  readonly memory: number;
  /** Has it waited for others to share with? */
  ripe: boolean;
  grant(granted: Granted): void;
}

/**
 * Shares resources out, first come, first served. Who waits for something is only overtaken by those that need nothing
 * of what it waits for: a large task is not held up for ever by small ones, and does not hold up others without need.
 */
export class ResourcePool {
  #cpus: number;
  #memory: number;
  #jobs: number;
  readonly #gpus: number[];
  /** Graphics processors of engines that a task computes on. */
  readonly #busy = new Set<string>();
  readonly #queue: Waiting[] = [];
  /** How many of them take any number of cores: where none does, as mostly, nobody is looked for among ten thousand. */
  #anyCores = 0;
  readonly #shares: CoreShares;

  constructor(readonly total: Resources) {
    this.#cpus = total.cpus;
    this.#memory = total.memory;
    this.#jobs = total.jobs;
    this.#gpus = [...total.gpus];
    this.#shares = new CoreShares(total.cpus, total.memory);
  }

  /** What a task asks for that there is not; undefined if it can run. It may ask for more cores: it gets all there are. */
  lacking({ gpus = 0, device, memory = 0 }: ResourceRequest): string | undefined {
    const { total } = this;
    if (device !== undefined && gpus > 1) return `${count(gpus)}; its engine computes on one, ${device}`;
    if (device === undefined && gpus > total.gpus.length)
      return `${count(gpus)}; this machine has ${total.gpus.length === 0 ? 'none' : total.gpus.length}`;
    if (memory > total.memory) return `${gigabytes(memory)} of memory; this machine has ${gigabytes(total.memory)}`;
    return undefined;
  }

  /** Waits for resources. */
  async acquire(request: ResourceRequest): Promise<Grant> {
    const { cpus: wanted = 1, device, memory = 0 } = request;
    // The device is the one that it asks for, of whatever maker.
    const gpus = device === undefined ? (request.gpus ?? 0) : 0;
    const shared = wanted === 'any';
    const cpus = shared ? wanted : wanted === 'all' ? this.total.cpus : Math.min(wanted, this.total.cpus);
    const granted = await new Promise<Granted>((grant) => {
      const waiting: Waiting = { cpus, gpus, device, memory, ripe: !shared, grant };
      this.#queue.push(waiting);
      if (shared) this.#anyCores++;
      if (waiting.ripe) return this.#serve();
      setTimeout(() => {
        waiting.ripe = true;
        this.#serve();
      }, gathering);
    });
    let state: 'held' | 'idle' | 'released' = 'held';
    const giveBack = () => {
      if (state !== 'held') return;
      this.#cpus += granted.cpus;
      if (shared) this.#shares.giveBack();
      this.#memory += memory;
      if (device !== undefined) this.#busy.delete(device);
      this.#gpus.push(...granted.gpus);
    };
    return {
      ...granted,
      idle: () => {
        giveBack();
        if (state === 'held') state = 'idle';
        this.#serve();
      },
      release: () => {
        giveBack();
        if (state !== 'released') this.#jobs++;
        state = 'released';
        this.#serve();
      },
    };
  }

  #serve(): void {
    let [gpusTaken, memoryTaken] = [false, false];
    const devicesTaken = new Set(this.#busy);
    const ripe = this.#sharers.some((one) => one.ripe);
    for (let i = 0; i < this.#queue.length; ) {
      const waiting = this.#queue[i]!;
      const { gpus, device, memory } = waiting;
      const shared = waiting.cpus === 'any';
      const noDevice = device !== undefined && devicesTaken.has(device);
      if (noDevice || (shared && !ripe)) {
        i++;
        continue;
      }
      if (device !== undefined) devicesTaken.add(device);
      const cpus =
        waiting.cpus === 'any'
          ? this.#shares.next(Math.min(this.#sharers.length, this.#jobs), this.#cpus)
          : waiting.cpus;
      // Everybody needs a core and a place: who waits for those is not overtaken.
      if (this.#jobs < 1 || this.#cpus < cpus) return;
      const noGpu = gpus > 0 && (gpusTaken || this.#gpus.length < gpus);
      const noMemory = memory > 0 && (memoryTaken || this.#memory < memory);
      if (noGpu || noMemory) {
        gpusTaken ||= gpus > 0;
        memoryTaken ||= memory > 0;
        i++;
        continue;
      }
      this.#queue.splice(i, 1);
      this.#jobs--;
      this.#cpus -= cpus;
      if (shared) {
        this.#anyCores--;
        this.#shares.take();
      }
      this.#memory -= memory;
      if (device !== undefined) this.#busy.add(device);
      this.#gpus.sort((a, b) => a - b);
      waiting.grant({ cpus, gpus: this.#gpus.splice(0, gpus) });
    }
  }

  /** Who could begin now if there were cores: of those that need the same device, the first. */
  get #sharers(): readonly Waiting[] {
    if (this.#anyCores === 0) return [];
    const taken = new Set(this.#busy);
    return this.#queue.filter(({ cpus, device }) => {
      if (device === undefined) return cpus === 'any';
      const isFirst = !taken.has(device);
      taken.add(device);
      return isFirst && cpus === 'any';
    });
  }
}

const count = (gpus: number): string => `${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`;
const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`;

/** A task that needs more than this machine has: `8 GPUs; this machine has 2`. */
export function lackingFailure(lacking: string): Failure {
  const hint = 'Run it on a machine that has it, or change `resources:`.';
  return { code: 'E_RESOURCES', message: `It needs ${lacking}.`, hint };
}
