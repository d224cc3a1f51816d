import { createHash } from 'node:crypto';
import { jsonText } from '../../text/printable.js';
import type { Cell } from '../../text/table.js';
import { Html, html } from '../page/html.js';
import { styleSheet } from '../page/style-sheet.js';
import { compareScript } from './compare-script.js';
import { formStyle } from './form-style.js';

/** A result of one run or several. */
export interface ComparedRow {
  readonly run: number;
  readonly task: string;
  readonly key: string;
  /** All that it can be chosen by, in the order of the names. */
  readonly values: readonly Cell[];
  /** What its table shows of it. */
  readonly cells: readonly string[];
  /** A training: there are curves of it. */
  readonly hasCurves: boolean;
}

export interface ComparedStage {
  readonly stage: string;
  readonly columns: readonly { readonly title: string; readonly kind: 'text' | 'number' }[];
  readonly rows: readonly ComparedRow[];
}

/** Curves by epoch, by their names. */
export type Curves = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** All runs of a pipeline side by side. */
export interface Comparison {
  readonly title: string;
  readonly description?: string;
  /** How many there are, and what was left out. */
  readonly summary: string;
  readonly stages: readonly ComparedStage[];
  /** Names of the rows' values. */
  readonly names: readonly string[];
  /** What is the same in all rows. */
  readonly same: Readonly<Record<string, Cell>>;
  /** Those that are numbers. */
  readonly metrics: readonly string[];
  /** Of the Pareto front: two metrics, with `-` before those of which less is better. */
  readonly objectives: readonly string[];
  /** By `TASK KEY`. A page that is served asks for them. */
  readonly curves?: Readonly<Record<string, Curves>>;
}

const compareStyle = `
.scripted #tables .scroll { max-height: 70vh; overflow: auto; }
#tables thead th { position: sticky; top: 0; background: var(--paper); z-index: 1; }
#tables td, #tables tbody th { max-width: 20rem; white-space: nowrap; } #tables .long { white-space: normal; overflow-wrap: anywhere; }
#tables td:has(> input) { border-left: 6px solid var(--own, transparent); padding-left: 6px; }
#tables input { width: 18px; height: 18px; margin: 0; vertical-align: middle; accent-color: var(--accent); }
#tables table:not(.fronted) .front { display: none; } #tables .on-front .front { color: var(--off); font-weight: 700; }
#tables .long { min-width: 14rem; }
.sort { font: inherit; color: inherit; background: none; border: 0; padding: 2px 0; margin: 0; cursor: pointer; text-align: inherit; text-decoration: underline dotted; text-underline-offset: 3px; }
[aria-sort] .sort { color: var(--ink); } [aria-sort="ascending"] .sort::after { content: " ▲"; } [aria-sort="descending"] .sort::after { content: " ▼"; }
#overlaid .block:not(:has(figure)) { display: none; }
.two { display: grid; gap: 0 24px; } @media (min-width: 620px) { .two { grid-template-columns: 1fr 1fr; } }
.two select { width: 100%; }
.plot svg { max-width: 640px; } .plot text { fill: var(--ink); font-size: 12.5px; } .plot .rule { stroke: var(--rule); } .plot .axis { stroke: var(--ink); } .ring { fill: none; stroke: var(--ink); stroke-width: 2; pointer-events: none; }
.key { overflow-wrap: anywhere; } ul.notes { padding-left: 1.1em; } figcaption { overflow-wrap: anywhere; }
@media print { #choosing, #pareto .two, #none { display: none; } .scripted #tables .scroll { max-height: none; } #tables thead th { position: static; } #tables .block { break-inside: auto; } }
`;

/** What the policy of the page allows beside nothing. */
export const comparePolicy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(compareScript).digest('base64')}'; img-src data:`;

/**
 * The page of all runs: a table a stage, which is whole without a script. With it, tables are sorted and filtered, the
 * curves of chosen trainings are laid over one another, and there is a chart of the Pareto front.
 *
 * @param served true where a server gives it out: it then asks that for curves, and follows what changes
 */
