import { setTimeout as sleep } from 'node:timers/promises';
import { joinSlurmSettings, type SlurmSettings } from '../../pipeline/check/slurm.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { CacheSource } from '../../store/remote/settings.js';
import type { Store } from '../../store/store.js';
import type { TaskKey, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { Failure } from '../events.js';
import type { Cluster, Executor, RunOptions, RunResult } from '../executor.js';
import { failureOf } from '../failure.js';
import { Outcomes } from '../outcomes.js';
import { Planner } from '../plan/planner.js';
import { SlurmCommands, type SlurmError } from './command.js';
import { SlurmFiles } from './files.js';
import { Holding } from './holding.js';
import { cancelCall, nameOf } from './jobs.js';
import { lineageOf } from './lineage.js';
import { LocalTasks } from './local-tasks.js';
import { Losses } from './losses.js';
import { refusal } from './lost-jobs.js';
import { isSilence, Patience } from './patience.js';
import { type Submissions, Submitter, type TaskLineage } from './submit.js';
import { type JobEnd, JobWatch } from './watch.js';

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
  readonly #planner: Planner;
  readonly #files: SlurmFiles;
  readonly #submitter: Submitter;
  readonly #watch: JobWatch;
  readonly #outcomes: Outcomes;
  readonly #patience: Patience;
  readonly #holding: Holding;
  readonly #byId: ReadonlyMap<TaskId, Task>;
  readonly #lineages = new Map<TaskId, TaskLineage>();
  /** Tasks that need a job. */
  readonly #waiting = new Set<TaskId>();
  /** Tasks that will need one, once others that run on this machine are over. */
  #behind: readonly Task[] = [];
  readonly #local: LocalTasks;
  readonly #losses: Losses;
  readonly #noted = new Set<TaskId>();
  readonly #stop = sharedAbort();
  readonly #stopNow = sharedAbort();

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: SlurmOptions,
    readonly slurm: SlurmCommands = new SlurmCommands(),
  ) {
    this.#byId = new Map(pipeline.tasks.map((task) => [task.id, task]));
    this.#outcomes = new Outcomes(pipeline, store, options);
    this.#planner = new Planner(pipeline, store, { force: options.force });
    this.#files = new SlurmFiles(store, pipeline.name);
    this.#patience = new Patience(options.emit);
    this.#holding = new Holding(options.emit);
    this.#local = new LocalTasks(pipeline, store, options, this.#outcomes);
    this.#losses = new Losses(slurm, this.#files, store, this.#patience);
    const lineage = (id: TaskId) => this.#lineages.get(id)!;
    const stops = { soon: this.#stop.signal, now: this.#stopNow.signal };
    this.#submitter = new Submitter(pipeline, store, this.#files, slurm, this.#patience, options, lineage, stops);
    this.#watch = new JobWatch(slurm, this.#files, store, this.#patience, options.emit);
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
    const jobs = [...new Set(this.#watch.jobs().map(nameOf))];
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
      if (this.#local.advance((task) => this.#isHopeless(task))) this.#sort();
      if (this.#waiting.size > 0 && this.#holding.isDue) await this.#submit();
      if (this.#watch.size + this.#waiting.size + this.#local.size === 0) break;
      for (const end of await this.#losses.sure(await this.#watch.look())) await this.#end(end);
      await sleep(lookMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    await this.#local.settled();
    for (const task of tasks) this.#skip(task);
    await this.store.settled();
    return this.#outcomes.end(this.#stop.signal.aborted);
  }

  /** True if the task is up to date; otherwise it needs a job. */
  async #compare(task: Task): Promise<void> {
    if (this.#stop.signal.aborted || this.#isHopeless(task)) return this.#skip(task);
    try {
      const makerOf = (id: TaskId) => ({ task: this.#byId.get(id)!, lineage: this.#lineages.get(id)!.lineage });
      const lineage = await lineageOf(this.#planner, task, makerOf);
      this.#lineages.set(task.id, lineage);
      const { identity, result } = await this.#planner.statusOf(task, (id) => this.#outcomes.results.get(id)?.outputs);
      const fetched =
        result === undefined && identity !== undefined ? await this.#fetch(task, identity.key) : undefined;
      const found = result ?? fetched;
      if (found === undefined && this.#isLocal(task)) this.#local.add(task);
      else if (found === undefined) this.#waiting.add(task.id);
      else await this.#outcomes.done(task, found, 'cached', this.#outcomes.seconds, fetched && 'remote');
    } catch (error) {
      this.#fail(task, failureOf(error, this.store.reportsFolder));
    }
  }

  /** The result of a task that others have computed: it needs no job. */
  async #fetch(task: Task, key: TaskKey): Promise<TaskResult | undefined> {
    const { sharing, force } = this.options;
    return force.has(task.id) ? undefined : sharing?.fetch(task.id, key, this.#stop.signal);
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
    for (const task of tasks)
      for (const id of dependenciesOf(task)) {
        if (this.#noted.has(id)) continue;
        const key = this.#outcomes.results.get(id)?.key;
        const { lineage } = this.#lineages.get(id)!;
        if (key === undefined) continue;
        if (this.#files.keyOf(lineage) !== key) await this.#files.noteKey(lineage, key);
        this.#noted.add(id);
      }
    let full: SlurmError | undefined;
    try {
      full = await this.#findOrSubmit(tasks);
    } catch (error) {
      // Jobs go on meanwhile, and are to be watched.
      if (!isSilence(error) || this.#watch.size === 0) throw error;
      full = error;
    }
    for (const task of tasks)
      if (this.#watch.jobOf(task.id) !== undefined) continue;
      else if (full === undefined || this.#isHopeless(task)) this.#skip(task);
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
        if (job === undefined || this.#watch.isOver(job)) return true;
        this.#watch.add(task, job);
        return false;
      });
      const to: Submissions = {
        jobOf: (id) => this.#watch.jobOf(id),
        succeeded: (array) => this.#watch.succeeded(array),
        liveArrays: () => this.#watch.arrays(),
        submitted: (task, job) => this.#watch.add(task, job),
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
    if (this.#watch.jobOf(task.id) !== job) return;
    switch (end.end) {
      case 'done':
        this.#watch.done(task.id);
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
    const below = this.#watchedBelow(task);
    await this.#drop(below);
    this.#watch.remove(task.id);
    for (const { id } of [task, ...below]) this.#waiting.add(id);
  }

  /** After a failure nothing that depends on it runs, and without `keepGoing` nothing else that has not begun. */
  async #giveUp(task: Task, failure: Failure): Promise<void> {
    this.#watch.remove(task.id);
    this.#fail(task, failure);
    const gone = this.#outcomes.isStopping ? this.#watch.pending() : this.#watchedBelow(task);
    await this.#drop(gone);
    for (const one of gone) this.#skip(one);
  }

  async #drop(tasks: readonly Task[]): Promise<void> {
    const jobs = tasks.map(({ id }) => this.#watch.jobOf(id)!);
    for (const { id } of tasks) this.#watch.remove(id);
    // Those with other tasks go on.
    const names = new Set(jobs.filter((job) => !this.#watch.has(job)).map(nameOf));
    // Where Slurm does not answer, it will find out for itself that they can't begin.
    await this.slurm.cancel([...names]).catch(() => undefined);
  }

  #isHopeless(task: Task): boolean {
    const before = dependenciesOf(task).map((id) => this.#outcomes.of(id));
    return this.#outcomes.isStopping || before.some((outcome) => outcome === 'failed' || outcome === 'skipped');
  }

  #watchedBelow(task: Task): Task[] {
    const below = new Set<TaskId>([task.id]);
    const tasks = this.options.tasks.filter((one) => {
      const isBelow = dependenciesOf(one).some((id) => below.has(id));
      if (isBelow) below.add(one.id);
      return isBelow;
    });
    return tasks.filter(({ id }) => this.#watch.jobOf(id) !== undefined);
  }

  #tasksIn(ids: ReadonlySet<TaskId>): Task[] {
    const tasks = this.options.tasks.filter(({ id }) => ids.has(id));
    // In order, so that one that is skipped takes along those below.
    return tasks.filter((task) => {
      const hopeless = this.#isHopeless(task);
      if (hopeless) this.#skip(task);
      return !hopeless;
    });
  }

  #fail(task: Task, failure: Failure): void {
    this.#outcomes.fail(task, failure, this.#outcomes.seconds);
  }

  /** Unless something has become of it already. */
  #skip(task: Task): void {
    if (this.#outcomes.of(task.id) === undefined) this.#outcomes.skip(task, this.#outcomes.seconds);
  }
}

const countText = (count: number) => (count === 1 ? 'One task is submitted' : `${count} tasks are submitted`);
