import { jsonText } from '../../text/printable.js';
import type { ReportTable } from '../tables/table.js';
import { Html, html } from './html.js';
import { tableBlock } from './table-html.js';

/** Between these is what the page says of the run. Escaped text can't hold them. */
export const runBegin = '<!--spikeline:run-->';
export const runEnd = '<!--/spikeline:run-->';

/** What a page of the stage says: a result has no dates and names no machine, so that the same inputs give the same bytes. */
export function defaultRun(inputs: ReportTable): Html {
  return html`<section aria-labelledby="reproduce">
<h2 id="reproduce">How to reproduce</h2>
<p class="facts">With Node 20 or newer, in a checkout of Spikeline:</p>
<div class="block"><pre tabindex="0">npm ci
npx spikeline run PIPELINE.yaml
npx spikeline check PIPELINE.yaml    # the numbers of the paper beside these
npx spikeline verify PIPELINE.yaml   # compute again, compare byte by byte</pre>
<div class="notes"><p>This page is itself a result: the same inputs give the same bytes, so it names no machine, no times and no versions. <code>npx spikeline report PIPELINE.yaml</code> writes it with these.</p></div></div>
</section>
<section aria-labelledby="provenance">
<h2 id="provenance">Provenance</h2>
<p class="facts">Every result is identified by its content.</p>
${tableBlock(inputs, 'inputs')}
</section>`;
}

/** What the records of a run tell. */
export interface RunFacts {
  /** As the user would type it. */
  readonly file: string;
  readonly fileDigest: string;
  readonly fileText: string;
  /** Other calls than these would mean another form of the pipeline. */
  readonly calls: readonly { readonly call: string; readonly what: string }[];
  /** `[what, value]`: versions and machines. */
  readonly about: readonly (readonly [name: string, value: string])[];
  readonly tasks: readonly TaskFacts[];
  /** How long all of them took together, in words. */
  readonly computing: string;
  /** Expectations that speak of results that are not on the page. */
  readonly others?: ReportTable;
}

export interface TaskFacts {
  readonly task: string;
  readonly key: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** In words. */
  readonly duration: string;
  readonly seconds: number;
  readonly threads: number;
  readonly finishedAt: string;
  /** Such as `linux-x64, Node v20.1.0, Spikeline 0.1.0`. */
  readonly machine: string;
}

/**
 * The page of the stage with what the records tell of the run: keys, digests, versions, machines, durations, and the
 * calls that make the same again. A page without a place for them stays as it is.
 */
export function withRun(page: string, facts: RunFacts): string {
  const [begin, end] = [page.indexOf(runBegin), page.indexOf(runEnd)];
  if (begin < 0 || end < begin) return page;
  return `${page.slice(0, begin)}${runSections(facts).text}\n${page.slice(end + runEnd.length)}`;
}

function runSections(facts: RunFacts): Html {
  const { others, calls, about, file, fileDigest, fileText } = facts;
  const width = Math.max(...calls.map(({ call }) => call.length));
  // In a block of data a script's end would end it.
  const data = new Html(jsonText(facts.tasks).replaceAll('<', '\\u003c'));
  return html`${
    others &&
    html`<section><h2>Other expectations</h2>
<p class="facts">Of results that are not on this page.</p>
${tableBlock(others, 'others', false)}</section>`
  }
<section aria-labelledby="reproduce">
<h2 id="reproduce">How to reproduce</h2>
<p class="facts">With Node 20 or newer, in a checkout of Spikeline:</p>
<div class="block"><pre tabindex="0">${calls.map(({ call, what }) => `${call.padEnd(width)}  # ${what}`).join('\n')}</pre>
<dl>${about.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
<dt>pipeline file</dt><dd>${file}, <code>${fileDigest}</code></dd></dl>
<details><summary>${file}</summary><pre tabindex="0">${fileText}</pre></details></div>
</section>
<section aria-labelledby="provenance">
<h2 id="provenance">Provenance</h2>
<p class="facts">A task is found again by its key, the SHA-256 of its code, parameters and the contents of its inputs; an output is known by the SHA-256 of its content.</p>
${tableBlock(tasksTable(facts), 'tasks')}
</section>
<script type="application/json" id="tasks-data">${data}</script>`;
}

/** Digits of a hash that are shown; the block of data has all. */
const shownDigits = 16;

function tasksTable({ tasks, computing }: RunFacts): ReportTable {
  const several = new Set(tasks.map(({ machine }) => machine)).size > 1;
  return {
    ...{ name: 'tasks', title: `${tasks.length} tasks, ${computing} of computing` },
    columns: [
      ...(['task', 'key', 'outputs'] as const).map((title) => ({ title, kind: 'text' as const })),
      ...(['duration', 'threads', 'finished'] as const).map((title) => ({ title, kind: 'number' as const })),
      ...(several ? [{ title: 'on', kind: 'text' as const }] : []),
    ],
    rows: tasks.map(({ task, key, outputs, duration, threads, finishedAt, machine }) => [
      ...[task, key.slice(0, shownDigits)],
      Object.entries(outputs)
        .map(([name, digest]) => `${name} ${digest.replace('sha256:', '').slice(0, shownDigits)}`)
        .join(', '),
      ...[duration, String(threads), finishedAt.slice(0, 19).replace('T', ' ')],
      ...(several ? [machine] : []),
    ]),
    notes: [
      `Hashes are cut to ${shownDigits} digits; the page’s source has them whole (JSON, element “tasks-data”). Times are UTC. A task that was cached was computed earlier: its line describes that run.`,
    ],
  };
}
