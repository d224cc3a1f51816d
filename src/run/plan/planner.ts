import { existsSync } from 'node:fs';
import { StoreError } from '../../files/error.js';
import { createLimit } from '../../files/limit.js';
import { after, type MaybePromise } from '../../files/maybe-promise.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { BlobProblem } from '../../store/artifacts.js';
import { holderText, type LockHolder } from '../../store/lock.js';
import type { Store } from '../../store/store.js';
import type { Artifact, TaskKey, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Reason, TaskStatus } from '../events.js';
import { failedTasks } from './history.js';
import {
  type Identified,
  Identifier,
  type LongReading,
  type OutputsOf,
  readingFor,
  type TaskIdentity,
} from './identity.js';
import { reasonsToRun } from './reasons.js';

/** What the plan says of a task. */
export interface TaskPlan {
  readonly status: TaskStatus;
  /** Missing while an input is yet to be made. */
  readonly identity?: TaskIdentity;
  /** The result, if the task is cached. */
  readonly result?: TaskResult;
  /** Why its key can't be told: it would fail. */
  readonly trouble?: Error;
}

export interface PlanOptions {
  /** Tasks to run whether or not they are cached. */
  readonly force?: ReadonlySet<TaskId>;
  /** The environment that declared variables are taken from. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly reading?: LongReading;
}

/** Tasks looked up in the store at a time. */
const lookups = 16;

/** Compares a pipeline with a store. It writes nothing but the store's notes on what it has verified. */
export class Planner {
  readonly #pipeline: Pipeline;
  readonly #store: Store;
  readonly #force: ReadonlySet<TaskId>;
  readonly #identifier: Identifier;
  readonly #reading: LongReading;

  constructor(pipeline: Pipeline, store: Store, options: PlanOptions = {}) {
    this.#pipeline = pipeline;
    this.#store = store;
    this.#force = options.force ?? new Set();
    this.#reading = options.reading ?? {};
    this.#identifier = new Identifier(pipeline, store, options.env ?? process.env, options.reading);
  }

  /**
   * The state of every task, in the order given, those with inputs that can't be read included. A task below one that
   * has to run is `waiting`: it may turn out cached.
   *
   * @param tasks in topological order, with all they depend on
   */
  async plan(tasks: readonly Task[] = this.#pipeline.tasks): Promise<ReadonlyMap<TaskId, TaskPlan>> {
    const limit = createLimit(lookups);
    const done = new Map<TaskId, TaskPlan>();
    const plans = new Map<TaskId, Promise<TaskPlan>>();
    for (const task of tasks) {
      const before = dependenciesOf(task).flatMap((id) => plans.get(id) ?? []);
      const plan = Promise.all(before).then(() =>
        limit(() => this.statusOf(task, (id) => done.get(id)?.result?.outputs).catch(unreadableInput)),
      );
      plans.set(
        task.id,
        plan.then((result) => {
          done.set(task.id, result);
          return result;
        }),
      );
    }
    const results = await Promise.all(tasks.map(async (task) => [task.id, (await plans.get(task.id))!] as const));
    return this.#withRunning(this.#withFailures(new Map(results)));
  }

  /** Tasks that failed when they last ran, and would compute the same, are told from those that did not run. */
  #withFailures(plans: ReadonlyMap<TaskId, TaskPlan>): ReadonlyMap<TaskId, TaskPlan> {
    const isOpen = ({ state }: TaskStatus) => state === 'stale' || state === 'missing';
    if (![...plans.values()].some(({ status }) => isOpen(status))) return plans;
    const failed = failedTasks(this.#store, this.#pipeline.name);
    return new Map(
      [...plans].map(([id, plan]): [TaskId, TaskPlan] => {
        const { status, identity } = plan;
        const failure = failed[id];
        if (!('reasons' in status) || failure === undefined || failure.key !== identity?.key) return [id, plan];
        return [id, { ...plan, status: { state: 'failed', key: failure.key, failure, reasons: status.reasons } }];
      }),
    );
  }

  /** What a process computes at the time has neither failed nor been interrupted. */
  #withRunning(plans: ReadonlyMap<TaskId, TaskPlan>): ReadonlyMap<TaskId, TaskPlan> {
    const isOpen = ({ status }: TaskPlan) => 'reasons' in status;
    const computing = [...plans.values()].some(isOpen) ? this.#store.computing() : new Map<TaskKey, LockHolder>();
    if (computing.size === 0) return plans;
    return new Map(
      [...plans].map(([id, plan]): [TaskId, TaskPlan] => {
        const { status, identity } = plan;
        const holder = identity && computing.get(identity.key);
        if (!('reasons' in status) || holder === undefined) return [id, plan];
        const now: Reason = { code: 'running', text: `${holderText(holder)} computes it now` };
        const reasons = [now, ...status.reasons.filter(({ code }) => code !== 'new')];
        return [id, { ...plan, status: { ...status, reasons } }];
      }),
    );
  }

