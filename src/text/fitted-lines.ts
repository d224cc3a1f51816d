import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** A call to copy, which goes on to the end of its line. */
const call = /(?<=^|\s)(?:npx|npm|scancel) \S.*$/;

/**
 * Lines of at most so many characters: longer ones go on below, broken between words and set in. Only what is longer than a
 * whole line is left for the terminal to break, and calls of programs, each on a line of its own: what the terminal breaks
 * is copied as one line.
 *
 * @param width of the terminal; undefined for none, where lines are as long as they are
 * @param indent of what goes on below, beyond that of the line itself
 */
export function fittedLines(text: string, width: number | undefined, indent = 0): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .flatMap((line) => (stringWidth(line) <= width ? [line] : brokenLine(line, width, indent)))
    .join('\n');
}

function brokenLine(line: string, width: number, indent: number): readonly string[] {
  const lead = /^ */.exec(line)![0];
  // On a very narrow terminal nothing is set in.
  const inset = lead.length + indent <= width / 3 ? ' '.repeat(lead.length + indent) : '';
  const at = call.exec(line)?.index;
  if (at !== undefined) {
    const before = line.slice(0, at).trimEnd();
    if (before === '') return [line];
    return [...(stringWidth(before) <= width ? [before] : brokenLine(before, width, indent)), inset + line.slice(at)];
  }
  const [first, ...more] = wrapAnsi(line.trimStart(), width - lead.length).split('\n');
  const below = wrapAnsi(more.join(' '), width - inset.length).split('\n');
  return [lead + first!, ...(more.length === 0 ? [] : below.map((part) => inset + part))];
}

/** Calls to go on with, a line each, and what each does behind them; where lines are shorter than that, below them. */
export function callLines(
  calls: readonly (readonly [call: string, what: string])[],
  width: number | undefined,
): readonly string[] {
  const longest = Math.max(...calls.map(([call]) => call.length));
  const beside = calls.map(([call, what]) => `  ${what === '' ? call : `${call.padEnd(longest)}  # ${what}`}`);
  if (width === undefined || beside.every((line) => stringWidth(line) <= width)) return beside;
  return calls.flatMap(([call, what]) => [
    `  ${call}`,
    ...(what === '' ? [] : [fittedLines(`    # ${what}`, width, 2)]),
  ]);
}
