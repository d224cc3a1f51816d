import type { Json } from '../../values.js';
import { parseSource } from '../text/parse.js';
import { type ScalarProblem, textProblem, valueExpression } from '../text/scalars.js';

export interface Setting {
  readonly name: string;
  readonly value: Json;
}

/** Why a pair of `--set` can't be taken; without a message, because it can't be read at all. */
export interface SettingProblem {
  readonly problem: Partial<Pick<ScalarProblem, 'message' | 'hint'>>;
}

const rules = { verbatim: () => false, evaluated: () => false, ignored: () => false };

/**
 * `name=value`. A value in brackets, braces or quotes is read as in a file, and so is a single word, which may be a number,
 * true or null. All else is text as it was typed, also what YAML would read as a comment or a map.
 */
export function readSetting(pair: string): Setting | SettingProblem {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || text === undefined) return { problem: {} };
  const isYaml = /^\s*[[{"']/.test(text);
  if (!isYaml && !/^\s*[\w.+~-]+\s*$/.test(text)) {
    if (/(?<!\$)\$\{\{/.test(text)) return { problem: valueExpression };
    const problem = textProblem(text);
    return problem === undefined ? { name, value: text.replaceAll('$${{', '${{') } : { problem };
  }
  const { source, value, diagnostics } = parseSource('--set', text, rules);
  const [first] = diagnostics;
  // What is wrong with the syntax, YAML says in its own words, and it is the call that is to be mended.
  if (first !== undefined) return { problem: first.code === 'E_YAML' && first.hint === undefined ? {} : first };
  const [, end = 0] = source.document.contents?.range ?? [];
  // A comment after it, which would be lost.
  if (text.slice(end).trim() !== '') return { problem: {} };
  return { name, value: typeof value === 'string' && !isYaml ? text : (value as Json) };
}
