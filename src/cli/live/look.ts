// What a page of results shows, as one look at the store tells it.

import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { resultsOf } from '../../api/results/current.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { State } from '../../report/graph/graph.js';
import type { Failure } from '../../run/events.js';
import { Planner } from '../../run/plan/planner.js';
import { forgetCode, stageFingerprint } from '../../stage/fingerprint.js';
import { isUserStage } from '../../stage/registry.js';
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
  readonly pipeline: Pipeline;
  readonly tasks: ReadonlyMap<TaskId, SeenTask>;
  readonly metrics: ReadonlyMap<TaskId, Metrics>;
  readonly warnings: readonly string[];
}

/** Looks at a pipeline again and again. */
export class Looking {
  #pipeline: Pipeline;
  #read: string;
  /** What the code of the user's stages is read from. */
  #code: readonly string[] = [];
  #trouble: string | undefined;
  #last: Look | undefined;

  /** @param reopen reads the pipeline anew */
  constructor(
    pipeline: Pipeline,
    readonly options: PipelineOptions,
    readonly reopen: () => Promise<Pipeline>,
  ) {
    this.#pipeline = pipeline;
    this.#read = stampOf(filesOf(pipeline));
  }

  /** The states that `status` tells of, and what runs of any process compute now. */
  async look(): Promise<Look> {
    // This process may be older than the code that stages have by now.
    forgetCode();
    await this.#follow();
    const pipeline = this.#pipeline;
    this.#code = await codeOf(pipeline);
    this.#read = this.#stamp();
    // One that is opened anew has the notes that others have added.
    const store = openStore(this.options, pipeline);
    try {
      const plans = await new Planner(pipeline, store).plan();
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
      this.#last = { pipeline, tasks, metrics, warnings: this.#trouble === undefined ? [] : [this.#trouble] };
      return this.#last;
    } catch (error) {
      // What a stage is whose code has a mistake, nobody knows.
      if (this.#last === undefined || this.#trouble === undefined || !(error instanceof UserError)) throw error;
      return { ...this.#last, warnings: [this.#trouble] };
    } finally {
      store.close();
    }
  }

  /** Changes where runs begin, end, and take up tasks, and where the pipeline's files do. */
  stamp(store: Store): string {
    const { runsFolder, folder } = store.published(this.#pipeline.name);
    const folders = [join(store.folder, 'store', 'locks'), runsFolder, join(folder, '.latest')];
    return `${stampOf(folders)} ${this.#stamp()}`;
  }

  #stamp(): string {
    return stampOf([...filesOf(this.#pipeline), ...this.#code]);
  }

  /** Reads the pipeline again once its files have changed. With mistakes in them, it stays what it was. */
  async #follow(): Promise<void> {
    if (this.#stamp() === this.#read) return;
    try {
      this.#pipeline = await this.reopen();
      this.#trouble = undefined;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const why = error.message.trimEnd().split('\n').at(-1)!;
      this.#trouble = `${shownPath(this.#pipeline.file)} has changed and can't be read: this page shows it as it was. ${why}`;
    }
  }
}

const filesOf = ({ file, files = [file] }: Pipeline): readonly string[] => files;

/** The files that the user's stages consist of; of one with a mistake, which is told elsewhere, its own. */
async function codeOf({ tasks, folder }: Pipeline): Promise<readonly string[]> {
  const uses = tasks.flatMap(({ action }) =>
    action.kind === 'stage' && isUserStage(action.uses) ? [action.uses] : [],
  );
  const files = [...new Set(uses)].map(async (name) => {
    const file = resolve(folder, name);
    const names = await stageFingerprint(name, folder).then(
      (code) => Object.keys(code.files),
      () => [],
    );
    return [file, ...names.map((one) => resolve(dirname(file), one))];
  });
  return (await Promise.all(files)).flat();
}

function stampOf(paths: readonly string[]): string {
  return paths.map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? '').join(' ');
}
