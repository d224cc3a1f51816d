import { setTimeout as sleep } from 'node:timers/promises';
import { joinSlurmSettings, type SlurmSettings } from '../../pipeline/check/slurm.js';
import { dependenciesOf, tasksBelow } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { CacheSource } from '../../store/remote/settings.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { Failure } from '../events.js';
import type { Cluster, Executor, RunOptions, RunResult } from '../executor.js';
import { failureOf } from '../failure.js';
import { Outcomes } from '../outcomes.js';
import { SlurmCommands, type SlurmError } from './command.js';
import { SlurmFiles } from './files.js';
import { Holding } from './holding.js';
import { cancelCall, nameOf } from './jobs.js';
import { LocalTasks } from './local-tasks.js';
import { Lookup } from './lookup.js';
import { Losses } from './losses.js';
import { refusal } from './lost-jobs.js';
import { isSilence, Patience } from './patience.js';
import { type Submissions, Submitter } from './submit.js';
import { type JobEnd, JobWatch } from './watch.js';
import { WatchedJobs } from './watched-jobs.js';

export interface SlurmOptions extends RunOptions {
  readonly settings: SlurmSettings;
  /** Where jobs look for results that others have computed, and leave theirs: settings as in `remoteSettings`. */
  readonly caches: readonly CacheSource[];
}

/** How often jobs are looked at; Slurm itself is asked less often. */
const lookMs = 500;

/**
 * One run on a cluster: gives every task that is out of date a job, with Slurm to begin each when those before it have
 * succeeded, and watches them. The jobs need no watching; who watches shows them, and gives tasks whose jobs were lost
 * another one.
 */
