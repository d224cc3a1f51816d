// What a page of results shows, as one look at the store tells it.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { resultsOf } from '../../api/results/current.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { State } from '../../report/graph/graph.js';
import type { Failure } from '../../run/events.js';
import { Planner } from '../../run/plan/planner.js';
import { holderText } from '../../store/lock.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import type { Metrics, TaskId } from '../../values.js';
import { statusText } from '../explain/status.js';

/** What a task is worth. */
export interface SeenTask {
  readonly state: State;
  /** Why, or who computes it. */
  readonly text: string;
  readonly failure?: Pick<Failure, 'code' | 'message'>;
  /** Of a task that is up to date. */
  readonly key?: TaskKey;
}

/** A pipeline as the store has it. */
export interface Look {
  readonly tasks: ReadonlyMap<TaskId, SeenTask>;
  readonly metrics: ReadonlyMap<TaskId, Metrics>;
  readonly warnings: readonly string[];
}

/** Looks at a pipeline again and again. */
export class Looking {
  readonly #begun: string;

  constructor(
    readonly pipeline: Pipeline,
    readonly options: PipelineOptions,
  ) {
    this.#begun = stampOf([pipeline.file]);
  }

  /** The states that `status` tells of, and what runs of any process compute now. */
  async look(): Promise<Look> {
    // One that is opened anew has the notes that others have added.
    const store = openStore(this.options, this.pipeline);
    try {
      const plans = await new Planner(this.pipeline, store).plan();
      const computing = store.computing();
      const tasks = new Map<TaskId, SeenTask>();
      for (const [id, { status, identity, result }] of plans) {
        const holder = identity && computing.get(identity.key);
        const state = holder === undefined ? status.state : 'running';
        const text = holder === undefined ? statusText(status) : `computed by ${holderText(holder)}`;
        const failure = status.state === 'failed' && holder === undefined ? { failure: status.failure } : {};
        tasks.set(id, { state, text, ...failure, ...(result && { key: result.key }) });
      }
      const metrics = new Map([...resultsOf(plans)].map(([id, { metrics }]) => [id, metrics]));
      return { tasks, metrics, warnings: this.#warnings() };
    } finally {
      store.close();
    }
  }

  /** Changes where runs begin, end, and take up tasks. */
  stamp(store: Store): string {
    const { runsFolder, folder } = store.published(this.pipeline.name);
    return stampOf([join(store.folder, 'store', 'locks'), runsFolder, join(folder, '.latest'), this.pipeline.file]);
  }

  #warnings(): readonly string[] {
    if (stampOf([this.pipeline.file]) === this.#begun) return [];
    return [
      `${shownPath(this.pipeline.file)} has changed: this page shows it as it was. Start it again to see the new one.`,
    ];
  }
}

function stampOf(paths: readonly string[]): string {
  return paths.map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? '').join(' ');
}
