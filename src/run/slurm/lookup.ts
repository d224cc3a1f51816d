import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { RunOptions } from '../executor.js';
import type { Outcomes } from '../outcomes.js';
import { Planner } from '../plan/planner.js';
import type { SlurmFiles } from './files.js';
import { lineageOf } from './lineage.js';
import type { TaskLineage } from './submit.js';

/** Looks tasks up in the store and in remote caches, and keeps by what lineage jobs know them. */
export class Lookup {
  readonly #planner: Planner;
  readonly #byId: ReadonlyMap<TaskId, Task>;
  readonly #lineages = new Map<TaskId, TaskLineage>();
  /** Tasks whose keys jobs can read. */
  readonly #noted = new Set<TaskId>();

  constructor(
    pipeline: Pipeline,
    store: Store,
    readonly files: SlurmFiles,
    readonly options: Pick<RunOptions, 'force' | 'sharing'>,
    readonly outcomes: Pick<Outcomes, 'results'>,
  ) {
    this.#planner = new Planner(pipeline, store, { force: options.force });
    this.#byId = new Map(pipeline.tasks.map((task) => [task.id, task]));
  }

  /**
   * The result of a task that is up to date; undefined for one that is to be computed.
   *
   * @param task one whose dependencies were looked up before it
   * @throws StoreError, UserError as the planner does
   */
  async find(
    task: Task,
    signal: AbortSignal,
  ): Promise<{ readonly result: TaskResult; readonly from?: 'remote' } | undefined> {
    const makerOf = (id: TaskId) => ({ task: this.#byId.get(id)!, lineage: this.lineageOf(id).lineage });
    this.#lineages.set(task.id, await lineageOf(this.#planner, task, makerOf));
    const outputsOf = (id: TaskId) => this.outcomes.results.get(id)?.outputs;
    const { identity, result } = await this.#planner.statusOf(task, outputsOf);
    if (result !== undefined) return { result };
    const { sharing, force } = this.options;
    if (identity === undefined || force.has(task.id)) return undefined;
    // What others have computed needs no job.
    const fetched = await sharing?.fetch(task.id, identity.key, signal);
    return fetched && { result: fetched, from: 'remote' };
  }

  /** Of a task that was looked up. */
  lineageOf(id: TaskId): TaskLineage {
    return this.#lineages.get(id)!;
  }

  /** Lets the jobs of tasks find the results that there are of those before them. */
  async noteKeys(tasks: readonly Task[]): Promise<void> {
    for (const id of tasks.flatMap(dependenciesOf)) {
      const key = this.outcomes.results.get(id)?.key;
      if (key === undefined || this.#noted.has(id)) continue;
      const { lineage } = this.lineageOf(id);
      if (this.files.keyOf(lineage) !== key) await this.files.noteKey(lineage, key);
      this.#noted.add(id);
    }
  }
}
