import { setTimeout as sleep } from 'node:timers/promises';
import { createLimit } from '../../files/limit.js';
import { after, type MaybePromise } from '../../files/maybe-promise.js';
import type { Reading } from '../../files/reading.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { holderText, type Lock, type LockHolder } from '../../store/lock.js';
import type { Store } from '../../store/store.js';
import type { TaskKey, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { Failure, Reason } from '../events.js';
import type { Executor, RunOptions, RunResult } from '../executor.js';
import { failureOf } from '../failure.js';
import { type Outcome, Outcomes, secondsSince } from '../outcomes.js';
import type { TaskIdentity } from '../plan/identity.js';
import { Planner } from '../plan/planner.js';
import type { Sharing } from '../share/sharing.js';
import { removeOutdatedStates, removeState } from './leftovers.js';
import { lostFailure, makeAgain, repairMessage } from './repair.js';
import { type Grant, lackingFailure, machineResources, ResourcePool } from './resources.js';
import { TaskOrder } from './task-order.js';
import { taskRecord } from './task-record.js';
import { type Execution, type ExecutionResult, TaskRunner } from './task-runner.js';

type AttemptForm = Pick<Execution, 'attempt' | 'copies'>;
type FailedAttempt = Exclude<ExecutionResult, { outputs: unknown }>;

/** Tasks compared with the store at a time. */
const lookups = 16;
/** Seconds before a second attempt; each further one waits twice as long, up to a minute. */
const firstDelay = 1;
const longestDelay = 60;
/** How often a task begins anew because others wrote into its inputs. */
const mostLosses = 3;

/** One run on this machine: brings tasks up to date, each as soon as what it needs is there. */
export class LocalExecutor implements Executor {
  readonly #planner: Planner;
  readonly #executor: TaskRunner;
  readonly #outcomes: Outcomes;
  /** Of all tasks whose outputs are stored. */
  readonly #outputs: Map<TaskId, TaskResult['outputs']>;
  readonly #outputsOf = (id: TaskId) => this.#outputs.get(id);
  readonly #order: TaskOrder<Outcome>;
  readonly #waiting = sharedAbort();
  readonly #readingFor: (task: TaskId) => Reading;
  readonly #lookup = createLimit(lookups);
  readonly #fetching = createLimit(lookups);
  /** Runs that make again what was written into. */
  readonly #repairs = new Set<LocalExecutor>();
  #interrupted = false;

  /** @param pool what its tasks may use of the machine, where other runs use it as well */
  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: RunOptions,
    readonly pool = new ResourcePool(machineResources(options.jobs)),
  ) {
    const { signal } = this.#waiting;
    const tell = (task: TaskId, message: string) => options.emit({ event: 'task-waiting', task, message });
    this.#planner = new Planner(pipeline, store, { force: options.force, reading: { signal, tell } });
    this.#readingFor = (task) => ({ signal, tell: (message) => tell(task, message) });
    this.#outcomes = new Outcomes(pipeline, store, options);
    this.#outputs = new Map([...this.#outcomes.results].map(([id, { outputs }]) => [id, outputs]));
    this.#executor = new TaskRunner(pipeline, store);
    this.#order = new TaskOrder(
      options.tasks,
      (task, before) => this.#bring(task, before),
      // No more records will come for the last ones to wait for. Should this fail, the end of the run tells.
      () => void store.settled().catch(() => undefined),
    );
  }

  async start(): Promise<RunResult> {
    const { signal } = this.#waiting;
    const onWait = (holder: LockHolder) => {
      const message = `The run waits for a gc that is cleaning the store (${holderText(holder)}).`;
      this.options.emit({ event: 'warning', message });
    };
    const inUse = await this.store.beginRun({ signal, onWait }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    try {
      return await this.#bringAll();
    } finally {
      await inUse?.release();
    }
  }

  async #bringAll(): Promise<RunResult> {
    this.#outcomes.begin();
    // Whatever happens: what it holds would keep a program alive that goes on.
    try {
      await this.#order.run();
    } finally {
      await this.#executor.close();
    }
    await this.store.settled();
    await removeOutdatedStates(this.store, new Set([...this.#outcomes.results.values()].map(({ key }) => key)));
    await this.options.sharing?.settled();
    return this.#outcomes.end(this.#interrupted);
  }

  /** Ends the run: no new tasks, running ones are asked to end. A second call kills them. */
  interrupt(): void {
    if (!this.#interrupted) this.options.emit({ event: 'interrupted' });
    this.#interrupted = true;
    this.#waiting.abort();
    this.#executor.abort();
    for (const run of this.#repairs) run.interrupt();
    this.options.sharing?.interrupt();
  }

  get #stopping(): boolean {
    return this.#waiting.signal.aborted || this.#outcomes.isStopping;
  }

  async #bring(task: Task, before: readonly (Outcome | 'stored')[]): Promise<Outcome> {
    const started = performance.now();
    if (this.#stopping || before.some((outcome) => outcome === 'failed' || outcome === 'skipped'))
      return this.#skip(task, started);
    const { sharing, force } = this.options;
    try {
      const { identity, result } = await this.#lookup(() => this.#find(task));
      if (result) return await this.#cached(task, result, started);
      if (sharing !== undefined && !force.has(task.id)) {
        const { key } = identity;
        const outcome = await this.#fetching(() => this.#fetch(task, key, sharing, started));
        if (outcome !== undefined) return outcome;
      }
      return await this.#compute(task, identity.key, started);
    } catch (error) {
      if (this.#waiting.signal.aborted) return this.#skip(task, started);
      return this.#fail(task, failureOf(error, this.store.reportsFolder), started);
    }
  }

  #find(task: Task): ReturnType<Planner['find']> {
    return this.#planner.find(task, this.#outputsOf);
  }

  /** Takes a task's result from the remote cache, unless another run on this store has just done so. */
  async #fetch(task: Task, key: TaskKey, sharing: Sharing, started: number): Promise<Outcome | undefined> {
    if (this.#stopping) return this.#skip(task, started);
    const lock = await this.#lock(task, key);
    try {
      const now = await this.#find(task);
      if (now.result) return await this.#cached(task, now.result, started);
      const result = await sharing.fetch(task.id, key, this.#waiting.signal);
      return result && (await this.#cached(task, result, started, 'remote'));
    } finally {
      await lock.release();
    }
  }

  #lock(task: Task, key: TaskKey): Promise<Lock> {
    return this.store.lock(key, {
      signal: this.#waiting.signal,
      onWait: (holder) => {
        const who = holder.pid === process.pid ? 'another task' : `another run (${holderText(holder)})`;
        this.options.emit({ event: 'task-waiting', task: task.id, message: `${who} is computing the same` });
      },
    });
  }

  async #compute(task: Task, key: TaskKey, started: number): Promise<Outcome> {
    const { retries = 0, resources } = task;
    const lacking = this.pool.lacking(resources);
    if (lacking !== undefined) return this.#fail(task, lackingFailure(lacking), started, key);
    let losses = 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(task, { attempt, copies: losses > 0 }, started);
      if (typeof outcome === 'string') return outcome;
      if ('lost' in outcome) {
        if (this.#stopping) return this.#skip(task, started);
        const failure = ++losses > mostLosses ? lostFailure(outcome.lost) : await this.#makeAgain(task, outcome.lost);
        if (failure !== undefined) return this.#fail(task, failure, started);
        attempt--;
        continue;
      }
      if (attempt > retries || this.#stopping) return this.#fail(task, outcome.failure, started);
      const seconds = Math.min(firstDelay * 2 ** (attempt - 1), longestDelay);
      const { failure } = outcome;
      this.options.emit({ event: 'task-retry', task: task.id, attempt, attempts: retries + 1, seconds, failure });
      await sleep(seconds * 1e3, undefined, { signal: this.#waiting.signal }).catch(() => undefined);
    }
  }

  /** Makes again what others have written into, in a run of its own that nobody sees. */
  async #makeAgain(task: Task, lost: readonly string[]): Promise<Failure | undefined> {
    this.options.emit({ event: 'task-waiting', task: task.id, message: repairMessage(lost) });
    const { pipeline, store, options } = this;
    const about = { pipeline, store, tasks: options.tasks, outputsOf: this.#outputsOf };
    const made = await makeAgain(about, task, lost, async (tasks) => {
      const run = new LocalExecutor(pipeline, store, {
        tasks,
        force: new Set(),
        keepGoing: false,
        jobs: 1,
        emit: () => {},
      });
      this.#repairs.add(run);
      return (await run.start().finally(() => this.#repairs.delete(run))).results;
    });
    if ('failure' in made) return made.failure;
    for (const [id, result] of made.results) {
      this.#outcomes.results.set(id, result);
      this.#outputs.set(id, result.outputs);
    }
    return undefined;
  }

  /** One attempt at a task, with what it needs of the machine, and under a lock. */
  async #attempt(task: Task, how: AttemptForm, started: number): Promise<Outcome | FailedAttempt> {
    const granted = await this.pool.acquire(task.resources);
    try {
      // While it waited, the run may have been stopped, or inputs changed.
      if (this.#stopping) return this.#skip(task, started);
      const { identity, status } = await this.#planner.statusOf(task, this.#outputsOf);
      const lock = await this.#lock(task, identity!.key);
      try {
        // Whoever held the lock before us may have made the result, even just before we came.
        const result = await this.#planner.resultOf(task, identity!);
        if (result) return await this.#cached(task, result, started);
        if (this.#stopping) return this.#skip(task, started);
        const reasons = 'reasons' in status ? status.reasons : [];
        return await this.#execute(task, identity!, { ...how, granted, reasons });
      } finally {
        await lock.release();
      }
    } catch (error) {
      if (this.#waiting.signal.aborted) return this.#skip(task, started);
      throw error;
    } finally {
      granted.release();
    }
  }

  async #execute(
    task: Task,
    identity: TaskIdentity,
    { granted, reasons, ...how }: AttemptForm & { granted: Grant; reasons: readonly Reason[] },
  ): Promise<Outcome | FailedAttempt> {
    const { sharing, emit } = this.options;
    const started = performance.now();
    emit({ event: 'task-start', task: task.id, key: identity.key, reasons });
    const result = await this.#executor.execute({
      task,
      identity,
      granted,
      ...how,
      reading: this.#readingFor(task.id),
      ended: granted.idle,
      progress: (progress) => emit({ event: 'task-progress', task: task.id, progress }),
      log: (line) => emit({ event: 'task-log', task: task.id, line }),
      warn: (message) => emit({ event: 'warning', message: `${task.id}: ${message}` }),
    });
    if (!('outputs' in result)) return result;
    const changed = await this.#planner.changedMeanwhile(task, identity);
    if (changed.length > 0) {
      const message = `Something it depends on changed while it ran: ${changed.map(({ text }) => text).join('; ')}.`;
      return { failure: { code: 'E_INPUT_CHANGED', message, hint: 'Run again.' } };
    }
    const cost = { seconds: secondsSince(started), threads: granted.cpus };
    const record = taskRecord(this.pipeline, task, identity, result, cost);
    this.#outputs.set(task.id, record.outputs);
    this.#order.tellStored(task.id);
    // With places to be had for all, nobody waits for this one's.
    await this.store.writeRecord(record, this.options.jobs === Number.POSITIVE_INFINITY);
    if (task.action.kind === 'stage') await removeState(this.store, identity.key);
    const seconds = secondsSince(started);
    await this.#order.afterThoseBefore(task.id);
    const outcome = await this.#outcomes.done(task, record, 'ran', seconds);
    sharing?.give(task.id, record);
    return outcome;
  }

  #cached(task: Task, result: TaskResult, started: number, from?: 'remote'): MaybePromise<Outcome> {
    this.#outputs.set(task.id, result.outputs);
    const seconds = secondsSince(started);
    return after(this.#order.afterThoseBefore(task.id), () =>
      this.#outcomes.done(task, result, 'cached', seconds, from),
    );
  }

  #skip(task: Task, started: number): Outcome {
    return this.#outcomes.skip(task, secondsSince(started));
  }

  #fail(task: Task, failure: Failure, started: number, key?: TaskKey): Outcome {
    if (this.#interrupted) return this.#skip(task, started);
    return this.#outcomes.fail(task, failure, secondsSince(started), key);
  }
}
