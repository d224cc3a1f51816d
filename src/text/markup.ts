import { printable, printableLine } from './printable.js';

/** A text as it stands in XML and HTML, in attributes too, with what XML can't hold replaced. */
export function escaped(text: string): string {
  const known: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return printable(text)
    .replaceAll(/[&<>"]/g, (character) => known[character]!)
    .replaceAll(/[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
}

/** A text as it stands in a line or a cell of a table in Markdown: nothing in it is markup. */
export function markdown(text: string): string {
  return printableLine(text).replaceAll(/[\\`*_<>[\]|]/g, '\\$&');
}
