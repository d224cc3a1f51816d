import { type Document, isCollection, isScalar, type Node, parseDocument, visit, type YAMLError } from 'yaml';
import type { Diagnostic } from './diagnostic.js';
import { clampRange } from './source.js';
import { yamlOptions } from './yaml-options.js';

/** What to write instead of values that JSON does not have. */
const tagHints: Readonly<Record<string, string>> = {
  '!!timestamp': "write the time as a text without the tag, such as '2020-01-31'",
  '!!set': 'write a list: [a, b]',
  '!!omap': 'write a list of maps: [{ a: 1 }, { b: 2 }]',
  '!!binary': 'write the text itself, or name a file',
};

/** Unquoted expressions that are looked for, each of which costs a parse. */
const maximumExpressions = 20;

/**
 * Errors of YAML in words of this program. The parser gives up at an unquoted expression: each is masked, so that what
 * comes after it is read, too.
 */
export function syntaxErrors(file: string, text: string, document: Document.Parsed): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  let masked = text;
  let parsed = document;
  for (let i = 0; i < maximumExpressions; i++) {
    const start = unquotedExpression(masked, parsed);
    if (start === undefined) break;
    const [raw] = /^\$\{\{[^}\n]*\}{0,2}/.exec(masked.slice(start))!;
    const inside = raw.replace(/[${}]/g, '').trim();
    diagnostics.push({
      severity: 'error',
      code: 'E_YAML_EXPRESSION',
      message: 'An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.',
      range: { file, start, end: start + raw.length },
      hint: `write '\${{ ${inside} }}', with the quotes`,
    });
    masked = masked.slice(0, start) + '_'.repeat(raw.length) + masked.slice(start + raw.length);
    parsed = parseDocument(masked, yamlOptions);
  }
  for (const error of independent(masked, parsed)) {
    const { message, hint, start = error.pos[0], end = error.pos[1] } = explain(error, masked, parsed);
    const range = clampRange({ file, start, end: Math.max(end, start + 1) }, text);
    diagnostics.push({ severity: 'error', code: 'E_YAML', message, range, ...(hint === undefined ? {} : { hint }) });
  }
  return diagnostics;
}

/** Where the parser stumbled over `${{` inside brackets. */
function unquotedExpression(text: string, { errors }: Document.Parsed): number | undefined {
  const error = errors.find(({ pos: [start] }) => start > 0 && text.startsWith('${{', start - 1));
  return error && error.pos[0] - 1;
}

/** Errors that are no consequence of an earlier one: one a line, and none after the parser gave up. */
function independent(text: string, { errors, warnings }: Document.Parsed): YAMLError[] {
  const lines = new Set<number>();
  const kept: YAMLError[] = [];
  const all = [...errors, ...warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
  for (const error of all.sort((a, b) => a.pos[0] - b.pos[0])) {
    const line = text.lastIndexOf('\n', error.pos[0] - 1);
    // A tag that is unknown has nothing else misread.
    if (lines.has(line) && error.code !== 'TAG_RESOLVE_FAILED') continue;
    lines.add(line);
    // Two errors for one place: the one that spans lines says more.
    kept.push(all.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === error.pos[0]) ?? error);
    // Behind a tab, lines belong to others than they seem to, and without its colon a key is none.
    const misread = error.code === 'TAB_AS_INDENT' || missingColon(text, error) !== undefined;
    if (misread || /at node end|in YAML stream/.test(error.message)) break;
  }
  return kept;
}

interface Explanation {
  readonly message: string;
  readonly hint?: string;
  /** Where to point at, if not at the error's own place. */
  readonly start?: number;
  readonly end?: number;
}

