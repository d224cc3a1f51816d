// The pages that the program serves: a module of its own, which a run that nobody watches doesn't load.

import type { Pipeline } from '../../pipeline/expand/task.js';
import type { State, StateNames } from '../../report/graph/graph.js';
import type { RunEvent } from '../../run/events.js';
import type { Store } from '../../store/store.js';
import { jsonText } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import type { Address } from './address.js';
import { PipelinePage } from './pipeline-page.js';
import { LiveState, type LiveTask } from './state.js';

export { pipelineAddress } from './address.js';
export { ResultsPage } from './results-page.js';

/** How often readers are told how far the run is, and how often at most of the progress of a task. */
const summaryMs = 1000;
const progressMs = 500;

/** States of a run as the picture has them. */
const stateOf: Readonly<Record<LiveTask['state'], State>> = {
  ...{ done: 'cached', running: 'running', failed: 'failed', skipped: 'missing', waiting: 'waiting' },
};
const names: StateNames = {
  ...{ cached: 'done', running: 'running', missing: 'skipped', failed: 'failed', waiting: 'waiting' },
};

/** A run's page. */
export class LivePage {
  readonly #state: LiveState;
  readonly #page: PipelinePage;
  readonly #clock: NodeJS.Timeout;
  readonly #told = new Map<TaskId, number>();
  #summary = '';

  private constructor(pipeline: Pipeline, store: Store, tasks: readonly TaskId[], token: string | undefined) {
    const state = new LiveState(tasks);
    this.#state = state;
    const shown = {
      ...{ pipeline, tasks: state.tasks, metrics: state.metrics, warnings: state.warnings },
      get summary() {
        return state.summary;
      },
      get ended() {
        return state.ended;
      },
      // What is not part of the run was not looked at.
      stateOf: (id: TaskId) => {
        const task = state.tasks.get(id);
        return task && stateOf[task.state];
      },
      keyOf: (id: TaskId) => state.keys.get(id),
    };
    this.#page = new PipelinePage(store, shown, 'run', names, token);
    this.#clock = setInterval(() => this.#tellSummary(), summaryMs);
    this.#clock.unref();
  }

  /**
   * @param tasks those of the run
   * @param port 0 for any that is free: its usual one, if that is
   * @param usual where the next run of the same is found, if it is to be
   */
  static async open(
    pipeline: Pipeline,
    store: Store,
    tasks: readonly TaskId[],
    port: number,
    usual?: Address,
  ): Promise<LivePage> {
    const page = new LivePage(pipeline, store, tasks, usual?.token);
    await page.#page.server.listen(port, usual?.port);
    return page;
  }

  /** See `PipelinePage`. */
  show(): readonly string[] {
    return this.#page.show();
  }

  /** True while somebody has it open. */
  get isWatched(): boolean {
    return this.#page.server.readers > 0;
  }

  handle(event: RunEvent): void {
    this.#state.handle(event);
    const { server } = this.#page;
    if (server.readers === 0 || event.event === 'task-log') return;
    if (event.event === 'task-progress') {
      const now = performance.now();
      if (now - (this.#told.get(event.task) ?? Number.NEGATIVE_INFINITY) < progressMs) return;
      this.#told.set(event.task, now);
      // With what has been made of it for people.
      const { text, share } = this.#state.tasks.get(event.task) ?? {};
      server.send(jsonText({ ...event, text, share }));
    } else server.send(jsonText(event));
  }

  /** All is written that the run leaves: the report can be had. */
  finish(): void {
    this.#tellSummary();
    this.#page.server.send(this.#page.snapshot(), 'snapshot');
  }

  /** Resolves once nobody has it open any more. */
  unwatched(): Promise<void> {
    return this.#page.unwatched();
  }

  async close(): Promise<void> {
    clearInterval(this.#clock);
    await this.#page.server.close();
  }

  #tellSummary(): void {
    const { server } = this.#page;
    if (server.readers === 0) return;
    const { summary } = this.#state;
    if (summary !== this.#summary) server.send(jsonText(summary), 'summary');
    this.#summary = summary;
  }
}
