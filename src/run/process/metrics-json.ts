// JSON as programs write their metrics: with integers that no number holds, and with NaN as Python does.

import { numberProblem } from '../../pipeline/text/scalars.js';

/** A number as the file has it, and where. */
export interface WrittenNumber {
  readonly written: string;
  /** From 1 on. */
  readonly line: number;
}

/** Without any of these a text has nothing but what JSON.parse reads as it is. */
const unusual = /\d{16}|[eE][+-]?\d{3}|NaN|Infinity/;
/** Where texts begin, what opens and closes lists and maps, and numbers, with those that JSON has no words for. */
const tokens = /["[\]{}]|-?(?:NaN|Infinity)\b|-?\d[\d.eE+-]*/g;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

interface Token {
  readonly written: string;
  readonly index: number;
}

/** A list or a map that is open: the numbers of a list become texts together, as none has both. */
interface Open {
  readonly isList: boolean;
  readonly numbers: Token[];
  hasTexts: boolean;
}

/**
 * The value of a JSON text in which numbers that would become others – integers beyond 2^53, 1e400 – are the texts that they
 * are written as. So are `NaN`, `Infinity` and `-Infinity`, as in records.
 *
 * @returns with it the numbers that became texts, but for those that are none to JSON
 * @throws {SyntaxError} as JSON.parse
 */
export function parseExactly(text: string): { readonly value: unknown; readonly kept: readonly WrittenNumber[] } {
  if (!unusual.test(text)) return { value: JSON.parse(text) as unknown, kept: [] };
  const quoted: Token[] = [];
  const kept: WrittenNumber[] = [];
  const open: Open[] = [{ isList: false, numbers: [], hasTexts: false }];
  const lines = lineCounter(text);
  for (const token of tokensOf(text)) {
    const { written, index } = token;
    const around = open.at(-1)!;
    if (written === '[' || written === '{') open.push({ isList: written === '[', numbers: [], hasTexts: false });
    else if (written === ']' || written === '}') {
      if (open.length > 1) open.pop();
      if (around.isList && around.hasTexts) for (const number of around.numbers) quoted.push(number);
    } else {
      const isKept = isInexact(written);
      if (isKept) kept.push({ written, line: lines(index) });
      const becomesText = isKept || /[NI]/.test(written);
      around.hasTexts ||= becomesText;
      if (around.isList) around.numbers.push(token);
      else if (becomesText) quoted.push(token);
    }
  }
  return { value: JSON.parse(withQuotes(text, quoted)) as unknown, kept };
}

/** All but texts, which are passed over. */
function* tokensOf(text: string): Generator<Token> {
  tokens.lastIndex = 0;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [written] = found;
    if (written === '"') tokens.lastIndex = endOfText(text, found.index + 1);
    else {
      const { lastIndex } = tokens;
      yield { written, index: found.index };
      tokens.lastIndex = lastIndex;
    }
  }
}

/** Behind the quote that ends a text. */
function endOfText(text: string, from: number): number {
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Tells lines of places that come one after the other. */
function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let end = text.indexOf('\n');
  return (index) => {
    for (; end >= 0 && end < index; end = text.indexOf('\n', end + 1)) line++;
    return line;
  };
}

/** True for what arithmetic would change. That -0 is 0 is no matter among results. */
function isInexact(written: string): boolean {
  const amount = written.replace(/^-/, '');
  return jsonNumber.test(written) && numberProblem(Number(amount), amount) !== undefined;
}

function withQuotes(text: string, numbers: readonly Token[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { written, index } of [...numbers].sort((a, b) => a.index - b.index)) {
    pieces.push(text.slice(at, index), `"${written}"`);
    at = index + written.length;
  }
  return pieces.join('') + text.slice(at);
}
