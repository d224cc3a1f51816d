// What the pages of a pipeline have in common: what they give out, and to whom.

import { createHash } from 'node:crypto';
import { pageTasks } from '../../api/results/declared.js';
import { pagePath } from '../../api/results/pages.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { State, StateNames } from '../../report/graph/graph.js';
import { graphSvg, largestPicture, pictureSize } from '../../report/graph/svg.js';
import { comparePage, comparePolicy } from '../../report/live/compare-page.js';
import { livePage, type PageKind } from '../../report/live/page.js';
import { liveScript } from '../../report/live/script.js';
import { tableHtml } from '../../report/page/table-html.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import { jsonText } from '../../text/printable.js';
import { plain } from '../../text/table.js';
import type { Metrics, TaskId } from '../../values.js';
import { comparisonOf, namedCurves } from '../results/comparison.js';
import { stageGraph } from '../results/graphs.js';
import { resultsContent } from '../results/results-table.js';
import { runResults } from '../results/runs.js';
import { openBrowser } from './browser.js';
import { logEnd } from './logs.js';
import { LiveServer } from './server.js';
import type { LiveTask } from './state.js';

/** A page that is loaded anew is back within this time. */
const awayMs = 5000;

/** Whom pages ask, and who may show them. */
const servedPolicy = "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const keyPattern = /^[0-9a-f]{64}$/;

/** What a page tells of the tasks of a pipeline. */
export interface Shown {
  readonly pipeline: Pipeline;
  readonly tasks: ReadonlyMap<TaskId, LiveTask>;
  readonly metrics: ReadonlyMap<TaskId, Metrics>;
  readonly warnings: readonly string[];
  /** How far all is, in one line. */
  readonly summary: string;
  /** True while nothing goes on. */
  readonly ended: boolean;
  /** In which colour the picture has a task; undefined for one that is left alone. */
  stateOf(task: TaskId): State | undefined;
  /** Of a task whose result can be had. */
  keyOf(task: TaskId): TaskKey | undefined;
}

/** A page of a pipeline: picture, results, logs, curves, the report, and what is told as it changes. */
export class PipelinePage {
  readonly server: LiveServer;

  /** @param names of the states in the picture @param token what readers must know; by default something new */
  constructor(
    readonly store: Store,
    readonly shown: Shown,
    kind: PageKind,
    readonly names: StateNames,
    token?: string,
  ) {
    const hash = createHash('sha256').update(liveScript).digest('base64');
    const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src 'self' data:; ${servedPolicy}`;
    this.server = new LiveServer(
      {
        '': () => ({ type: 'text/html; charset=utf-8', body: this.#page(kind), policy }),
        'graph.svg': () => this.#graph(),
        results: () => ({ type: 'text/html; charset=utf-8', body: this.#results(), policy: "default-src 'none'" }),
        log: (query) => this.#log(query.get('task') as TaskId),
        curves: (query) => this.#curves(query.get('task') as TaskId),
        report: () => this.#report(),
        compare: () => this.#compare(),
        'run-curves': (query) => {
          const key = query.get('key') ?? '';
          return keyPattern.test(key) ? this.#runCurves(query.get('task') as TaskId, key as TaskKey) : undefined;
        },
      },
      () => this.snapshot(),
      token,
    );
  }

  /** Opens it in a browser, where there is a display. Returns what to tell of where it is, a line each. */
  show(): readonly string[] {
    const { url, port } = this.server;
    const elsewhere = openBrowser(url, port);
    return elsewhere === undefined ? [url] : [url, `from another computer, first: ${elsewhere}`];
  }

  /** Resolves once nobody has it open any more. */
  unwatched(): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const look = (readers: number) => {
        clearTimeout(timer);
        if (readers === 0) timer = setTimeout(resolve, awayMs);
      };
      this.server.onReaders = look;
      look(this.server.readers);
    });
  }

  /** All there is to tell, for those who come later. */
  snapshot(): string {
    const { pipeline, tasks, warnings, summary, ended } = this.shown;
    const report = ended && this.#report() !== undefined;
    const { name: title, description = '' } = pipeline;
    return jsonText({ title, description, tasks: Object.fromEntries(tasks), warnings, summary, ended, report });
  }

  #page(kind: PageKind): string {
    const { pipeline, tasks } = this.shown;
    return livePage(kind, pipeline.name, pipeline.description, [...tasks.keys()]);
  }

  #graph() {
    const graph = stageGraph(this.shown.pipeline, (id) => this.shown.stateOf(id));
    if (pictureSize(graph) > largestPicture) return undefined;
    return {
      type: 'image/svg+xml',
      body: graphSvg(graph, this.names),
      policy: "default-src 'none'; style-src 'unsafe-inline'",
    };
  }

  /** The table that a run ends with, as far as it is. */
  #results(): string {
    const { rows, columns } = resultsContent(this.shown.pipeline, this.shown.metrics);
    if (rows.length === 0) return '';
    const isNumber = (key: string) => key.startsWith('metric ');
    return tableHtml({
      ...{ name: 'results', title: 'Results so far', notes: [] },
      columns: columns.map(({ key, title }) => ({ title, kind: isNumber(key) ? 'number' : 'text' })),
      rows: rows.map((row) => columns.map(({ key, format }) => format(plain(row[key])))),
    }).text;
  }

  #log(task: TaskId) {
    const shown = this.shown.tasks.get(task);
    if (shown === undefined) return undefined;
    const { failure, text } = shown;
    const said = failure === undefined ? '' : `\n${failure.message} [${failure.code}]\n${failure.hint ?? ''}`;
    let body: string;
    try {
      body = logEnd(this.store, this.shown.pipeline.name, task);
    } catch {
      body = text === 'cached' ? 'It was cached: nothing ran.' : 'It has written nothing yet.';
    }
    return { type: 'text/plain; charset=utf-8', body: body + said };
  }

  /** Curves of what a task that is done has recorded by epoch, as `{ name: [[epoch, value], …] }`. */
  async #curves(task: TaskId) {
    if (!this.shown.tasks.has(task)) return undefined;
    const key = this.shown.keyOf(task);
    return this.#runCurves(task, key);
  }

  /** The same of a result that may be one of an earlier run. */
  async #runCurves(task: TaskId, key: TaskKey | undefined) {
    const curves = key === undefined ? {} : await namedCurves(this.shown.pipeline, this.store, { task, key });
    return { type: 'application/json', body: JSON.stringify(curves) };
  }

  /** All runs side by side. */
  async #compare() {
    const rows = await runResults(this.shown.pipeline, this.store);
    const body = comparePage(comparisonOf(this.shown.pipeline, rows), true);
    return { type: 'text/html; charset=utf-8', body, policy: `${comparePolicy}; ${servedPolicy}` };
  }

  #report() {
    for (const task of pageTasks(this.shown.pipeline)) {
      try {
        const body = readRegularFile(pagePath(this.store, this.shown.pipeline, task)).toString();
        if (this.shown.tasks.get(task.id)?.state === 'done') return { type: 'text/html; charset=utf-8', body };
      } catch {
        // The next one may be there.
      }
    }
    return undefined;
  }
}
