import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder } from '../../files/atomic.js';
import { readRegularFile } from '../../files/regular-file.js';
import { removeFolder } from '../../files/remove.js';
import { readSealed, sealed } from '../../files/sealed.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Progress } from '../../stage/definition.js';
import { lastUse } from '../../store/last-use.js';
import { namesIn } from '../../store/listing.js';
import type { CacheSource } from '../../store/remote/settings.js';
import type { Store } from '../../store/store.js';
import type { KeyParts, TaskKey } from '../../store/types.js';
import type { Metrics, TaskId } from '../../values.js';
import type { Failure, Reason } from '../events.js';
import { parseSubmitted, type SubmittedArray } from './jobs.js';

declare const brand: unique symbol;
/**
 * What a task will be made from, before that is there: like its key, but with the lineage of whatever makes its inputs
 * in the place of their contents. The same lineage is the same computation.
 */
export type Lineage = string & { readonly [brand]: 'Lineage' };

/** A task as JSON: stages are found again by their name. */
export type PlainTask = Omit<Task, 'action'> & {
  readonly action: Exclude<Task['action'], { kind: 'stage' }> | { readonly kind: 'stage'; readonly uses: string };
};

export function plainTask({ action, ...task }: Task): PlainTask {
  return { ...task, action: action.kind === 'stage' ? { kind: 'stage', uses: action.uses } : action };
}

/** A task that was submitted, as it was then. */
export interface SubmittedTask {
  readonly task: PlainTask;
  readonly lineage: Lineage;
  /** What the lineage is the hash of, and the stage's source files: they tell what has changed since. */
  readonly parts: KeyParts;
  readonly code?: Readonly<Record<string, string>>;
  /** True if it is to run even if its result is there. */
  readonly force: boolean;
}

/** A task that makes an input of others. */
export interface Maker {
  readonly task: PlainTask;
  readonly lineage: Lineage;
  /** Where its job says how it does, unless it was done before. */
  readonly job?: { readonly id: string; readonly slot: number };
}

/** What the jobs of an array are told. */
export interface Submission {
  readonly type: 'spikeline-slurm/1';
  readonly submittedAt: string;
  readonly pipeline: Pick<Pipeline, 'name' | 'file' | 'folder'>;
  /** Absolute path of the artifacts folder. */
  readonly artifacts: string;
  /** Where else results may be; credentials come from the environment. */
  readonly caches: readonly CacheSource[];
  /** How many tasks a job runs, one after the other; fewer where there are no more. Default: 1. */
  readonly group?: number;
  /** By slot: the job at an index of the array has those from `index * group` on. */
  readonly tasks: Readonly<Record<number, SubmittedTask>>;
  /** The tasks that make their inputs. */
  readonly makers: Readonly<Record<TaskId, Maker>>;
}

/** The slots of a submission that a job has, in their order. @param index of the job in its array */
export function slotsOf({ group = 1, tasks }: Submission, index: number): number[] {
  return Array.from({ length: group }, (_, k) => index * group + k).filter((slot) => tasks[slot] !== undefined);
}

/** What a job says of a task. */
export interface JobStatus {
  /** How often Slurm had begun it before. */
  readonly restarts: number;
  /** `requeued`: it has put itself back into the queue, to go on from its checkpoint. */
  readonly state: 'waiting' | 'running' | 'requeued' | 'done' | 'failed';
  readonly message?: string;
  readonly key?: TaskKey;
  readonly reasons?: readonly Reason[];
  /** Which mid-way state there was when it began. */
  readonly resume?: string;
  readonly progress?: Progress;
  /** Of one that is done: `ran` if it computed the result, `cached` if it found it. */
  readonly status?: 'ran' | 'cached';
  readonly seconds?: number;
  readonly metrics?: Metrics;
  readonly failure?: Failure;
}

/** How long what is over is kept, for people to look into. */
const keptMs = 7 * 24 * 3_600_000;

