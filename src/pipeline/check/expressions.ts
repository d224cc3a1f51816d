import { suggestion } from '../../schema/suggest.js';
import { isMap, show } from '../../schema/words.js';
import type { Json, Path } from '../../values.js';

/** Names that expressions can use: values, or maps of them. */
export type Scope = { readonly [name: string]: unknown };

/** A string split into text and expressions. */
export type Template = readonly ({ readonly text: string } | { readonly expression: Expression })[];

export interface Expression {
  /** With its braces, as it stands in the file. */
  readonly raw: string;
  /** Names between the dots; empty when what is inside the braces is no dotted path. */
  readonly path: readonly string[];
}

export interface ExpressionProblem {
  readonly raw: string;
  /** Of `raw`, the name that is wrong; all of it if left out. */
  readonly start?: number;
  readonly end?: number;
  readonly code: 'E_EXPRESSION' | 'E_UNKNOWN_NAME';
  readonly message: string;
  readonly hint?: string;
  /** An expression that begins with a name that nothing has. */
  readonly unknown?: string;
}

/** The first alternative is the text `${{` itself, the last an expression that is not closed. */
const pattern = /\$\$\{\{|\$\{\{(.*?)\}\}|\$\{\{.*/gs;
const dotted = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$/;

let lastText: string | undefined;
let lastTemplate: Template = [];

/** The same text comes many times in a row: once for each point of a stage's axes. */
export function parseTemplate(text: string): Template {
  if (text !== lastText) {
    lastTemplate = parse(text);
    lastText = text;
  }
  return lastTemplate;
}

function parse(text: string): Template {
  const parts: ({ readonly text: string } | { readonly expression: Expression })[] = [];
  let at = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    const inside = match[1]?.trim() ?? '';
    if (match[0] === '$${{') parts.push({ text: '${{' });
    else parts.push({ expression: { raw: match[0], path: dotted.test(inside) ? inside.split('.') : [] } });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** The value of an expression in a scope, or what is wrong with it. */
export function resolve(expression: Expression, scope: Scope): { readonly value: unknown } | ExpressionProblem {
  const { raw, path } = expression;
  if (path.length === 0) return malformed(raw);
  let value: unknown = scope;
  let start = raw.indexOf(path.join('.'));
  for (const [i, name] of path.entries()) {
    const map = isMap(value) ? value : undefined;
    if (map === undefined || !Object.hasOwn(map, name)) {
      const above = path.slice(0, i).join('.');
      const where = i === 0 ? '' : ` in ${above}`;
      const hint = map === undefined ? `${above} is ${show(value)}` : suggestion(name, Object.keys(map));
      return {
        raw,
        start,
        end: start + name.length,
        code: 'E_UNKNOWN_NAME',
        message: `There is no "${name}"${where}`,
        ...(hint === undefined ? {} : { hint }),
        ...(i === 0 ? { unknown: name } : {}),
      };
    }
    value = map[name];
    start += name.length + 1;
  }
  return { value };
}

function malformed(raw: string): ExpressionProblem {
  const code = 'E_EXPRESSION';
  if (!raw.endsWith('}}')) return { raw, code, message: 'An expression ends with }}, and this one does not' };
  const inside = raw.slice(3, -2).trim();
  const message =
    inside === ''
      ? `${raw} is empty: an expression holds a name`
      : `"${inside}" is not a name: expressions hold names and dotted paths only`;
  return { raw, code, message, hint: 'such as ${{ params.epochs }} or ${{ precision.k }}' };
}

/** Evaluates all strings of a value. A string that is one expression takes its value, whatever type that has. */
export function evaluate(value: unknown, scope: Scope, report: (problem: ExpressionProblem, path: Path) => void): Json {
  return walk(value, scope, report, []);
}

function walk(
  value: unknown,
  scope: Scope,
  report: (problem: ExpressionProblem, path: Path) => void,
  path: Path,
): Json {
  if (typeof value === 'string') return evaluateString(value, scope, (problem) => report(problem, path));
  if (Array.isArray(value)) return value.map((item, i) => walk(item, scope, report, [...path, i]));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, scope, report, [...path, key])]),
    );
  return value as Json;
}

function evaluateString(text: string, scope: Scope, report: (problem: ExpressionProblem) => void): Json {
  if (!text.includes('${{')) return text;
  const template = parseTemplate(text);
  const values = template.map((part) => {
    if ('text' in part) return part.text;
    const result = resolve(part.expression, scope);
    // A copy: checks fill in defaults, which must not reach other tasks.
    if ('value' in result) return structuredClone(result.value);
    report(result);
    return undefined;
  });
  if (template.length === 1) return (values[0] ?? null) as Json;
  for (const [i, value] of values.entries()) {
    const part = template[i]!;
    if ('expression' in part && value !== undefined && !isText(value))
      report(notText(part.expression, value, 'a text'));
  }
  return values.map((value) => (isText(value) ? String(value) : '')).join('');
}

/** True if a value can be inserted into a text. */
export function isText(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** What is wrong with an expression whose value is no part of a text. */
export function notText({ raw, path }: Expression, value: unknown, whole: string): ExpressionProblem {
  const what = value === null ? 'empty' : show(value);
  return { raw, code: 'E_EXPRESSION', message: `${path.join('.')} is ${what}, which can't be part of ${whole}` };
}
