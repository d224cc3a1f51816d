import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { describeStage } from '../../stage/describe.js';
import { stageProblemCode } from '../../stage/registry.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Failure, RunEvent } from '../events.js';
import { failureOf } from '../failure.js';
import { LocalExecutor } from '../local/executor.js';
import { Planner } from '../plan/planner.js';
import { reasonsToRun } from '../plan/reasons.js';
import { openSharing } from '../share/open-sharing.js';
import type { JobStatus, PlainTask, SlurmFiles, Submission, SubmittedTask } from './files.js';
import { lineageOf } from './lineage.js';

/** How often a job says how far it is. */
const statusMs = 1000;
/** How long a task that was asked to end, to go on in another job, may take before it is killed. */
const graceMs = 5000;
/** How long a result may take to be seen by other hosts. */
const visibleMs = 30_000;
/** Slurm signals the processes of a job one after the other, the job's own last: how long that may take. */
const signalsMs = 2000;

/** A task in a job: brought up to date as it was when it was submitted, with word of how far it is. */
export class SlurmJob {
  readonly #submitted: SubmittedTask;
  #status: JobStatus;
  /** Of what was written last. */
  #written: JobStatus | undefined;
  #writing: Promise<void> = Promise.resolve();
  #run: LocalExecutor | undefined;
  /** Of the task: of no weight if it comes from what Slurm ended. */
  #failure: Failure | undefined;
  readonly #interrupted = new AbortController();
  #outOfTime = false;

  /** @param restarts how often Slurm had begun it before */
  constructor(
    readonly store: Store,
    readonly files: SlurmFiles,
    readonly id: string,
    readonly submission: Submission,
    readonly slot: number,
    restarts: number,
  ) {
    this.#submitted = submission.tasks[slot]!;
    this.#status = { restarts, state: 'waiting' };
  }

