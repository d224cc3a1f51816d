/** What readers of served pages choose by, in addition to the style sheet of the page of results. */
export const formStyle = `
.summary { font-size: 1.05rem; font-variant-numeric: tabular-nums; margin: 18px 0 0; color: var(--ink); }
label { display: block; color: var(--faint); font-size: 0.9rem; margin: 0 0 6px; }
select, input[type="search"] { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--faint); border-radius: 8px; padding: 6px 8px; max-width: 100%; margin: 0 0 12px; }
input[type="search"] { width: 100%; } .said:empty { display: none; } .block > .facts:last-child { margin-bottom: 0; }
.plain { font: inherit; font-size: 0.9rem; color: var(--accent); background: none; border: 1px solid var(--faint); border-radius: 8px; padding: 5px 12px; margin: 0 0 14px; cursor: pointer; }
[hidden] { display: none !important; }
`;
