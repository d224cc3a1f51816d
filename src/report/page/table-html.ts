import type { ReportColumn, ReportTable } from '../tables/table.js';
import { type Html, html } from './html.js';

const marks: Readonly<Record<string, string>> = { met: '✓ met', OFF: '✗ off', missing: '? missing', 'n/a': 'n/a' };

/** A table, which scrolls by itself where it is too wide. */
export function tableHtml({ title, columns, rows }: ReportTable): Html {
  const head = columns.map((column) => html`<th scope="col"${classOf(column)}>${column.title}</th>`);
  const body = rows.map(
    (row) => html`<tr>${row.map((cell, i) => cellHtml(cell, columns[i]!, i === 0))}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table><caption>${title}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>
`;
}

/** A table in a frame of its own, with its title and notes. */
export function tableBlock(table: ReportTable, id: string, titled = true): Html {
  const title = titled && html`<h3 id="${id}">${table.title}</h3>`;
  return html`<section class="block" id="${id}-block" aria-labelledby="${id}">
${title}
${tableHtml(table)}
${notesHtml(table)}
</section>
`;
}

/** What the reader must know of a table. */
export function notesHtml({ notes }: ReportTable): Html | false {
  return notes.length > 0 && html`<div class="notes">${notes.map((note) => html`<p>${note}</p>`)}</div>`;
}

function cellHtml(cell: string, column: ReportColumn, first: boolean): Html {
  if (column.kind === 'verdict')
    return html`<td${classOf(column)}>${cell !== '' && html`<span class="mark ${cell.replace('/', '')}">${marks[cell] ?? cell}</span>`}</td>`;
  // A number and its sign stay together, however narrow the column.
  const text = cell.replaceAll(/(\d) %/g, '$1\u00a0%');
  return first ? html`<th scope="row"${classOf(column)}>${text}</th>` : html`<td${classOf(column)}>${text}</td>`;
}

function classOf({ kind }: ReportColumn): Html | false {
  return kind !== 'text' && html` class="${kind}"`;
}