/**
 * What submitters and jobs tell each other of a pipeline, in its folder of the shared store:
 *
 *     artifacts/<pipeline>/.slurm/<id>/job.sh          what Slurm runs
 *     artifacts/<pipeline>/.slurm/<id>/job             the tasks of a job array
 *     artifacts/<pipeline>/.slurm/<id>/array           which one that is to Slurm: 123, or 123;cluster
 *     artifacts/<pipeline>/.slurm/<id>/<slot>.status   what a job says of a task
 *     artifacts/<pipeline>/.slurm/<id>/<index>.out     what it wrote
 *     artifacts/<pipeline>/.slurm/keys/<lineage>       the key that a task of this lineage has come to
 */
export class SlurmFiles {
  readonly folder: string;

  constructor(
    readonly store: Store,
    readonly pipeline: string,
  ) {
    this.folder = store.published(pipeline).slurmFolder;
  }

  pathOf(id: string, name = ''): string {
    return join(this.folder, id, name);
  }

  /** All that were submitted and not cleaned away, by id. */
  ids(): string[] {
    return namesIn(this.folder).filter((name) => name !== 'keys' && existsSync(this.pathOf(name, 'job')));
  }

  writeSubmission(id: string, submission: Submission, script: string): void {
    inFolder(this.pathOf(id), () => this.#writeNew(this.pathOf(id, 'job.sh'), script, 0o755));
    this.#writeNew(this.pathOf(id, 'job'), sealed(JSON.stringify(submission)));
  }

  /** Writes a file that nobody has written yet: where a group shares the folder, a link may have been planted. */
  #writeNew(path: string, text: string, mode = 0o666): void {
    writeFileSync(path, text, { flag: 'wx', mode });
  }

  /** Takes back a submission that came to nothing. */
  remove(id: string): void {
    removeFolder(this.pathOf(id));
  }

  /** Keeps which array a submission has become, and on which of several clusters. */
  noteArray(id: string, array: number, cluster: string | undefined): void {
    this.#writeNew(this.pathOf(id, 'array'), cluster === undefined ? `${array}` : `${array};${cluster}`);
  }

  /** Undefined where its submitter has not learnt it. */
  arrayOf(id: string): SubmittedArray | undefined {
    try {
      return parseSubmitted(readRegularFile(this.pathOf(id, 'array')).toString());
    } catch {
      return undefined;
    }
  }

  readSubmission(id: string): Submission | undefined {
    return submissionIn(this.pathOf(id));
  }

  /** Replaces what a job says of a task. */
  writeStatus(id: string, slot: number, status: JobStatus): Promise<void> {
    return this.store
      .published(this.pipeline)
      .writeNote(this.pathOf(id, `${slot}.status`), sealed(JSON.stringify({ type: statusType, ...status })));
  }

  readStatus(id: string, slot: number): JobStatus | undefined {
    return readNote<JobStatus>(this.pathOf(id, `${slot}.status`), statusType);
  }

  /** What a job wrote that is not its task's. */
  readOutput(id: string, index: number): string {
    try {
      return readRegularFile(this.pathOf(id, `${index}.out`)).toString();
    } catch {
      return '';
    }
  }

  noteKey(lineage: Lineage, key: TaskKey): Promise<void> {
    return this.store.published(this.pipeline).writeNote(join(this.folder, 'keys', lineage), key);
  }

  keyOf(lineage: Lineage): TaskKey | undefined {
    try {
      const text = readRegularFile(join(this.folder, 'keys', lineage)).toString();
      return /^[0-9a-f]{64}$/.test(text) ? (text as TaskKey) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Removes what is long over; another user's stays. @param inQueue ids that have jobs in the queue */
  clean(inQueue: ReadonlySet<string>): void {
    const now = Date.now();
    const remove = (path: string) => {
      const time = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
      if (lastUse(path, time, now) < now - keptMs) removeFolder(path);
    };
    for (const id of this.ids()) if (!inQueue.has(id)) remove(this.pathOf(id));
    if (inQueue.size === 0) for (const name of namesIn(join(this.folder, 'keys'))) remove(this.pathOf('keys', name));
  }
}

/** What the jobs of a folder were told. */
export function submissionIn(folder: string): Submission | undefined {
  return readNote<Submission>(join(folder, 'job'), 'spikeline-slurm/1');
}

const statusType = 'spikeline-slurm-status/1';

function readNote<T>(path: string, type: string): T | undefined {
  const content = readSealed(path);
  const value = content === undefined ? undefined : (JSON.parse(content) as { type: string });
  return value?.type === type ? (value as T) : undefined;
}