  /** `out-of-time`: it is not done, and has a checkpoint to go on from. */
  async start(): Promise<'done' | 'failed' | 'interrupted' | 'out-of-time'> {
    this.#write();
    const timer = setInterval(() => this.#write(), statusMs);
    try {
      const end = await this.#perform();
      if (end === 'interrupted' && this.#outOfTime) {
        this.#status = { ...this.#status, state: 'requeued' };
        return 'out-of-time';
      }
      return end;
    } catch (error) {
      this.#status = { ...this.#status, state: 'failed', failure: failureOf(error, this.store.reportsFolder) };
      return 'failed';
    } finally {
      clearInterval(timer);
      this.#write();
      await this.#writing;
      const { failure } = this.#status;
      // For those who look at what Slurm has of the job, to which it may be a success.
      if (failure !== undefined)
        console.error(`${this.#submitted.task.id} failed [${failure.code}]: ${failure.message}`);
    }
  }

  /** Slurm ends the job: so does the task. */
  interrupt(): void {
    this.#interrupted.abort();
    this.#run?.interrupt();
  }

  /** The job's time is nearly up: a task that has got on since it began goes on in another one. */
  warn(): void {
    const { key, resume } = this.#status;
    if (key === undefined || this.#outOfTime) return;
    const version = this.store.resumePoint(key).version();
    if (version === undefined || version === resume) return;
    this.#outOfTime = true;
    this.interrupt();
    setTimeout(() => this.interrupt(), graceMs).unref();
  }

  async #perform(): Promise<'done' | 'failed' | 'interrupted'> {
    const task = await this.#task();
    if ('failure' in task) return this.#fail(task.failure);
    const { makers, pipeline: about } = this.submission;
    const before = Object.values(makers).map((maker) => maker.task as Task);
    const pipeline: Pipeline = {
      ...about,
      ...{ params: {}, axes: {}, stages: [task.stage], tasks: [...before, task], expectations: [] },
    };
    const changed = await this.#changedSince(pipeline, task);
    if (changed !== undefined) return this.#fail(changed);
    const given = await this.#given();
    if ('failure' in given) return this.#fail(given.failure);
    const emit = (event: RunEvent) => this.#handle(event);
    const sharing = await openSharing(this.submission.caches, this.store, emit);
    this.#run = new LocalExecutor(pipeline, this.store, {
      tasks: [task],
      given: given.results,
      ...(sharing && { sharing }),
      force: new Set(this.#submitted.force ? [task.id] : []),
      keepGoing: false,
      jobs: 1,
      emit,
    });
    if (this.#interrupted.signal.aborted) this.#run.interrupt();
    let result: TaskResult | undefined;
    try {
      result = (await this.#run.start()).results.get(task.id);
    } finally {
      await sharing?.cache.close();
    }
    if (result === undefined) {
      // The task may have failed because Slurm is ending the job, which is about to hear of it.
      const { signal } = this.#interrupted;
      if (this.#failure !== undefined) await sleep(signalsMs, undefined, { signal }).catch(() => undefined);
      return this.#failure === undefined || signal.aborted ? 'interrupted' : this.#fail(this.#failure);
    }
    await this.files.noteKey(this.#submitted.lineage, result.key);
    this.#status = { ...this.#status, state: 'done', key: result.key, metrics: result.metrics };
    return 'done';
  }

  async #task(): Promise<Task | { readonly failure: Failure }> {
    const { action, ...task }: PlainTask = this.#submitted.task;
    if (action.kind !== 'stage') return { ...task, action };
    const definition = await describeStage(action.uses, this.submission.pipeline.folder);
    if (!('error' in definition)) return { ...task, action: { ...action, definition } };
    const { error, hint } = definition;
    return {
      failure: { code: stageProblemCode(action.uses), message: error, ...(hint === undefined ? {} : { hint }) },
    };
  }

  /** What was submitted is what runs, or nothing. */
  async #changedSince(pipeline: Pipeline, task: Task): Promise<Failure | undefined> {
    const { lineage, ...before } = this.#submitted;
    const now = await lineageOf(new Planner(pipeline, this.store), task, (id) => this.submission.makers[id]!);
    if (now.lineage === lineage) return undefined;
    const reasons = reasonsToRun(task, before, now.identity, now.files).map(({ text }) => text);
    const message = `Something it depends on changed after it was submitted: ${reasons.join('; ')}.`;
    return { code: 'E_SLURM_CHANGED', message, hint: 'Run again: what is not done is submitted as it is now.' };
  }

  /** What its inputs are taken from. */
  async #given(): Promise<{ readonly results: ReadonlyMap<TaskId, TaskResult> } | { readonly failure: Failure }> {
    const results = new Map<TaskId, TaskResult>();
    // Since the job began: what its later tasks need was there as well, or never will be.
    const end = visibleMs;
    for (const [id, { lineage, job }] of Object.entries(this.submission.makers)) {
      if (!dependsOn(this.#submitted.task, id)) continue;
      for (let result: TaskResult | undefined; result === undefined; ) {
        const key = this.files.keyOf(lineage);
        result = key === undefined ? undefined : await this.store.result(key);
        if (result !== undefined) results.set(id as TaskId, result);
        else if (job !== undefined && this.files.readStatus(job.id, job.slot)?.state === 'failed') {
          // Its job had other tasks to do, for which Slurm has this one begin all the same.
          const message = `The task ${id}, whose result it needs, has failed.`;
          return { failure: { code: 'E_SLURM_INPUT', message } };
        } else if (performance.now() < end) await sleep(1000);
        else {
          const message = `The result of ${id}, which it needs, is not in the store.`;
          return { failure: { code: 'E_SLURM_INPUT', message, hint: 'Run again.' } };
        }
      }
    }
    return { results };
  }

  #handle(event: RunEvent): void {
    const status = this.#status;
    switch (event.event) {
      case 'task-waiting':
        this.#status = { ...status, state: 'waiting', message: event.message };
        return;
      case 'task-start': {
        const { key, reasons } = event;
        const resume = status.resume ?? this.store.resumePoint(key).version();
        this.#status = { ...status, state: 'running', key, reasons, ...(resume === undefined ? {} : { resume }) };
        return;
      }
      case 'task-progress':
        this.#status = { ...status, progress: event.progress };
        return;
      case 'task':
        if (event.status === 'failed') this.#failure = event.failure;
        else if (event.status !== 'skipped') this.#status = { ...status, status: event.status, seconds: event.seconds };
        return;
      case 'warning':
        console.error(event.message);
        return;
      default:
    }
  }

  #fail(failure: Failure): 'failed' {
    this.#status = { ...this.#status, state: 'failed', failure };
    return 'failed';
  }

  #write(): void {
    const status = this.#status;
    if (status === this.#written) return;
    this.#written = status;
    // One after the other. A store that takes no status takes no result either, which is told where that fails.
    this.#writing = this.#writing.then(() =>
      this.files.writeStatus(this.id, this.slot, status).catch((error: unknown) => console.error(error)),
    );
  }
}

function dependsOn({ inputs }: Pick<Task, 'inputs'>, id: string): boolean {
  return Object.values(inputs).some(
    (input) =>
      (input.kind === 'output' && input.task === id) ||
      (input.kind === 'list' && input.items.some(({ task }) => task === id)),
  );
}
