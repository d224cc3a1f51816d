import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { Failure, RunEvent } from '../events.js';
import { type SlurmCommands, SlurmError } from './command.js';
import type { JobStatus, SlurmFiles } from './files.js';
import { saidBy } from './job-script.js';
import { isLive, isPending, type JobState, nameOf, type TaskJob } from './jobs.js';
import type { Patience } from './patience.js';
import { endings, isKilledForMemory, requeueFailure, stateByDaemon } from './requeues.js';
import { standstill, waitingReason } from './waiting-reasons.js';
import type { Watched, WatchedJobs } from './watched-jobs.js';

/** How a job ended. */
export type JobEnd = { readonly task: Task; readonly job: TaskJob; readonly status?: JobStatus } & (
  | { readonly end: 'done'; readonly result: TaskResult }
  | { readonly end: 'failed'; readonly failure: Failure }
  /**
   * Without a status; the state is Slurm's, missing where Slurm does not know the job any more. `said` is why it could
   * not even begin with its task.
   */
  | { readonly end: 'lost'; readonly state?: string; readonly said?: string }
);

/** Slurm is asked at most this often, and seldom enough to take a twentieth of the time at most. */
const shortestAskMs = 2000;
const longestAskMs = 30_000;
/** Arrays that are asked for by themselves at a time: each takes a call. */
const mostArrays = 20;
/** How soon it may be asked again while a task that failed waits for its word. */
const failedAskMs = 1000;
/** How long word of a job that is over may take to arrive. */
const arrivalMs = 30_000;
/** Slurm's words for what it is sure of: a job that ended like that has left no word. */
const sureStates = new Set([
  'CANCELLED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
  'BOOT_FAIL',
  'OUT_OF_MEMORY',
  'DEADLINE',
]);

/** Looks how jobs get on, by Slurm's word and by what they say of themselves in the store. */
export class JobWatch {
  #askAt = 0;
  /** Of the arrays that are asked for by themselves. */
  #turn = 0;
  /** When it may be asked at the earliest. */
  #soonestAt = 0;

  constructor(
    readonly jobs: WatchedJobs,
    readonly slurm: Pick<SlurmCommands, 'queue' | 'find' | 'beginNow' | 'pastStates'>,
    readonly files: SlurmFiles,
    readonly store: Store,
    readonly patience: Patience,
    readonly emit: (event: RunEvent) => void,
  ) {}

  /** Tells what is new, and returns the jobs that are over, in the order in which they were added. */
  async look(): Promise<JobEnd[]> {
    const asks = performance.now() >= this.#askAt;
    if (asks) await this.#ask();
    // Jobs that Slurm has not begun have left no word; where it does not say, they are looked at all the same.
    const all = asks && this.patience.silentSince !== undefined;
    const ends: JobEnd[] = [];
    for (const watched of this.jobs.entries()) {
      const state = this.#withCause(watched);
      if (!all && (state === undefined || (isPending(state) && !watched.begun))) continue;
      const end = await this.#lookAt(watched, state);
      if (end !== undefined) ends.push(end);
    }
    return ends;
  }

  async #ask(): Promise<void> {
    const started = performance.now();
    try {
      const states = new Map((await this.patience.once(() => this.slurm.queue())).map((job) => [job.name, job]));
      const watched = [...this.jobs.entries()];
      const unlisted = watched.filter(({ job }) => !states.has(nameOf(job)) && !this.#isDone(job));
      // A job that the queue does not list is not gone. What is left of them is asked for the next time.
      const arrays = this.#nextOf([...new Set(unlisted.map(({ job }) => job.array))]);
      const asked = new Set(unlisted.filter(({ job }) => arrays.has(job.array)).map(({ job }) => nameOf(job)));
      if (asked.size > 0)
        for (const job of await this.patience.once(() => this.slurm.find([...asked]))) states.set(job.name, job);
      const later = new Set(unlisted.filter(({ job }) => !arrays.has(job.array)));
      for (const one of watched) if (!later.has(one)) await this.#learn(one, states.get(nameOf(one.job)));
    } catch (error) {
      // Its controller is started anew, for example: jobs may go on meanwhile, and say so themselves.
      if (!(error instanceof SlurmError)) throw error;
    }
    const now = performance.now();
    this.#askAt = now + Math.min(longestAskMs, Math.max(shortestAskMs, 20 * (now - started)));
    this.#soonestAt = now + Math.min(longestAskMs, Math.max(failedAskMs, 2 * (now - started)));
  }

