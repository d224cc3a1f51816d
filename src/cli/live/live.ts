// The page that shows a run as it goes on: a module of its own, which a run that nobody watches doesn't load.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pageTasks } from '../../api/results/declared.js';
import { pagePath } from '../../api/results/pages.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { State, StateNames } from '../../report/graph/graph.js';
import { graphSvg, largestPicture, pictureSize } from '../../report/graph/svg.js';
import { livePage } from '../../report/live/page.js';
import { liveScript } from '../../report/live/script.js';
import { tableHtml } from '../../report/page/table-html.js';
import type { RunEvent } from '../../run/events.js';
import type { Store } from '../../store/store.js';
import { jsonText, logText } from '../../text/printable.js';
import { plain } from '../../text/table.js';
import type { TaskId } from '../../values.js';
import { stageGraph } from '../results/graphs.js';
import { resultsContent } from '../results/results-table.js';
import { openBrowser } from './browser.js';
import { LiveServer } from './server.js';
import { LiveState, type LiveTask } from './state.js';

/** How often readers are told how far the run is, and how often at most of the progress of a task. */
const summaryMs = 1000;
const progressMs = 500;
/** A page that is loaded anew is back within this time. */
const awayMs = 5000;
/** Bytes of a log that are shown: its end. */
const shownLog = 64 * 1024;

/** States of a run in the colours that the picture has for those before it. */
const stateOf: Readonly<Record<LiveTask['state'], State>> = {
  ...{ done: 'cached', running: 'stale', failed: 'failed', skipped: 'missing', waiting: 'waiting' },
};
const names: StateNames = {
  ...{ cached: 'done', stale: 'running', missing: 'skipped', failed: 'failed', waiting: 'waiting' },
};

/** A run's page. */
export class LivePage {
  readonly #state: LiveState;
  readonly #server: LiveServer;
  readonly #clock: NodeJS.Timeout;
  readonly #told = new Map<TaskId, number>();
  #summary = '';

  private constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    tasks: readonly TaskId[],
  ) {
    this.#state = new LiveState(tasks);
    const page = livePage(pipeline.name, pipeline.description, [...this.#state.tasks.keys()]);
    const hash = createHash('sha256').update(liveScript).digest('base64');
    const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
    this.#server = new LiveServer(
      {
        '': () => ({ type: 'text/html; charset=utf-8', body: page, policy }),
        'graph.svg': () => this.#graph(),
        results: () => ({ type: 'text/html; charset=utf-8', body: this.#results(), policy: "default-src 'none'" }),
        log: (query) => this.#log(query.get('task') as TaskId),
        report: () => this.#report(),
      },
      () => this.#snapshot(),
    );
    this.#clock = setInterval(() => this.#tellSummary(), summaryMs);
    this.#clock.unref();
  }

  /** @param tasks those of the run @param port 0 for any that is free */
  static async open(pipeline: Pipeline, store: Store, tasks: readonly TaskId[], port: number): Promise<LivePage> {
    const page = new LivePage(pipeline, store, tasks);
    await page.#server.listen(port);
    return page;
  }

  /** Opens it in a browser, where there is a display. Returns what to tell of where it is, a line each. */
  show(): readonly string[] {
    const { url, port } = this.#server;
    const elsewhere = openBrowser(url, port);
    return elsewhere === undefined ? [url] : [url, `from another computer, first: ${elsewhere}`];
  }

  /** True while somebody has it open. */
  get isWatched(): boolean {
    return this.#server.readers > 0;
  }

  handle(event: RunEvent): void {
    this.#state.handle(event);
    if (this.#server.readers === 0 || event.event === 'task-log') return;
    if (event.event === 'task-progress') {
      const now = performance.now();
      if (now - (this.#told.get(event.task) ?? Number.NEGATIVE_INFINITY) < progressMs) return;
      this.#told.set(event.task, now);
      // With what has been made of it for people.
      const { text, share } = this.#state.tasks.get(event.task) ?? {};
      this.#server.send(jsonText({ ...event, text, share }));
    } else this.#server.send(jsonText(event));
  }

  /** All is written that the run leaves: the report can be had. */
  finish(): void {
    this.#tellSummary();
    this.#server.send(this.#snapshot(), 'snapshot');
  }

  /** Resolves once nobody has it open any more. */
  unwatched(): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const look = (readers: number) => {
        clearTimeout(timer);
        if (readers === 0) timer = setTimeout(resolve, awayMs);
      };
      this.#server.onReaders = look;
      look(this.#server.readers);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#clock);
    await this.#server.close();
  }

  #tellSummary(): void {
    if (this.#server.readers === 0) return;
    const { summary } = this.#state;
    if (summary !== this.#summary) this.#server.send(jsonText(summary), 'summary');
    this.#summary = summary;
  }

  #snapshot(): string {
    const { tasks, warnings, summary, ended } = this.#state;
    const report = ended && this.#report() !== undefined;
    return jsonText({ tasks: Object.fromEntries(tasks), warnings, summary, ended, report });
  }

  #graph() {
    // What is not part of the run was not looked at.
    const graph = stageGraph(this.pipeline, (id) => stateOf[this.#state.tasks.get(id)?.state ?? 'waiting']);
    if (pictureSize(graph) > largestPicture) return undefined;
    return {
      type: 'image/svg+xml',
      body: graphSvg(graph, names),
      policy: "default-src 'none'; style-src 'unsafe-inline'",
    };
  }

  /** The table that the run ends with, as far as it is. */
  #results(): string {
    const { rows, columns } = resultsContent(this.pipeline, this.#state.metrics);
    if (rows.length === 0) return '';
    const isNumber = (key: string) => key.startsWith('metric ');
    return tableHtml({
      ...{ name: 'results', title: 'Results so far', notes: [] },
      columns: columns.map(({ key, title }) => ({ title, kind: isNumber(key) ? 'number' : 'text' })),
      rows: rows.map((row) => columns.map(({ key, format }) => format(plain(row[key])))),
    }).text;
  }

  #log(task: TaskId) {
    if (!this.#state.tasks.has(task)) return undefined;
    const { failure, text } = this.#state.tasks.get(task)!;
    const said = failure === undefined ? '' : `\n${failure.message} [${failure.code}]\n${failure.hint ?? ''}`;
    let body: string;
    try {
      const bytes = readFileSync(this.store.published(this.pipeline.name).logPath(task));
      body = logText(bytes.subarray(-shownLog).toString());
    } catch {
      body = text === 'cached' ? 'It was cached: nothing ran.' : 'It has written nothing yet.';
    }
    return { type: 'text/plain; charset=utf-8', body: body + said };
  }

  #report() {
    for (const task of pageTasks(this.pipeline)) {
      try {
        const body = readRegularFile(pagePath(this.store, this.pipeline, task)).toString();
        if (this.#state.tasks.get(task.id)?.state === 'done') return { type: 'text/html; charset=utf-8', body };
      } catch {
        // The next one may be there.
      }
    }
    return undefined;
  }
}