/** `ann { uses: ann-infer }`: an opening bracket right behind a name, in the line of an error about a colon. */
function missingColon(text: string, { code, pos: [at] }: YAMLError): Explanation | undefined {
  if (code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined;
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const [, before, key, bracket] = /^(\s*(?:- +)?)([\w-]+) *([{[])/.exec(text.slice(line, at)) ?? [];
  if (key === undefined) return undefined;
  const start = line + before!.length;
  return {
    message: 'After a key come a colon and a space.',
    ...{ start, end: start + key.length, hint: `write ${key}: ${bracket}` },
  };
}

function explain(error: YAMLError, text: string, document: Document.Parsed): Explanation {
  const [start, end] = error.pos;
  const unmarked = missingColon(text, error);
  if (unmarked !== undefined) return unmarked;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'YAML must not be indented with tabs.', hint: 'indent with spaces' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'A second document begins here, and a pipeline is one.',
        end: start + 3,
        hint: 'remove the ---',
      };
    case 'BAD_SCALAR_START':
      return { message: `A value can't begin with ${text[start]}.`, hint: `quote it, such as '${word(text, start)}'` };
    case 'BAD_DQ_ESCAPE':
      return {
        message: `${text.slice(start, start + 2)} means nothing inside "double quotes".`,
        end: start + 2,
        hint: "write \\\\ for a backslash, or use 'single quotes'",
      };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: `The tag ${text.slice(start, end)} means nothing here.`,
        hint: tagHints[text.slice(start, end)] ?? 'quote a text that begins with !',
      };
    case 'BLOCK_IN_FLOW':
      return {
        message: 'Items inside { } or [ ] are separated by commas.',
        end: start + text.slice(start, end).trimEnd().length,
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (error.message.includes('Nested mappings')) return colonInText(text, start);
      return indentation(text, start);
    case 'MULTILINE_IMPLICIT_KEY':
      return unfinishedKey(text, start, end, document);
    default:
  }
  if (/same column/.test(error.message)) return indentation(text, start);
  if (/block-seq-ind on same line/.test(error.message))
    return { message: 'A list begins on the line after its key.', hint: 'or write it as [a, b]' };
  if (/ and end with a [}\]]/.test(error.message) || /^Expected flow/.test(error.message))
    return unclosed(error, text, document);
  if (/^Missing closing/.test(error.message)) return unclosed(error, text, document);
  if (/^Unexpected flow-(map|seq)-end/.test(error.message)) return { message: `This ${text[start]} closes nothing.` };
  if (/^Unexpected , in/.test(error.message)) return { message: 'There is one comma too many here.' };
  if (/at node end$|in YAML stream/.test(error.message))
    return { message: 'The value before has ended, and something follows.', hint: 'quote a text as a whole' };
  return { message: `YAML can't be read here: ${error.message.replace(/[:.]?\s*$/, '')}.` };
}

const lineEnd = (text: string, at: number) => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};

const word = (text: string, at: number) => /^[^\s,}\]]*/.exec(text.slice(at))![0];

/** `description: LeNet: the paper`. */
function colonInText(text: string, start: number): Explanation {
  const value = text.slice(start, lineEnd(text, start)).trimEnd();
  const quoted = value.includes("'") ? JSON.stringify(value) : `'${value}'`;
  return {
    message: 'This text holds a colon and a space, which makes YAML read it as a map.',
    end: start + value.length,
    hint: `quote it: ${quoted}`,
  };
}

/** Points at the first line from here on that is not empty. */
function indentation(text: string, at: number): Explanation {
  const [space] = /^\s*/.exec(text.slice(at))!;
  const start = at + space.length;
  return {
    message: 'This line begins in another column than the lines it belongs to.',
    start,
    end: lineEnd(text, start),
    hint: 'indent it as they are',
  };
}

/** A key that goes on over a line break: the first line has no colon, or the second is indented too far. */
function unfinishedKey(text: string, start: number, end: number, { errors }: Document.Parsed): Explanation {
  const nested = errors.some(({ code, pos }) => code === 'BLOCK_AS_IMPLICIT_KEY' && pos[0] === start);
  if (nested) return indentation(text, text.lastIndexOf('\n', end - 1));
  const line = text.slice(start, lineEnd(text, start)).trimEnd();
  if (line.startsWith('-'))
    return { message: 'A list stands beside keys here.', end: start + 1, hint: 'indent it below its own key' };
  const [, key, value] = /^([\w-]+):(.+)$/.exec(line) ?? [];
  const hint = key === undefined ? `write ${line}:` : `write ${key}: ${value}`;
  return { message: 'After a key come a colon and a space.', end: start + line.length, hint };
}

/** A bracket or quote that is not closed: the last one before the place where that showed. */
function unclosed(error: YAMLError, text: string, document: Document.Parsed): Explanation {
  const quote = /^Missing closing (["'])/.exec(error.message)?.[1];
  const wanted = quote ?? (/[}\]]/.exec(error.message)?.[0] === '}' ? '{' : '[');
  let found: Node | undefined;
  visit(document, {
    Node(_, node) {
      const [start = 0, end = 0] = node.range ?? [];
      const fits = quote === undefined ? isCollection(node) && node.flow === true : isScalar(node);
      // Of brackets inside each other, the outermost that is still open at the error.
      if (fits && found === undefined && text[start] === wanted && start < error.pos[0] && end >= error.pos[0])
        found = node;
    },
  });
  const other = text[error.pos[0]];
  if (quote === undefined && (other === '}' || other === ']')) return { message: `This ${other} closes nothing.` };
  const close = wanted === '{' ? '}' : wanted === '[' ? ']' : wanted;
  const message = `This ${wanted} is never closed.`;
  const start = found?.range?.[0];
  if (start === undefined) return { message: `A ${close} is missing before this place.` };
  return { message, start, end: start + 1, hint: `add the ${close} that belongs to it` };
}