export function comparePage(comparison: Comparison, served: boolean): string {
  const { title, description, summary, stages, names, same, metrics, objectives, curves } = comparison;
  const rows = stages.flatMap((stage) => stage.rows);
  const data = jsonText({
    ...{ summary, names, same, metrics, objectives, ...(curves && { curves }) },
    rows: rows.map(({ run, task, key, values }) => ({ run, task, key, values })),
  }).replaceAll('<', '\\u003c');
  const stamp = createHash('sha256').update(data).digest('hex').slice(0, 16);
  let index = 0;
  const sections = stages.map((stage, i) => {
    const section = stageSection(stage, `t${i}`, index);
    index += stage.rows.length;
    return section;
  });
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${!served && html`<meta http-equiv="Content-Security-Policy" content="${comparePolicy}">`}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="spikeline">
<title>${title}: runs side by side</title>
<link rel="icon" href="data:,">
<style>${new Html(styleSheet)}${new Html(formStyle)}${new Html(compareStyle)}</style>
</head>
<body${served && html` data-served="${stamp}"`}>
<header>
<h1>${title}: runs side by side</h1>
${description !== undefined && html`<p>${description}</p>`}
<p class="summary" id="summary" role="status">${summary}</p>
<p class="other-run" id="gone" hidden>The program that serves this page has ended, or can&rsquo;t be reached: this is the last that it told. The page goes on once it is there again.</p>
${served && html`<nav aria-label="Pages"><ul><li><a href="./">Stages and results</a></li></ul></nav>`}
</header>
<main>
<section id="choosing" aria-labelledby="choosing-head" hidden><h2 id="choosing-head">Choose</h2>
<p class="facts">By any metric, parameter or axis, as <code>show --runs --where</code> does it.</p>
<div class="block"><label for="where">Conditions, with &ldquo;and&rdquo; between them</label>
<input id="where" type="search" placeholder="stage=snn and accuracy&gt;=0.9" autocomplete="off" spellcheck="false" aria-describedby="said">
<p class="facts said" id="said" role="status"></p></div></section>
<div id="tables">${sections}</div>
<section id="overlaid" aria-labelledby="overlaid-head" hidden><h2 id="overlaid-head">Curves</h2>
<p class="facts" id="curves-said" role="status">Check boxes in the tables choose trainings.</p>
<div class="block"><button type="button" class="plain" id="none" hidden>Choose none</button><div class="charts" id="curves"></div></div></section>
<section id="pareto" aria-labelledby="pareto-head" hidden><h2 id="pareto-head">Pareto front</h2>
<p class="facts">Results that no other is better than in both metrics. By results on test images it describes what was computed; to choose a network by it would be to choose by the test set.</p>
<div class="block"><div class="two"><div><label for="x">Across</label><select id="x"></select></div><div><label for="y">Upwards</label><select id="y"></select></div></div>
<p class="facts" id="front-said" role="status"></p><div class="charts" id="front"></div></div></section>
</main>
<footer>Made by Spikeline. ${served ? 'For whoever has this address on this machine; it changes nothing.' : 'This page is one file: it fetches nothing and sends nothing.'}</footer>
<script type="application/json" id="data">${new Html(data)}</script>
<script>${new Html(compareScript)}</script>
</body>
</html>
`.text;
}

/** Characters of a cell that are shown of more, from both of its ends. */
const longestCell = 120;
/** A text of more characters has some space, and is not broken after each few. */
const longWord = 16;

function cellText(text: string): string {
  if (text.length <= longestCell) return text;
  const half = longestCell / 2;
  return `${text.slice(0, half)} … ${text.slice(-half)}`;
}

/** @param first place of its first row among all */
function stageSection({ stage, columns, rows }: ComparedStage, id: string, first: number): Html {
  const hasCurves = rows.some((row) => row.hasCurves);
  const classOf = (i: number) => columns[i]!.kind === 'number' && html` class="number"`;
  const head = html`${hasCurves && html`<th scope="col">curves</th>`}<th scope="col" class="front">front</th>${columns.map(
    ({ title }, i) => html`<th scope="col"${classOf(i)} data-sorts>${title}</th>`,
  )}`;
  const body = rows.map(
    ({ run, task, cells, ...row }, i) =>
      html`<tr data-row="${first + i}">${
        hasCurves &&
        html`<td>${row.hasCurves && html`<input type="checkbox" disabled aria-label="curves of run ${run}, ${task}">`}</td>`
      }<td class="front"></td>${cells.map((cell, at) => cellHtml(cell, classOf(at), at === 0))}</tr>
`,
  );
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${stage}</h2>
<p class="facts">${rows.length === 1 ? '1 result' : `${rows.length} results`}</p>
<div class="block"><div class="scroll" tabindex="0" role="group" aria-label="Runs of ${stage}"><table data-stage="${stage}"><caption>Runs of ${stage}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div></div></section>
`;
}

function cellHtml(cell: string, className: Html | false, isFirst: boolean): Html {
  const shown = cellText(cell);
  const title = shown !== cell && html` title="${cell}"`;
  const look = className === false && cell.length > longWord ? html` class="long"` : className;
  return isFirst ? html`<th scope="row"${look}${title}>${shown}</th>` : html`<td${look}${title}>${shown}</td>`;
}
