import { canonicalJson } from '../../files/canonical.js';
import { type Pipeline, pointOf, type Task } from '../../pipeline/expand/task.js';
import { storableMetrics } from '../../store/record.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { Failure, RunEvent } from '../events.js';
import { failureOf } from '../failure.js';
import type { TaskIdentity } from '../plan/identity.js';
import { Planner, type TaskPlan } from '../plan/planner.js';
import { lostFailure } from './repair.js';
import { type Grant, lackingFailure, machineResources, ResourcePool } from './resources.js';
import { type ExecutionResult, TaskRunner } from './task-runner.js';

export interface VerificationOptions {
  /** Tasks to compute again. */
  readonly chosen: readonly Task[];
  /** The same with all they need, in the pipeline's order. */
  readonly all: readonly Task[];
  emit(event: RunEvent): void;
}

export interface VerificationResult {
  /** Tasks whose results came out the same. */
  readonly same: number;
  readonly failed: number;
  readonly interrupted: boolean;
}

/**
 * Computes results again, apart from those in the store, and compares them. Each task gets its inputs from the store,
 * and not from what was computed anew, so that a difference shows where it arises and nowhere else.
 */
export class Verification {
  readonly #executor: TaskRunner;
  readonly #pool = new ResourcePool(machineResources(Number.POSITIVE_INFINITY));
  readonly #reading = sharedAbort();
  #interrupted = false;

  /**
   * @param store reads every file it is asked for, whatever was found out about it before
   * @param scratch a store for what is computed anew
   */
  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly scratch: Store,
    readonly options: VerificationOptions,
  ) {
    this.#executor = new TaskRunner(pipeline, scratch, store);
  }

  async start(): Promise<VerificationResult> {
    const { chosen, all, emit } = this.options;
    const started = performance.now();
    emit({ event: 'start', pipeline: this.pipeline.name, tasks: chosen.map(pointOf) });
    const plans = await this.#plan(all);
    if (plans === undefined) return { same: 0, failed: 0, interrupted: true };
    const outcomes = await Promise.all(chosen.map((task) => this.#verify(task, plans.get(task.id)!)));
    await this.#executor.close();
    const count = (status: string) => outcomes.filter((outcome) => outcome === status).length;
    const counts = { ran: count('ran'), cached: 0, failed: count('failed'), skipped: count('skipped') };
    emit({ event: 'end', ...counts, seconds: since(started) });
    return { same: counts.ran, failed: counts.failed, interrupted: this.#interrupted };
  }

  /** Undefined where it was interrupted, while it read what is large. */
  async #plan(tasks: readonly Task[]): Promise<ReadonlyMap<TaskId, TaskPlan> | undefined> {
    const { signal } = this.#reading;
    const tell = (task: TaskId, message: string) => this.options.emit({ event: 'task-waiting', task, message });
    try {
      return await new Planner(this.pipeline, this.store, { reading: { signal, tell } }).plan(tasks);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** No more tasks; running ones are asked to end, and killed by a second call. */
  interrupt(): void {
    if (!this.#interrupted) this.options.emit({ event: 'interrupted' });
    this.#interrupted = true;
    this.#reading.abort();
    this.#executor.abort();
  }

  async #verify(task: Task, { identity, result, status }: TaskPlan): Promise<'ran' | 'failed' | 'skipped'> {
    const { emit } = this.options;
    const about = { event: 'task', task: task.id } as const;
    const started = performance.now();
    if (identity === undefined || result === undefined) {
      emit({ ...about, status: 'failed', seconds: 0, failure: noResult(status) });
      return 'failed';
    }
    const lacking = this.#pool.lacking(task.resources);
    if (lacking !== undefined) {
      emit({ ...about, status: 'failed', seconds: 0, failure: lackingFailure(lacking) });
      return 'failed';
    }
    const granted = await this.#pool.acquire(task.resources);
    try {
      const begun = performance.now();
      const outcome = this.#interrupted ? undefined : await this.#compute(task, identity, granted);
      if (this.#interrupted || outcome === undefined) {
        emit({ ...about, status: 'skipped', seconds: since(started) });
        return 'skipped';
      }
      const failure =
        'failure' in outcome
          ? withoutLog(outcome.failure)
          : 'lost' in outcome
            ? lostFailure(outcome.lost)
            : await this.#compare(result, outcome);
      const seconds = since(begun);
      emit({ ...about, status: failure ? 'failed' : 'ran', key: result.key, seconds, ...(failure && { failure }) });
      return failure ? 'failed' : 'ran';
    } finally {
      granted.release();
    }
  }

  async #compute(task: Task, identity: TaskIdentity, granted: Grant): Promise<ExecutionResult> {
    const { emit } = this.options;
    emit({ event: 'task-start', task: task.id, key: identity.key, reasons: [] });
    try {
      return await this.#executor.execute({
        task,
        identity,
        granted,
        attempt: 1,
        reading: {
          signal: this.#reading.signal,
          tell: (message) => emit({ event: 'task-waiting', task: task.id, message }),
        },
        ended: granted.idle,
        progress: (progress) => emit({ event: 'task-progress', task: task.id, progress }),
        log: (line) => emit({ event: 'task-log', task: task.id, line }),
        warn: (message) => emit({ event: 'warning', message: `${task.id}: ${message}` }),
      });
    } catch (error) {
      return { failure: failureOf(error, this.store.reportsFolder) };
    }
  }

  async #compare(
    before: TaskResult,
    now: Extract<ExecutionResult, { outputs: unknown }>,
  ): Promise<Failure | undefined> {
    const hint = 'Is it random, or does it depend on the time, or on something the pipeline does not name?';
    for (const [name, artifact] of Object.entries(before.outputs)) {
      const difference = await this.store.difference(artifact, now.outputs[name]!, this.scratch);
      if (difference !== undefined)
        return { code: 'E_DIFFERENT', message: `The output "${name}" is not the same: ${difference}.`, hint };
    }
    const metrics = storableMetrics(now.metrics);
    const names = [...new Set([...Object.keys(before.metrics), ...Object.keys(metrics)])];
    const name = names.find((name) => text(before.metrics[name]) !== text(metrics[name]));
    if (name === undefined) return undefined;
    const message = `The metric "${name}" is not the same: ${text(before.metrics[name])} → ${text(metrics[name])}.`;
    return { code: 'E_DIFFERENT', message, hint };
  }
}

function noResult(status: TaskPlan['status']): Failure {
  const why =
    status.state === 'waiting'
      ? `a task before it is not up to date: ${status.on.join(', ')}`
      : 'reasons' in status
        ? status.reasons.map(({ text }) => text).join('; ')
        : '';
  return { code: 'E_NO_RESULT', message: `There is no result to compare with (${why}).`, hint: 'Run it first.' };
}

/** The log goes with the scratch store; its last lines are part of the failure. */
function withoutLog({ log: _, ...failure }: Failure): Failure {
  return failure;
}

const text = (value: unknown): string => (value === undefined ? 'none' : canonicalJson(value));
const since = (started: number): number => Number(((performance.now() - started) / 1e3).toFixed(3));