export class SlurmExecutor implements Executor {
  readonly #files: SlurmFiles;
  readonly #submitter: Submitter;
  readonly #jobs = new WatchedJobs();
  readonly #watch: JobWatch;
  readonly #outcomes: Outcomes;
  readonly #patience: Patience;
  readonly #holding: Holding;
  readonly #lookup: Lookup;
  /** Tasks that need a job. */
  readonly #waiting = new Set<TaskId>();
  /** Tasks that will need one, once others that run on this machine are over. */
  #behind: readonly Task[] = [];
  readonly #local: LocalTasks;
  readonly #losses: Losses;
  readonly #stop = sharedAbort();
  readonly #stopNow = sharedAbort();

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: SlurmOptions,
    readonly slurm: SlurmCommands = new SlurmCommands(),
  ) {
    this.#outcomes = new Outcomes(pipeline, store, options);
    this.#files = new SlurmFiles(store, pipeline.name);
    this.#patience = new Patience(options.emit);
    this.#holding = new Holding(options.emit);
    this.#local = new LocalTasks(pipeline, store, options, this.#outcomes);
    this.#losses = new Losses(slurm, this.#files, store, this.#patience);
    this.#lookup = new Lookup(pipeline, store, this.#files, options, this.#outcomes);
    const lineage = (id: TaskId) => this.#lookup.lineageOf(id);
    const stops = { soon: this.#stop.signal, now: this.#stopNow.signal };
    this.#submitter = new Submitter(pipeline, store, this.#files, slurm, this.#patience, options, lineage, stops);
    this.#watch = new JobWatch(this.#jobs, slurm, this.#files, store, this.#patience, options.emit);
  }

  async start(): Promise<RunResult> {
    const inUse = await this.store.beginRun();
    try {
      return await this.#bringAll();
    } finally {
      await inUse.release();
    }
  }

  /** Submits nothing more, and watches no longer. The jobs go on. A second time, at once. */
  interrupt(): void {
    this.#local.interrupt();
    if (this.#stop.signal.aborted) {
      this.#stopNow.abort();
      return;
    }
    this.options.emit({ event: 'interrupted', jobsGoOn: true });
    this.#stop.abort();
    this.options.sharing?.interrupt();
  }

  get cluster(): Cluster {
    const jobs = [...new Set(this.#jobs.all().map(nameOf))];
    const { silentSince } = this.#patience;
    return {
      name: 'Slurm',
      jobs,
      cancelCall: cancelCall(jobs, this.slurm.cluster),
      cancel: () => this.slurm.cancel(jobs),
      ...(silentSince && { silentSince }),
    };
  }

  async #bringAll(): Promise<RunResult> {
    const { tasks } = this.options;
    this.#outcomes.begin();
    for (const task of tasks) await this.#compare(task);
    this.#sort();
    while (!this.#stop.signal.aborted) {
      if (this.#local.advance()) this.#sort();
      if (this.#waiting.size > 0 && this.#holding.isDue) await this.#submit();
      if (this.#jobs.size + this.#waiting.size + this.#local.size === 0) break;
      for (const end of await this.#losses.sure(await this.#watch.look())) await this.#end(end);
      await sleep(lookMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    await this.#local.settled();
    for (const task of tasks) this.#outcomes.skipOpen(task);
    await this.store.settled();
    return this.#outcomes.end(this.#stop.signal.aborted);
  }

  /** A task that is up to date is done; any other is to run, here or as a job. */
  async #compare(task: Task): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted || this.#outcomes.isHopeless(task)) return this.#outcomes.skipOpen(task);
    try {
      const found = await this.#lookup.find(task, signal);
      if (found === undefined && this.#isLocal(task)) this.#local.add(task);
      else if (found === undefined) this.#waiting.add(task.id);
      else await this.#outcomes.done(task, found.result, 'cached', this.#outcomes.seconds, found.from);
    } catch (error) {
      this.#fail(task, failureOf(error, this.store.reportsFolder));
    }
  }

  #isLocal(task: Task): boolean {
    return joinSlurmSettings(this.options.settings, task.slurm).local ?? false;
  }

  /** Keeps tasks from having jobs that need what is yet to run here: Slurm knows nothing of that. */
  #sort(): void {
    const behind = new Set<TaskId>();
    const isBehind = (task: Task) => dependenciesOf(task).some((id) => this.#local.has(id) || behind.has(id));
    const before = this.#behind;
    for (const { id } of before) this.#waiting.add(id);
    this.#behind = this.options.tasks.filter((task) => {
      // What waits for a local task that waits for others does so as well.
      if ((this.#waiting.has(task.id) || this.#local.has(task.id)) && isBehind(task)) behind.add(task.id);
      return behind.has(task.id) && this.#waiting.delete(task.id);
    });
    if (before.length > 0 || this.#behind.length === 0) return;
    const message = `${countText(this.#behind.length)} after what runs on this machine is done.`;
    const hint = 'Until then this program must keep running.';
    this.options.emit({ event: 'warning', message, hint });
  }

  /** Finds the jobs of waiting tasks, or makes them. */
  async #submit(): Promise<void> {
    const tasks = this.#tasksIn(this.#waiting);
    this.#waiting.clear();
    await this.#lookup.noteKeys(tasks);
    let full: SlurmError | undefined;
    try {
      full = await this.#findOrSubmit(tasks);
    } catch (error) {
      // Jobs go on meanwhile, and are to be watched.
      if (!isSilence(error) || this.#jobs.size === 0) throw error;
      full = error;
    }
    for (const task of tasks)
      if (this.#jobs.of(task.id) !== undefined) continue;
      else if (full === undefined || this.#outcomes.isHopeless(task)) this.#outcomes.skipOpen(task);
      else this.#waiting.add(task.id);
    this.#holding.tried(tasks.length - this.#waiting.size, this.#waiting.size, full);
  }

  /** @returns what Slurm said, if it has no room for all of them */
  async #findOrSubmit(tasks: readonly Task[]): Promise<SlurmError | undefined> {
    const { signal } = this.#stop;
    let full: SlurmError | undefined;
    // One at a time, so that others find what this one submits.
    const lock = await this.store.lock(`slurm-${this.pipeline.name}` as TaskKey, { signal });
    try {
      const adopt = await this.#submitter.adoptable(tasks);
      const rest = tasks.filter((task) => {
        const job = adopt(task);
        if (job === undefined || this.#jobs.isOver(job)) return true;
        this.#jobs.add(task, job);
        return false;
      });
      const to: Submissions = {
        jobOf: (id) => this.#jobs.of(id),
        succeeded: (array) => this.#jobs.succeeded(array),
        liveArrays: () => this.#jobs.arrays(),
        submitted: (task, job) => this.#jobs.add(task, job),
        refused: (task, error) => this.#fail(task, refusal(error)),
        held: (_, error) => {
          full = error;
        },
      };
      if (!signal.aborted) {
        const next = rest.map((task) => this.#losses.next(task));
        await this.#submitter.submit(next, to, this.#holding.atATime);
      }
    } catch (error) {
      // An interruption has ended the waiting for an answer.
      if (!isSilence(error) || !signal.aborted) throw error;
    } finally {
      await lock.release();
    }
    return full;
  }

  async #end(end: JobEnd): Promise<void> {
    const { task, job, status } = end;
    this.#holding.ended();
    // What it depends on was lost in the same moment, and took it along.
    if (this.#jobs.of(task.id) !== job) return;
    switch (end.end) {
      case 'done':
        this.#jobs.done(task.id);
        await this.#outcomes.done(task, end.result, status?.status ?? 'cached', status?.seconds ?? 0);
        return;
      case 'failed':
        return this.#giveUp(task, { ...end.failure });
      case 'lost': {
        const { failure, attempt } = this.#losses.learn(end);
        if (attempt === undefined || this.#outcomes.isStopping) return this.#giveUp(task, failure);
        const retry = { attempt, attempts: attempt + 1, seconds: 0, failure };
        this.options.emit({ event: 'task-retry', task: task.id, ...retry });
        await this.#again(task);
      }
    }
  }

  /** Gives a task another job, and those that waited for it as well: Slurm has given them up. */
  async #again(task: Task): Promise<void> {
    const below = this.#jobsBelow(task);
    await this.#drop(below);
    this.#jobs.remove(task.id);
    for (const { id } of [task, ...below]) this.#waiting.add(id);
  }

  /** After a failure nothing that depends on it runs, and without `keepGoing` nothing else that has not begun. */
  async #giveUp(task: Task, failure: Failure): Promise<void> {
    this.#jobs.remove(task.id);
    this.#fail(task, failure);
    const gone = this.#outcomes.isStopping ? this.#jobs.pending() : this.#jobsBelow(task);
    await this.#drop(gone);
    for (const one of gone) this.#outcomes.skipOpen(one);
  }

  async #drop(tasks: readonly Task[]): Promise<void> {
    const jobs = tasks.map(({ id }) => this.#jobs.of(id)!);
    for (const { id } of tasks) this.#jobs.remove(id);
    // Those with other tasks go on.
    const names = new Set(jobs.filter((job) => !this.#jobs.has(job)).map(nameOf));
    // Where Slurm does not answer, it will find out for itself that they can't begin.
    await this.slurm.cancel([...names]).catch(() => undefined);
  }

  /** Tasks below a task that have jobs. */
  #jobsBelow(task: Task): Task[] {
    return tasksBelow(this.options.tasks, task).filter(({ id }) => this.#jobs.of(id) !== undefined);
  }

  #tasksIn(ids: ReadonlySet<TaskId>): Task[] {
    const tasks = this.options.tasks.filter(({ id }) => ids.has(id));
    // In order, so that one that is skipped takes along those below.
    return tasks.filter((task) => {
      const hopeless = this.#outcomes.isHopeless(task);
      if (hopeless) this.#outcomes.skipOpen(task);
      return !hopeless;
    });
  }

  #fail(task: Task, failure: Failure): void {
    this.#outcomes.fail(task, failure, this.#outcomes.seconds);
  }
}

const countText = (count: number) => (count === 1 ? 'One task is submitted' : `${count} tasks are submitted`);
