import { createHash } from 'node:crypto';
import { resultKinds } from '../../results/kinds.js';
import { undeclaredNotes } from '../../results/repetitions.js';
import { pageCharts } from '../charts/charts.js';
import { narrow, wide } from '../charts/style.js';
import { describeItem, type ReportContent } from '../content/content.js';
import { type Subject, subjectsOf } from '../content/subjects.js';
import { grouped, threeDigits } from '../numbers/format.js';
import { expectationsOf, reasonsOf, tablesOf } from '../tables/subject-tables.js';
import type { ReportTable } from '../tables/table.js';
import { dataSetsSection } from './data-sets.js';
import { figure } from './figure.js';
import { Html, html } from './html.js';
import { defaultRun, runBegin, runEnd } from './run.js';
import { pageScript } from './script.js';
import { styleSheet } from './style-sheet.js';
import { notesHtml, tableBlock, tableHtml } from './table-html.js';
import { otherRun, tilesOf } from './tiles.js';

/** Charts that stand under each table. */
const chartsUnder: Readonly<Record<string, RegExp>> = {
  accuracy: /^accuracy$/,
  classes: /^confusion-/,
  noise: /^accuracy-noise/,
  spikes: /^spikes$/,
  operations: /^operations$/,
  energy: /^energy$/,
  layers: /^firing-rate$/,
  training: /^training-(loss|accuracy)$/,
};

/**
 * The report as one HTML page that needs nothing else: no network, no fonts, and its script only to read out values.
 * The same content gives the same bytes. Where it tells of the run is a place for `withRun` to fill.
 * @param progress is told how many of the subjects are drawn
 */
export async function reportPage(
  content: ReportContent,
  progress?: (done: number, total: number) => void,
): Promise<string> {
  const subjects = subjectsOf(content);
  const sections: Html[] = [];
  for (const [index, subject] of subjects.entries()) {
    progress?.(index, subjects.length);
    sections.push(await subjectSection(subject, content.repeat, `s${index}`));
  }
  const expectations = expectationsOf(content, subjects);
  const { dataSets = [] } = content;
  const links = [
    ...subjects.map(({ heading }, index): [string, string] => [`s${index}`, heading]),
    ...(dataSets.length === 0 ? [] : [['data', 'Data'] as [string, string]]),
    ...(expectations === undefined ? [] : [['expectations', 'Expectations'] as [string, string]]),
    ['reproduce', 'How to reproduce'],
    ['provenance', 'Provenance'],
  ] as const;
  const hash = createHash('sha256').update(pageScript).digest('base64');
  // Even if something got through the escaping: no other script runs, and nothing is fetched.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="spikeline">
<title>${content.title}</title>
<link rel="icon" href="data:,">
<style>${new Html(styleSheet)}</style>
</head>
<body>
<header>
<h1>${content.title}</h1>
${content.description !== undefined && html`<p>${content.description}</p>`}
${otherRun(subjects, reasonsOf(content))}
${tilesOf(subjects, content.repeat)}
<nav aria-label="Contents"><ul>${links.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections}
${dataSetsSection(dataSets)}
${
  expectations &&
  html`<section><h2 id="expectations">Expectations</h2>
<p class="facts">Every number that the pipeline expects of these results, as <code>spikeline check</code> compares them.</p>
${tableBlock(expectations, 'expectations', false)}</section>`
}
${new Html(runBegin)}
${defaultRun(inputsTable(content))}
${new Html(runEnd)}
</main>
<footer>Made by Spikeline. This page is one file: it fetches nothing and sends nothing.</footer>
<script>${new Html(pageScript)}</script>
</body>
</html>
`.text;
}

async function subjectSection(subject: Subject, repeat: readonly string[], id: string): Promise<Html> {
  const narrowCharts = new Map(pageCharts(subject, repeat, narrow).map((chart) => [chart.name, chart]));
  const wideCharts = new Map(pageCharts(subject, repeat, wide).map((chart) => [chart.name, chart]));
  const blocks: Html[] = [];
  for (const table of tablesOf(subject)) {
    const figures: Html[] = [];
    const names = [...wideCharts.keys()].filter((name) => chartsUnder[table.name]?.test(name));
    for (const name of names) {
      const [chart, small] = [wideCharts.get(name)!, narrowCharts.get(name)!];
      // A chart that shows what its table shows is called what that is called.
      const titled = names.length > 1 || table.name === 'classes';
      figures.push(await figure(`${id}-${name}`, chart, small, titled));
    }
    blocks.push(block(table, `${id}-${table.name}-table`, figures));
  }
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${subject.heading}</h2>
<p class="facts">${factsOf(subject)}</p>
${undeclaredOf(subject).map((note) => html`<p class="facts">${note}</p>`)}
${blocks}
</section>
`;
}

/** Tables of more columns or longer lines have the whole width, and their chart below. */
const narrowTable = { columns: 5, characters: 36 };

function isNarrow({ columns, rows }: ReportTable): boolean {
  const longest = columns.map((_, i) => Math.max(0, ...rows.map((row) => row[i]!.length)));
  const characters = longest.reduce((sum, length) => sum + length, 0);
  return columns.length <= narrowTable.columns && characters <= narrowTable.characters;
}

/** A table with its notes, and its chart beside it or below. */
function block(table: ReportTable, id: string, figures: readonly Html[]): Html {
  if (figures.length === 0) return tableBlock(table, id);
  const notes = notesHtml(table);
  const content =
    figures.length > 1
      ? html`${tableHtml(table)}${notes}<div class="charts">${figures}</div>`
      : !isNarrow(table)
        ? html`${tableHtml(table)}<div class="charts">${notes}${figures}</div>`
        : html`<div class="charts"><div>${tableHtml(table)}${notes}</div>${figures}</div>`;
  return html`<section class="block" aria-labelledby="${id}">
<h3 id="${id}">${table.title}</h3>
${content}
</section>
`;
}

/** Axes that look like repetition and are none. */
function undeclaredOf({ ann, snn, conversion, history, repeat }: Subject): string[] {
  return undeclaredNotes([...ann, ...snn, ...conversion, ...history].map(({ labels }) => ({ labels, repeat })));
}

/** What holds for all results of a subject. */
function factsOf({ ann, snn }: Subject): string {
  const results = [...ann, ...snn].map(({ result }) => result);
  const images = [...new Set(results.map((result) => result.images))];
  const first = snn[0]?.result;
  const levels = first?.layers.length;
  return [
    ...(images.length === 1 ? [`${grouped(images[0]!)} test images`] : []),
    ...(first === undefined ? [] : [`${grouped(first.neurons)} neurons in ${levels} spiking layers`]),
    ...(first === undefined ? [] : [`${threeDigits(first.denseMacs / 1e6)} million multiply-adds per image`]),
  ].join(' · ');
}

/** The files that the page is made from, by content. */
function inputsTable(content: ReportContent): ReportTable {
  const rows = resultKinds.flatMap((input) => content[input].map((item) => [describeItem(input, item), item.digest]));
  return {
    ...{ name: 'inputs', title: 'What this page is made from', rows, notes: [] },
    columns: [
      { title: 'result', kind: 'text' },
      { title: 'SHA-256 of its file', kind: 'text' },
    ],
  };
}
