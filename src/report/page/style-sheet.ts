/** The page's style sheet: a phone's first, wider screens after, then dark, then print. System fonts only. */
export const styleSheet = `
:root {
  color-scheme: light;
  --ground: #f6f7f9; --paper: #ffffff; --ink: #1c2128; --faint: #59636e; --rule: #dfe3e8; --accent: #0a5fa3;
  --met: #17703f; --met-ground: #e3f4ea; --off: #b3261e; --off-ground: #fce8e6; --open: #6e5200; --open-ground: #fdf3d1;
  --blue: #0072B2; --vermilion: #D55E00; --green: #009E73; --orange: #E69F00; --sky: #56B4E9; --purple: #CC79A7;
  --wine: #882255; --olive: #999933; --grey: #9A9A9A; --dark: #4A4A4A; --shade: rgb(0 0 0 / 0.17);
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --ground: #0f1216; --paper: #181c22; --ink: #e4e7eb; --faint: #a1abb6; --rule: #303740; --accent: #74b9f5;
    --met: #5fd394; --met-ground: #12301f; --off: #ff9d94; --off-ground: #3d1512; --open: #ecc45c; --open-ground: #352b0b;
    --blue: #3f9fe0; --vermilion: #f0803c; --green: #2cc295; --orange: #f0b03a; --sky: #8accf4; --purple: #e09ac2;
    --wine: #d4648f; --olive: #c2c262; --grey: #828a94; --dark: #c3c9d0; --shade: rgb(255 255 255 / 0.2);
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif;
}
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 36px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 10px; letter-spacing: -0.015em; overflow-wrap: anywhere; }
header > p { margin: 0; max-width: 46rem; color: var(--faint); overflow-wrap: anywhere; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 44px 0 2px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h3 { font-size: 1.08rem; line-height: 1.3; margin: 0 0 12px; }
.facts { color: var(--faint); margin: 0 0 16px; font-size: 0.93rem; }
.other-run { margin: 16px 0 0; padding: 10px 14px; border-radius: 10px; color: var(--open); background: var(--open-ground); overflow-wrap: anywhere; }
nav { margin: 22px 0 0; font-size: 0.93rem; }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--paper); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 16px; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.tiles span { display: block; color: var(--faint); font-size: 0.86rem; line-height: 1.4; margin-top: 2px; }
.tiles .met b { color: var(--met); } .tiles .OFF b { color: var(--off); } .tiles .missing b { color: var(--open); }
@media screen and (max-width: 619px) { .tiles { grid-template-columns: repeat(2, 1fr); } .tiles .wide, .tiles li:nth-child(odd):has(+ .wide) { grid-column: 1 / -1; } }
.block { background: var(--paper); border: 1px solid var(--rule); border-radius: 12px; padding: 18px 16px; margin: 0 0 16px; }
.scroll {
  overflow-x: auto; margin: 0 -16px; padding: 0 16px;
  /* A shade where there is more to scroll to: the covers move with the table, the shades don't. */
  background: linear-gradient(90deg, var(--paper) 40%, transparent) 0 0 / 36px 100% no-repeat local,
    linear-gradient(270deg, var(--paper) 40%, transparent) 100% 0 / 36px 100% no-repeat local,
    linear-gradient(90deg, var(--shade), transparent) 2px 0 / 12px 100% no-repeat scroll,
    linear-gradient(270deg, var(--shade), transparent) calc(100% - 2px) 0 / 12px 100% no-repeat scroll;
}
.charts .scroll { margin: 0; padding: 0; }
table { border-collapse: collapse; font-size: 0.9rem; line-height: 1.4; font-variant-numeric: tabular-nums; min-width: 100%; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 7px 12px; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
thead th { color: var(--faint); font-weight: 550; font-size: 0.83rem; vertical-align: bottom; border-bottom: 1px solid var(--faint); min-width: 4.6rem; }
tbody th { font-weight: 600; white-space: nowrap; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
/* On a phone a table scrolls, and what comes of a row stays in sight. */
th.verdict, td.verdict { position: sticky; right: -16px; padding-right: 16px; background: linear-gradient(90deg, transparent, var(--paper) 12px); padding-left: 20px; }
.mark { display: inline-block; white-space: nowrap; font-size: 0.82rem; font-weight: 600; line-height: 1.5; padding: 0 9px; border-radius: 99px; }
.mark.met { color: var(--met); background: var(--met-ground); }
.mark.OFF { color: var(--off); background: var(--off-ground); }
.mark.missing { color: var(--open); background: var(--open-ground); }
.mark.na { color: var(--faint); background: var(--ground); }
.charts { display: grid; gap: 20px 40px; align-items: start; }
.scroll + .charts, .notes + .charts { margin-top: 18px; }
.charts > * { min-width: 0; }
.notes { color: var(--faint); font-size: 0.86rem; line-height: 1.5; overflow-wrap: anywhere; }
.notes p { margin: 0 0 8px; max-width: 46rem; }
.scroll + .notes { margin-top: 14px; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(145px, 1fr)); gap: 14px 20px; list-style: none; margin: 0 0 14px; padding: 0; }
.samples img { display: block; width: 100%; max-width: 300px; height: auto; image-rendering: pixelated; }
.samples span { display: block; color: var(--faint); font-size: 0.86rem; line-height: 1.4; margin-top: 3px; overflow-wrap: anywhere; } .samples b { color: var(--ink); font-weight: 600; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: 0.95rem; line-height: 1.35; }
figcaption small { display: block; font-weight: 400; font-size: 0.82rem; color: var(--faint); line-height: 1.45; margin-top: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 8px 0 0 -8px; }
.key { font: inherit; font-size: 0.84rem; color: var(--ink); background: none; border: 0; border-radius: 6px; padding: 3px 8px; display: inline-flex; align-items: center; gap: 7px; text-align: left; }
.key:not(:disabled) { cursor: pointer; } .key:not(:disabled):hover { background: var(--ground); }
.key i, .tip i { flex: none; width: 12px; height: 12px; border-radius: 3px; }
.key[aria-pressed="false"] { color: var(--faint); text-decoration: line-through; } .key[aria-pressed="false"] i { opacity: 0.25; }
.plot { margin-top: 6px; }
.plot svg { display: block; width: 100%; height: auto; overflow: visible; touch-action: pan-y; }
.plot .wide { display: none; max-width: 640px; } .plot .narrow { max-width: 480px; }
.plot text { font-family: inherit; }
.off { display: none; }
.cross { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 2 3; pointer-events: none; }
.tip { position: fixed; z-index: 9; pointer-events: none; background: var(--paper); color: var(--ink); border: 1px solid var(--rule); border-radius: 8px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.22); padding: 8px 11px; font-size: 0.84rem; line-height: 1.45; max-width: 280px; }
.tip:empty { display: none; }
.tip b { display: block; margin-bottom: 2px; }
.tip div { display: flex; align-items: center; gap: 7px; } .tip div span:last-child { margin-left: auto; padding-left: 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0 0 16px; font-size: 0.92rem; } dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
pre { background: var(--ground); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; overflow-x: auto; line-height: 1.5; margin: 0 0 14px; font-size: 0.83rem; }
details { margin: 0 0 12px; } summary { cursor: pointer; font-weight: 550; margin-bottom: 8px; }
footer { color: var(--faint); font-size: 0.86rem; padding: 20px 16px 48px; }
@media (min-width: 620px) {
  header, main, footer { padding-left: 28px; padding-right: 28px; }
  h1 { font-size: 2.3rem; } .block { padding: 22px 24px; } section > .scroll { margin: 0 -24px; padding: 0 24px; }
  .plot .wide { display: block; } .plot .narrow { display: none; }
}
/* Lists of outputs and of machines, a line or two each. */
@media screen { #tasks-block td:nth-child(3), #tasks-block td:nth-child(7) { min-width: 17rem; } }
@media (min-width: 980px) { .charts { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
@media print {
  @page { size: A4; margin: 14mm; }
  :root { --ground: #fff; }
  html { font-size: 64%; }
  body { font-size: 9.5pt; } header, main, footer { max-width: none; padding: 0; }
  nav, .tip { display: none; }
  h1 { font-size: 20pt; } h2 { font-size: 14pt; margin-top: 18pt; } h2, h3, .facts, h2 + p { break-after: avoid; }
  .block { border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: 10pt 0 2pt; margin: 0; }
  .tiles { grid-template-columns: repeat(4, 1fr); } .tiles li { padding: 8pt; } .tiles b { font-size: 14pt; }
  table { font-size: 8pt; } th, td { padding: 2.5pt 5pt; } thead th { font-size: 7.4pt; min-width: 0; } .mark { font-size: 7pt; padding: 0 5pt; } th.verdict, td.verdict { position: static; background: none; } .scroll { overflow: visible; margin: 0; padding: 0; background: none; }
  .charts { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 10pt 16pt; }
  .plot .wide { display: none; } .plot .narrow { display: block; max-width: 320px; }
  figure, tr, .tiles li, .samples li, .block { break-inside: avoid; } #tasks-block, #expectations-block, #inputs-block { break-inside: auto; } .notes { font-size: 8pt; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7.5pt; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
