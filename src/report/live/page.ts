import { darkPage } from '../graph/svg.js';
import { Html, html } from '../page/html.js';
import { styleSheet } from '../page/style-sheet.js';
import { formStyle } from './form-style.js';
import { liveScript } from './script.js';

/** What the page of a run has beyond that of results. */
const liveStyle = `
.graph { display: block; max-width: none; margin: 0 auto; border-radius: 8px; }
@media screen and (prefers-color-scheme: dark) { .block:has(.graph) { --paper: ${darkPage}; } }
.empty { color: var(--faint); margin: 0; }
.run { padding: 0 0 14px; margin: 0 0 14px; border-bottom: 1px solid var(--rule); } .run:last-child { padding: 0; margin: 0; border: 0; }
.run h3 { margin: 0 0 4px; overflow-wrap: anywhere; } .run p { margin: 0 0 8px; color: var(--faint); font-size: 0.92rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.run.failed h3 { color: var(--off); }
progress { display: block; width: 100%; height: 8px; margin: 0 0 10px; accent-color: var(--blue); }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px 20px; margin: 0; padding: 0; list-style: none; }
.curves span { display: flex; justify-content: space-between; font-size: 0.86rem; } .curves b { font-variant-numeric: tabular-nums; font-weight: 600; }
.curves svg { display: block; width: 100%; height: 74px; } .curves polyline { fill: none; stroke: var(--blue); stroke-width: 2; vector-effect: non-scaling-stroke; } .curves line { stroke: var(--rule); vector-effect: non-scaling-stroke; }
.curves li:nth-child(2n) polyline { stroke: var(--vermilion); }
#curves { margin: 0 0 14px; }
#log { max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.warnings { margin: 0; padding: 0 0 0 1.1em; overflow-wrap: anywhere; }
`;

/** Of a run that goes on, or of the results that there are. */
export type PageKind = 'run' | 'results';

/** What differs in words. */
const words = {
  run: {
    gone: 'The run’s process has ended, or can’t be reached any more: this is the last that it reported. The page goes on with the next run that is opened.',
    running: 'Tasks that run now, and those that have failed.',
    footer: 'It only shows the run, and changes nothing.',
  },
  results: {
    gone: 'The program that serves this page has ended, or can’t be reached: this is the last that it told. The page goes on once it is there again.',
    running: 'Tasks that other processes run now, and those that failed when they last ran.',
    footer: 'It only shows what there is: it runs and changes nothing.',
  },
} as const;

/** The page of a pipeline. It is filled by its script, which asks nobody but the server that it came from. */
export function livePage(
  kind: PageKind,
  title: string,
  description: string | undefined,
  tasks: readonly string[],
): string {
  const { gone, running, footer } = words[kind];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: ${kind}</title>
<link rel="icon" href="data:,">
<style>${new Html(styleSheet)}${new Html(formStyle)}${new Html(liveStyle)}</style>
</head>
<body>
<header>
<h1 id="title">${title}</h1>
<p id="description">${description}</p>
<p class="summary" id="summary" role="status">Connecting …</p>
<p class="other-run" id="gone" hidden>${gone}</p>
<nav aria-label="Pages"><ul><li><a href="compare">Runs side by side</a></li><li id="report" hidden><a href="report">Report of the results</a></li></ul></nav>
</header>
<main>
<section aria-labelledby="stages"><h2 id="stages">Stages</h2>
<p class="facts">Each with its tasks, in the order in which they depend on each other.</p>
<div class="block"><div class="scroll" tabindex="0" role="group" aria-label="Picture of the stages"><img class="graph" id="graph" src="graph.svg" alt="Stages and what they need from each other, coloured by how far they are"></div></div></section>
<section aria-labelledby="running"><h2 id="running">Running</h2><p class="facts">${running}</p><div class="block" id="tasks"><p class="empty">No task runs.</p></div></section>
<section aria-labelledby="results-head"><h2 id="results-head">Results so far</h2><p class="facts">What stages show of their metrics.</p><div class="block" id="results"><p class="empty">None yet.</p></div></section>
<section aria-labelledby="logs"><h2 id="logs">Task</h2><p class="facts">What a task has recorded by epoch, and what it writes.</p><div class="block"><label for="task">Task</label>
<select id="task"><option value="">–</option>${tasks.map((task) => html`<option>${task}</option>`)}</select>
<ul class="curves" id="curves" hidden></ul>
<pre id="log" tabindex="0" aria-label="Log">Choose a task.</pre></div></section>
<section aria-labelledby="warnings-head" id="warned" hidden><h2 id="warnings-head">Warnings</h2><p class="facts">They do not affect results.</p><div class="block"><ul class="warnings" id="warnings"></ul></div></section>
</main>
<footer>Made by Spikeline, for whoever has this address on this machine. ${footer}</footer>
<script>${new Html(liveScript)}</script>
</body>
</html>
`.text;
}
