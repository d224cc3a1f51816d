import { suggestion } from './suggest.js';
import type { Json } from './task.js';

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
  readonly code: 'E_EXPRESSION' | 'E_UNKNOWN_NAME';
  readonly message: string;
  readonly hint?: string;
}

const pattern = /\$\{\{(.*?)\}\}/gs;
const dotted = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$/;

export function parseTemplate(text: string): Template {
  const parts: ({ readonly text: string } | { readonly expression: Expression })[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    const inside = match[1]!.trim();
    parts.push({ expression: { raw: match[0], path: dotted.test(inside) ? inside.split('.') : [] } });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** The value of an expression in a scope, or what is wrong with it. */
export function resolve(expression: Expression, scope: Scope): { readonly value: unknown } | ExpressionProblem {
  const { raw, path } = expression;
  if (path.length === 0)
    return {
      raw,
      code: 'E_EXPRESSION',
      message: `${raw} is not an expression: it may hold names and dotted paths only`,
      hint: 'such as ${{ params.epochs }} or ${{ precision.k }}',
    };
  let value: unknown = scope;
  for (const [i, name] of path.entries()) {
    const map = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Scope) : undefined;
    if (map === undefined || !Object.hasOwn(map, name)) {
      const where = i === 0 ? '' : ` in ${path.slice(0, i).join('.')}`;
      const hint = map === undefined ? undefined : suggestion(name, Object.keys(map));
      const problem = { raw, code: 'E_UNKNOWN_NAME', message: `there is no "${name}"${where}` } as const;
      return hint === undefined ? problem : { ...problem, hint };
    }
    value = map[name];
  }
  return { value };
}

/** Evaluates all strings of a value. A string that is one expression takes its value, whatever type that has. */
export function evaluate(value: unknown, scope: Scope, report: (problem: ExpressionProblem, path: Path) => void): Json {
  return walk(value, scope, report, []);
}

type Path = readonly (string | number)[];

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
    return null;
  });
  if (template.length === 1) return values[0] as Json;
  for (const [i, value] of values.entries())
    if (typeof value === 'object' && value !== null) {
      const part = template[i]!;
      const raw = 'expression' in part ? part.expression.raw : '';
      report({ raw, code: 'E_EXPRESSION', message: `${raw} is a map or list, which can't be part of a text` });
    }
  return values.map(String).join('');
}
