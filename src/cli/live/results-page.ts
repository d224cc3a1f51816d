// The page of what there is of a pipeline, without a run of its own: it looks at the store as `status` does.

import { countStates, plainNames, states } from '../../report/graph/graph.js';
import type { Store } from '../../store/store.js';
import { jsonText } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import type { Address } from './address.js';
import { FollowedLogs } from './logs.js';
import type { Look, SeenTask } from './look.js';
import { PipelinePage, type Shown } from './pipeline-page.js';
import type { LiveTask } from './state.js';

/** How often it asks whether anything has changed. */
const pollMs = 2000;
/** What no folder tells of, such as an edited script, is seen this much later at the latest. */
const patienceMs = 30_000;
/** A look takes this share of the time at most: with thousands of tasks it takes seconds. */
const share = 0.02;

const names = { ...plainNames, running: 'running' };

/** A look as pages show it. */
class Seen implements Shown {
  tasks: ReadonlyMap<TaskId, LiveTask> = new Map();
  readonly #logs = new FollowedLogs();
  #look: Look;

  constructor(look: Look) {
    this.#look = look;
    this.update(look);
  }

  update(look: Look): void {
    this.#look = look;
    this.tasks = new Map([...look.tasks].map(([id, task]) => [id, taskOf(task)]));
    for (const [id] of this.#running) this.#tell(id);
  }

  /** Looks at the logs of tasks that run elsewhere. Returns those of which there is something new. */
  followLogs(store: Store): readonly [TaskId, LiveTask][] {
    const running = this.#running;
    const changed = this.#logs.read(
      store,
      this.pipeline.name,
      running.map(([id]) => id),
    );
    for (const id of changed) this.#tell(id);
    return running.filter(([id]) => changed.includes(id));
  }

  get #running(): readonly [TaskId, LiveTask][] {
    return [...this.tasks].filter(([, { state }]) => state === 'running');
  }

  /** Adds to a task what its log tells of it. */
  #tell(id: TaskId): void {
    const [task, told] = [this.tasks.get(id), this.#logs.of(id)];
    if (task === undefined || told === undefined) return;
    task.text = `${this.#look.tasks.get(id)!.text}\n${told.lastLine}`.trimEnd();
    Object.assign(task.curves, told.curves);
  }

  get pipeline() {
    return this.#look.pipeline;
  }

  get metrics() {
    return this.#look.metrics;
  }

  get warnings() {
    return this.#look.warnings;
  }

  /** `12 of 64 cached, 3 running, 49 missing` */
  get summary(): string {
    const { tasks } = this.#look;
    const counts = countStates([...tasks.values()].map(({ state }) => state));
    const open = states.filter((state) => state !== 'cached' && counts[state] !== undefined);
    return `${counts.cached ?? 0} of ${tasks.size} cached${open.map((state) => `, ${counts[state]} ${state}`).join('')}`;
  }

  get ended(): boolean {
    return [...this.#look.tasks.values()].every(({ state }) => state !== 'running');
  }

  stateOf(task: TaskId) {
    return this.#look.tasks.get(task)?.state ?? 'waiting';
  }

  keyOf(task: TaskId) {
    return this.#look.tasks.get(task)?.key;
  }
}

function taskOf({ state, text, failure }: SeenTask): LiveTask {
  const shown = state === 'cached' ? 'done' : state === 'running' || state === 'failed' ? state : 'waiting';
  return { state: shown, text, ...(failure && { failure }), curves: {} };
}

/** A page of results that are there. It follows what runs of other processes do, and changes nothing. */
export class ResultsPage {
  readonly #page: PipelinePage;
  readonly #seen: Seen;
  readonly #look: () => Promise<Look>;
  readonly #stamp: () => string;
  #lookedAt = 0;
  #took = 0;
  #lastStamp = '';
  #told = '';
  #trouble = '';
  #clock: NodeJS.Timeout | undefined;

  private constructor(
    readonly store: Store,
    first: Look,
    look: () => Promise<Look>,
    stamp: () => string,
    token: string | undefined,
  ) {
    this.#seen = new Seen(first);
    this.#look = look;
    this.#stamp = stamp;
    this.#page = new PipelinePage(store, this.#seen, 'results', names, token);
  }

  /**
   * @param look looks at the store; again while somebody has the page open
   * @param stamp tells something else once there may be something new, as far as that is soon told
   * @param port 0 for any that is free: its usual one, if that is
   * @param usual where it is found again after a restart, if it is to be
   */
  static async open(
    store: Store,
    look: () => Promise<Look>,
    stamp: () => string,
    port: number,
    usual?: Address,
  ): Promise<ResultsPage> {
    const page = new ResultsPage(store, await look(), look, stamp, usual?.token);
    const { server } = page.#page;
    await server.listen(port, usual?.port);
    // Nobody is told: nothing is looked at.
    server.onReaders = (readers) => {
      if (readers > 0) page.#clock ??= setTimeout(() => void page.#poll(), 0);
    };
    return page;
  }

  /** See `PipelinePage`. */
  show(): readonly string[] {
    return this.#page.show();
  }

  async close(): Promise<void> {
    clearTimeout(this.#clock);
    await this.#page.server.close();
  }

  async #poll(): Promise<void> {
    await this.#tellNews().catch((error: Error) => {
      // What can't be read now may be readable the next time. It is told once.
      if (error.message !== this.#trouble)
        this.#page.server.send(jsonText({ event: 'warning', message: error.message }));
      this.#trouble = error.message;
    });
    this.#clock = this.#page.server.readers > 0 ? setTimeout(() => void this.#poll(), pollMs) : undefined;
  }

  async #tellNews(): Promise<void> {
    await this.#refresh();
    for (const [task, { text, curves }] of this.#seen.followLogs(this.store))
      this.#page.server.send(jsonText({ event: 'task-followed', task, text, curves }));
  }

  async #refresh(): Promise<void> {
    const begun = performance.now();
    const since = begun - this.#lookedAt;
    if (since < this.#took / share) return;
    const stamp = this.#stamp();
    if (stamp === this.#lastStamp && since < patienceMs) return;
    this.#lastStamp = stamp;
    this.#seen.update(await this.#look());
    this.#lookedAt = performance.now();
    this.#took = this.#lookedAt - begun;
    const snapshot = this.#page.snapshot();
    if (snapshot !== this.#told) this.#page.server.send(snapshot, 'snapshot');
    this.#told = snapshot;
  }
}
