import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Diagnostic, SourceRange } from './diagnostic.js';

/** Path of keys and indices from the root of a document. */
export type Path = readonly (string | number)[];

/** A YAML file with its syntax tree, so that every value can be pointed at. */
export class Source {
  /** Pairs by key: a map may have ten thousand. */
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(
    readonly file: string,
    readonly text: string,
    readonly document: Document.Parsed,
  ) {}

  /** Range of the value at a path, or of the nearest ancestor that exists. */
  range(path: Path): SourceRange {
    let node: unknown = this.document.contents;
    let found: Node | undefined = isNode(node) ? node : undefined;
    for (const step of path) {
      node = this.#child(node, step);
      if (!isNode(node)) break;
      found = node;
    }
    return this.#rangeOf(found);
  }

  /** Range of the key at a path, or of the nearest key above it that exists. */
  keyRange(path: Path): SourceRange {
    const nodes: unknown[] = [this.document.contents];
    for (const step of path) nodes.push(this.#child(nodes.at(-1), step));
    for (let depth = path.length; depth > 0; depth--) {
      const parent = nodes[depth - 1];
      const key = isMap(parent) ? this.#pair(parent, path[depth - 1]!)?.key : undefined;
      if (isNode(key)) return this.#rangeOf(key);
    }
    return this.range(path);
  }

  /** Range of `text` inside the scalar at a path, or of the part of it from `start` to `end`. */
  partRange(
    path: Path,
    { text, start = 0, end = text.length }: { readonly text: string; readonly start?: number; readonly end?: number },
  ): SourceRange {
    const whole = this.range(path);
    const at = this.text.slice(whole.start, whole.end).indexOf(text);
    return at < 0 ? whole : { ...whole, start: whole.start + at + start, end: whole.start + at + end };
  }

  #rangeOf(node: Node | undefined): SourceRange {
    const [start, end] = node?.range ?? [0, 0];
    return clampRange({ file: this.file, start, end }, this.text);
  }

  #child(node: unknown, step: string | number): unknown {
    if (isMap(node)) return this.#pair(node, step)?.value;
    if (isSeq(node)) return node.items[Number(step)];
    return undefined;
  }

  #pair(map: YAMLMap, key: string | number): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair] as const));
      this.#pairs.set(map, pairs);
    }
    return pairs.get(String(key));
  }
}

/** Keeps a range inside its text, and within one place to point at if it is empty. */
export function clampRange({ file, start, end }: SourceRange, text: string): SourceRange {
  const from = Math.max(0, Math.min(start, text.length));
  return { file, start: from, end: Math.max(from, Math.min(end, text.length)) };
}

/** Aliases that one document may expand to: far more than anyone writes, far less than a bomb. */
const maximumAliases = 1000;

/** A parser that follows brackets or dashes by recursion must not be led too deep. */
const maximumDepth = 200;
const maximumBytes = 16 * 2 ** 20;

/** What would harm the parser itself, found by a plain scan. */
function refuseHuge(file: string, text: string): Diagnostic | undefined {
  const refuse = (message: string, start: number): Diagnostic => {
    const range = clampRange({ file, start, end: start + 1 }, text);
    return { severity: 'error', code: 'E_YAML', message, range };
  };
  if (text.length > maximumBytes) return refuse('The file is too large for a pipeline.', 0);
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > maximumDepth) return refuse('Brackets are nested too deep here.', i);
  }
  const dashes = new RegExp(`^ *(- +){${maximumDepth},}|^ {${4 * maximumDepth},}\\S`, 'm').exec(text);
  return dashes === null ? undefined : refuse('Lists are nested too deep here.', dashes.index);
}

/** Parses a file. All syntax errors come at once; the value is missing if there are any. */
export function parseSource(
  file: string,
  text: string,
): { source: Source; value?: unknown; diagnostics: Diagnostic[] } {
  const huge = refuseHuge(file, text);
  if (huge !== undefined) return { source: new Source(file, text, parseDocument('')), diagnostics: [huge] };
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, strict: true });
  const source = new Source(file, text, document);
  const diagnostics = document.errors.map(({ message, pos }): Diagnostic => {
    const range = clampRange({ file, start: pos[0], end: Math.max(pos[1], pos[0] + 1) }, text);
    return (
      unquotedExpression(text, range) ?? { severity: 'error', code: 'E_YAML', message: yamlMessage(message), range }
    );
  });
  // One unquoted expression makes several syntax errors: the first says it all.
  const expression = diagnostics.find(({ code }) => code === 'E_YAML_EXPRESSION');
  if (expression) return { source, diagnostics: [expression] };
  diagnostics.push(...duplicateKeys(source), ...nonScalarKeys(source), ...badAliases(source));
  if (diagnostics.length > 0) return { source, diagnostics };
  try {
    return { source, value: document.toJS({ maxAliasCount: maximumAliases }) as unknown, diagnostics };
  } catch (error) {
    const message = `The file can't be read: ${yamlMessage((error as Error).message)}`;
    return { source, diagnostics: [{ severity: 'error', code: 'E_YAML', message, range: source.range([]) }] };
  }
}

function yamlMessage(message: string): string {
  return `${message.replace(/ at line \d+.*$/s, '').replace(/[:.]?\s*$/, '')}.`;
}

/** `{ epochs: ${{ params.epochs }} }`: in a flow map, YAML reads the braces of an unquoted expression as maps. */
function unquotedExpression(text: string, range: SourceRange): Diagnostic | undefined {
  const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
  const lineEnd = text.indexOf('\n', range.start);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const match = /[{,:[]\s*(\$\{\{[^}]*\}\})/.exec(line);
  if (match === null) return undefined;
  const expression = match[1]!;
  const start = lineStart + line.indexOf(expression);
  return {
    severity: 'error',
    code: 'E_YAML_EXPRESSION',
    message: 'An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.',
    range: { ...range, start, end: start + expression.length },
    hint: `write '${expression}', with the quotes`,
  };
}

function duplicateKeys(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(source.document, {
    Map(_, map) {
      const seen = new Map<string, Node>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, key);
        else
          diagnostics.push({
            severity: 'error',
            code: 'E_DUPLICATE',
            message: `"${name}" is here twice.`,
            range: nodeRange(source, key),
            related: [{ message: `"${name}" is first here`, range: nodeRange(source, first) }],
            hint: 'rename one of them, or remove it',
          });
      }
    },
  });
  return diagnostics;
}

/** Aliases without anchor, and those inside of what they stand for. */
function badAliases(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(source.document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(source.document);
      const range = nodeRange(source, alias);
      if (target === undefined)
        diagnostics.push({
          severity: 'error',
          code: 'E_YAML',
          message: `There is no anchor "&${alias.source}".`,
          range,
        });
      else if (ancestors.includes(target))
        diagnostics.push({ severity: 'error', code: 'E_YAML', message: `"*${alias.source}" contains itself.`, range });
    },
  });
  return diagnostics;
}

function nonScalarKeys(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(source.document, {
    Pair(_, pair) {
      if (isPair(pair) && isNode(pair.key) && !isScalar(pair.key) && !isAlias(pair.key))
        diagnostics.push({
          severity: 'error',
          code: 'E_YAML',
          message: 'A key must be a plain word.',
          range: nodeRange(source, pair.key),
        });
    },
  });
  return diagnostics;
}

function nodeRange({ file, text }: Source, node: Node): SourceRange {
  const [start, end] = node.range ?? [0, 0];
  return clampRange({ file, start, end }, text);
}