  /** As many of the arrays that are to be asked for by themselves as may be at a time, all of them in turn. */
  #nextOf(arrays: readonly number[]): ReadonlySet<number> {
    const from = this.#turn % Math.max(1, arrays.length);
    this.#turn = from + mostArrays;
    return new Set([...arrays.slice(from), ...arrays.slice(0, from)].slice(0, mostArrays));
  }

  /** True for a job that has said that its task is done: nothing else need be known of it. */
  #isDone(job: TaskJob): boolean {
    return this.files.readStatus(job.id, job.slot)?.state === 'done';
  }

  /** Something waits for Slurm's word: it is asked as soon as it may be, for a third of the time at most. */
  #askSoon(): void {
    this.#askAt = Math.min(this.#askAt, this.#soonestAt);
  }

  async #learn(watched: Watched, state: JobState | undefined): Promise<void> {
    const name = nameOf(watched.job);
    const before = watched.state;
    watched.state = state ?? { name, state: 'UNKNOWN', reason: 'None', folder: '' };
    if (state === undefined) return;
    if (!isPending(state)) {
      this.#tellStandstill(watched, state);
      return;
    }
    const wasSeen = before !== undefined && !isPending(before) && watched.begun;
    if (wasSeen || (state.reason === 'BeginTime' && this.#wasPutBackUnseen(watched))) await this.#requeued(watched);
    if (watched.shown?.state === 'requeued' && state.reason === 'BeginTime')
      void this.slurm.beginNow(name).catch(() => undefined);
    if (['None', 'Dependency'].includes(state.reason)) return;
    // Whose turn it is changes all the time; that it waits for that is told once.
    const why = waitingReason(state.reason);
    const told = why ?? 'queue';
    if (watched.told === told) return;
    watched.told = told;
    const message = `job ${name} ${why === undefined ? 'is in the queue' : `waits: ${why}`} (${state.reason})`;
    this.emit({ event: 'task-waiting', task: watched.task.id, message });
  }

  /** Tells of a job that has begun and stands still, and that it goes on. */
  #tellStandstill(watched: Watched, { name, state }: JobState): void {
    const words = standstill(state);
    const stood = watched.told.startsWith('stands: ');
    const told = words === undefined ? '' : `stands: ${words}`;
    if (watched.told === told || (words === undefined && !stood)) return;
    watched.told = told;
    const message = words === undefined ? `job ${name} goes on` : `job ${name} ${words}`;
    if (words !== undefined || state === 'RUNNING')
      this.emit({ event: 'task-waiting', task: watched.task.id, message });
  }

  /**
   * True for a job that waits for its time, which Slurm gives to those that were put back, and that has left word of a start
   * of which that was not told yet: it was never seen at its task.
   */
  #wasPutBackUnseen({ job, putBack }: Watched): boolean {
    const status = this.files.readStatus(job.id, job.slot);
    return status !== undefined && status.restarts !== putBack;
  }

  async #requeued(watched: Watched): Promise<void> {
    const status = this.files.readStatus(watched.job.id, watched.job.slot);
    const name = nameOf(watched.job);
    const output = this.files.readOutput(watched.job.id, watched.job.index);
    const failure =
      status?.state === 'requeued'
        ? { code: 'E_SLURM_TIMEOUT', message: `Job ${name} came to its time limit; it goes on from its checkpoint.` }
        : requeueFailure(name, output, watched.endings ?? 0, await this.#stateOfEnd(watched, output));
    watched.endings = endings(output);
    const attempt = (status?.restarts ?? 0) + 1;
    const retry = { attempt, attempts: attempt + 1, seconds: 0, failure };
    this.emit({ event: 'task-retry', task: watched.task.id, ...retry });
    watched.begun = false;
    watched.told = '';
    delete watched.failedSince;
    if (status === undefined) return;
    watched.shown = status;
    watched.putBack = status.restarts;
  }

  /** In what state the last start of a job ended that has left no word of why. */
  async #stateOfEnd({ job, endings: before = 0 }: Watched, output: string): Promise<string | undefined> {
    return endings(output) > before ? undefined : (await this.slurm.pastStates(nameOf(job))).at(-1);
  }

  /** What Slurm said last, with the state that says why a job has failed, or how one ended that it knows no more. */
  #withCause({ job, state, endings: before = 0 }: Watched): JobState | undefined {
    if (state === undefined || !['FAILED', 'CANCELLED', 'UNKNOWN'].includes(state.state)) return state;
    const output = this.files.readOutput(job.id, job.index);
    const isForMemory = isKilledForMemory(output);
    const cause = state.state === 'UNKNOWN' ? stateByDaemon(output, before) : isForMemory && 'OUT_OF_MEMORY';
    return cause ? { ...state, state: cause, reason: 'None' } : state;
  }

  /** @param state undefined as long as Slurm has not answered */
  async #lookAt(watched: Watched, state: JobState | undefined): Promise<JobEnd | undefined> {
    const { task, job } = watched;
    const status = this.files.readStatus(job.id, job.slot);
    const silent = this.patience.silentSince !== undefined;
    if (status !== undefined && (silent || (state !== undefined && !isPending(state)))) this.#show(watched, status);
    const about = { task, job, ...(status === undefined ? {} : { status }) };
    if (state !== undefined && isLive(state)) delete watched.overSince;
    if (status?.state === 'done') {
      const result = await this.store.result(status.key!);
      if (result !== undefined) return { ...about, end: 'done', result };
    } else if (status?.state === 'failed') {
      if (watched.failedSince === undefined) {
        watched.failedSince = performance.now();
        this.#askSoon();
      }
      // What becomes of that is not known yet.
      if (status.failure?.code === 'E_SLURM_INPUT' && this.#waitsForWatched(task)) return undefined;
      if (!silent && state !== undefined && isLive(state) && this.#mayLackMemory(watched, watched.failedSince))
        return undefined;
      if (state?.state !== 'OUT_OF_MEMORY') return { ...about, end: 'failed', failure: status.failure! };
    }
    if (silent || state === undefined || isLive(state)) return undefined;
    watched.overSince ??= performance.now();
    // It ended because of one that is looked at as well, which will say what becomes of both.
    if (status === undefined && this.#waitsForWatched(task)) return undefined;
    const said = this.#saidBy(job, state, status);
    const sure = said !== undefined || (sureStates.has(state.state) && status?.state !== 'done');
    if (!sure && performance.now() - watched.overSince < arrivalMs) return undefined;
    const known = state.state === 'UNKNOWN' ? {} : { state: state.state };
    return { ...about, end: 'lost', ...known, ...(said === undefined ? {} : { said }) };
  }

  /**
   * The process of a task that failed may have been killed for its memory: only Slurm knows, once the job is over. That it
   * is in a moment, unless it has other tasks to run: then it is waited for where there is more memory to be had.
   */
  #mayLackMemory({ task, job }: Watched, failedSince: number): boolean {
    if (job.group > 1) return (task.resources.moreMemory ?? []).length > 0;
    this.#askSoon();
    return performance.now() - failedSince < arrivalMs;
  }

  #waitsForWatched(task: Task): boolean {
    return dependenciesOf(task).some((id) => this.jobs.of(id) !== undefined);
  }

  /** Why a job could not begin with its task. */
  #saidBy(job: TaskJob, { reason }: JobState, status: JobStatus | undefined): string | undefined {
    if (status?.state === 'done' || status?.state === 'failed') return undefined;
    // So Slurm calls a job whose output it could not open, too: the older versions, and the newer ones.
    if (status === undefined && /^(JobLaunchFailure|RaisedSignal:53)/.test(reason))
      return `Slurm could not start it: can ${this.files.pathOf(job.id)} be written on its node? It must see the artifacts folder.`;
    // A job that was put back may lack something on another node: its status is that of the first one then.
    return saidBy(this.files.readOutput(job.id, job.index));
  }

  #show(watched: Watched, status: JobStatus): void {
    const { task } = watched;
    const { key, reasons = [], progress, message } = status;
    if (status.state === 'waiting' && message !== undefined && message !== watched.shown?.message)
      this.emit({ event: 'task-waiting', task: task.id, message });
    if (key !== undefined && !watched.begun && status.state !== 'requeued') {
      watched.begun = true;
      if (status.status !== 'cached') this.emit({ event: 'task-start', task: task.id, key, reasons });
    }
    const before = watched.shown?.progress;
    if (status.state === 'running' && progress !== undefined && JSON.stringify(progress) !== JSON.stringify(before))
      this.emit({ event: 'task-progress', task: task.id, progress });
    watched.shown = status;
  }
}
