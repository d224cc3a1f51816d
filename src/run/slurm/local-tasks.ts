import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import type { RunEvent } from '../events.js';
import type { RunOptions } from '../executor.js';
import { failureOf } from '../failure.js';
import { LocalExecutor } from '../local/executor.js';
import { machineResources, ResourcePool } from '../local/resources.js';
import type { Outcomes } from '../outcomes.js';

/** Tasks of a run on a cluster that get no job: they run on this machine, each once what it needs is there. */
export class LocalTasks {
  readonly #pool: ResourcePool;
  /** Tasks that are not over. */
  readonly #open = new Map<TaskId, Task>();
  readonly #running = new Map<TaskId, { readonly run: LocalExecutor; readonly ended: Promise<void> }>();

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: RunOptions,
    readonly outcomes: Outcomes,
  ) {
    this.#pool = new ResourcePool(machineResources(options.jobs));
  }

  /** How many are not over. */
  get size(): number {
    return this.#open.size;
  }

  add(task: Task): void {
    this.#open.set(task.id, task);
  }

  /** True for one that is not over. */
  has(id: TaskId): boolean {
    return this.#open.has(id);
  }

  /** Begins with what can begin, and skips what never will. @returns true if tasks are over since it was called last */
  advance(): boolean {
    let changed = false;
    // In order, so that one that is skipped takes along those below.
    for (const task of [...this.#open.values()]) {
      if (this.outcomes.of(task.id) !== undefined) {
        this.#open.delete(task.id);
        changed = true;
      } else if (this.#running.has(task.id)) continue;
      else if (this.outcomes.isHopeless(task)) {
        this.outcomes.skipOpen(task);
        this.#open.delete(task.id);
        changed = true;
      } else if (dependenciesOf(task).every((id) => this.outcomes.results.has(id))) this.#begin(task);
    }
    return changed;
  }

  /** Running tasks are asked to end, and killed by a second call. */
  interrupt(): void {
    for (const { run } of this.#running.values()) run.interrupt();
  }

  /** Resolves when no task is running. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #begin(task: Task): void {
    const { options, outcomes } = this;
    let told: Extract<RunEvent, { event: 'task' }> | undefined;
    const emit = (event: RunEvent) => {
      if (event.event === 'task') told = event;
      // Those of the run as a whole are not this task's.
      else if (event.event !== 'start' && event.event !== 'end' && event.event !== 'interrupted') options.emit(event);
    };
    const given = new Map(dependenciesOf(task).map((id) => [id, outcomes.results.get(id)!]));
    const run = new LocalExecutor(this.pipeline, this.store, { ...options, tasks: [task], given, emit }, this.#pool);
    const ended = run
      .start()
      .then(({ results }) => outcomes.take(task, told!, results.get(task.id)))
      .catch((error: unknown) => outcomes.fail(task, failureOf(error, this.store.reportsFolder), outcomes.seconds))
      .then(() => void this.#running.delete(task.id));
    this.#running.set(task.id, { run, ended });
  }
}
