// The line that a user types, as far as it is typed.

export interface Line {
  /** Words before the one that is being typed, without their quotes. */
  readonly words: readonly string[];
  /** The word that is being typed, without its quotes; empty after a space. */
  readonly current: string;
  /** The quote that is open in it. */
  readonly quote: '' | "'" | '"';
}

/** Takes a line apart as shells do: quotes and backslashes, and nothing that would have to be run. */
export function parseLine(line: string): Line {
  const words: string[] = [];
  let [current, quote, begun]: [string, Line['quote'], boolean] = ['', '', false];
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote !== '' && c === quote) quote = '';
    else if (quote === '' && (c === "'" || c === '"')) [quote, begun] = [c, true];
    else if (c === '\\' && quote !== "'" && i + 1 < line.length) current += line[++i]!;
    else if (quote === '' && /\s/.test(c)) {
      if (current !== '' || begun) words.push(current);
      [current, begun] = ['', false];
    } else current += c;
  }
  return { words, current, quote };
}

/** The words behind the program's name, however it was called: `spikeline`, `npx spikeline`, `node …/cli.cjs`. */
export function argumentsOf(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /(^|[\\/])(spikeline|cli\.cjs)$/.test(word));
  return words.slice(at + 1);
}