  /**
   * The state of one task, as far as the outputs of the tasks before it are known.
   *
   * @throws StoreError `E_INPUT_MISSING`, `E_INPUT_CHANGED` for file inputs; UserError for mistakes in a user's stage
   */
  async statusOf(task: Task, outputsOf: OutputsOf): Promise<TaskPlan> {
    const waitingFor = dependenciesOf(task).filter((id) => outputsOf(id) === undefined);
    const forced: readonly Reason[] = this.#force.has(task.id) ? [{ code: 'forced', text: 'forced' }] : [];
    if (waitingFor.length > 0)
      return {
        status: forced.length > 0 ? { state: 'stale', reasons: forced } : { state: 'waiting', on: waitingFor },
      };
    const { identity, files } = await this.identify(task, outputsOf);
    const { result, problem } = await this.#stored(task, identity);
    const { key } = identity;
    if (result === undefined) {
      const status = await this.#explain(task, identity, files, problem);
      return { identity, status: { ...status, reasons: [...forced, ...status.reasons] } };
    }
    if (forced.length > 0) return { identity, status: { state: 'stale', key, reasons: forced } };
    return { identity, result, status: { state: 'cached', key } };
  }

  /**
   * The identity and the result of one task as `statusOf` has them, without the reasons: to find those can take longer
   * than a short task. The outputs of the tasks before it must be known.
   */
  find(
    task: Task,
    outputsOf: OutputsOf,
  ): MaybePromise<{ readonly identity: TaskIdentity; readonly result: TaskResult | undefined }> {
    return after(this.identify(task, outputsOf), ({ identity }) =>
      after(this.resultOf(task, identity), (result) => ({ identity, result })),
    );
  }

  /** The result of a task that was identified just before; undefined if it has to run. */
  resultOf(task: Task, identity: TaskIdentity): MaybePromise<TaskResult | undefined> {
    return this.#force.has(task.id) ? undefined : after(this.#stored(task, identity), ({ result }) => result);
  }

  /** What a task is made from, the outputs of all tasks before it being known, and the files that its stage names. */
  identify(task: Task, outputsOf: OutputsOf): MaybePromise<Identified> {
    return this.#identifier.identify(task, outputsOf);
  }

  /** The result of a task, which is missing if it is not stored, or if there is a problem with it. */
  #stored(task: Task, { key }: TaskIdentity): MaybePromise<{ result?: TaskResult; problem?: Reason }> {
    return after(this.#store.result(key), (result) =>
      after(result && this.#problemAmong(task.id, Object.entries(result.outputs)), (problem) =>
        problem !== undefined ? { problem } : result === undefined ? {} : { result },
      ),
    );
  }

  /**
   * What a task read from outside the store and changed while it ran: then its result belongs to no key, and must not
   * be recorded.
   */
  async changedMeanwhile(task: Task, identity: TaskIdentity): Promise<readonly Reason[]> {
    const isCommand = task.action.kind !== 'stage';
    if (isCommand && !Object.values(task.inputs).some(({ kind }) => kind === 'file')) return [];
    const { identity: now, files } = await this.#identifier.identifyAgain(task, identity);
    return reasonsToRun(task, identity, now, files);
  }

  /** The first problem among outputs, which are looked at one after the other. */
  #problemAmong(
    task: TaskId,
    outputs: readonly (readonly [output: string, Artifact])[],
    from = 0,
  ): MaybePromise<Reason | undefined> {
    const reading = readingFor(this.#reading, task);
    for (let at = from; at < outputs.length; at++) {
      const [output, artifact] = outputs[at]!;
      const problem = this.#store.problemOf(artifact, reading);
      if (problem instanceof Promise)
        return problem.then((one) =>
          one === undefined ? this.#problemAmong(task, outputs, at + 1) : blobReason(output, one),
        );
      if (problem !== undefined) return blobReason(output, problem);
    }
    return undefined;
  }

  async #explain(
    task: Task,
    identity: TaskIdentity,
    files: readonly string[],
    problem: Reason | undefined,
  ): Promise<Extract<TaskStatus, { state: 'stale' | 'missing' }>> {
    const { key } = identity;
    const missing = (reason: Reason) => ({ state: 'missing', key, reasons: [reason] }) as const;
    if (problem !== undefined) return missing(problem);
    const latest = this.#store.published(this.#pipeline.name).latestKey(task.id);
    if (latest === undefined) return missing(neverDone(this.#store, this.#pipeline.name, task.id));
    const record = await this.#store.record(latest);
    if (record === undefined || latest === key)
      return missing({ code: 'missing-record', text: 'the record of its last run is missing or damaged' });
    return { state: 'stale', key, reasons: reasonsToRun(task, record, identity, files) };
  }
}

/** What a task's own inputs have wrong: see `describeFolder` and `statusOf`. */
const inputProblems = ['E_STORE_NAME', 'E_STORE_LINK', 'E_STORE_FILE_TYPE', 'E_INPUT_MISSING', 'E_INPUT_CHANGED'];

/** An input that can't be had is its task's trouble, and must not hide what is known of the others. */
export function unreadableInput(error: unknown): TaskPlan {
  if (!(error instanceof StoreError) || !inputProblems.includes(error.code)) throw error;
  return { trouble: error, status: { state: 'missing', reasons: [{ code: 'unreadable', text: error.message }] } };
}

/** Why a task has no result yet. */
export function neverDone(store: Store, pipeline: string, task: TaskId): Reason {
  const begun = existsSync(store.published(pipeline).logPath(task));
  return { code: 'new', text: begun ? 'no result yet: it failed or was interrupted' : 'never run here' };
}

function blobReason(output: string, { digest, state, path }: BlobProblem): Reason {
  const what = `output "${output}"${path === undefined ? '' : ` (${path})`}`;
  const happened =
    state === 'missing' ? 'is missing from the store' : 'was damaged in the store and has been set aside';
  return { code: 'missing-blob', text: `${what} ${happened} (${digest.slice(0, 'sha256:'.length + 8)})` };
}
