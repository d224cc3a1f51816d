import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Path } from '../../values.js';
import type { Diagnostic } from './diagnostic.js';
import { keyExpression, numberProblem, textProblem, valueExpression } from './scalars.js';
import { isMergeKey, type Source } from './source.js';

/** What a kind of files makes of some of its values. */
export interface ReadingRules {
  /** True where numbers are kept as they are written, such as 1.10 in the words of a command. */
  verbatim(path: Path): boolean;
  /** True where expressions are evaluated. */
  evaluated(path: Path): boolean;
  /** True for a key whose value is ignored. */
  ignored(path: Path): boolean;
}

/** What aliases and merge keys may bring, in nodes: far more than anyone writes, far less than a bomb. */
const maximumNodes = 1_000_000;
/** Aliases inside of aliases are read by recursion. */
const maximumDepth = 400;

/** What a document says, as JSON has it, and all that is wrong with it. */
export function readValue(
  source: Source,
  rules: ReadingRules,
): { readonly value: unknown; readonly diagnostics: readonly Diagnostic[] } {
  const reader = new Reader(source, rules);
  const { contents } = source.document;
  const value = reader.read(contents, []);
  if (!reader.isExhausted) return { value, diagnostics: reader.diagnostics };
  const message = 'The aliases in this file expand to too much.';
  return { value: undefined, diagnostics: [{ ...yamlError, message, range: source.rangeOf(undefined) }] };
}

const yamlError = { severity: 'error', code: 'E_YAML' } as const;

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  /** What an alias stands for is read once for each, and its mistakes are told once. */
  readonly #told = new Set<unknown>();
  /** Anchored nodes that are being read, and may not be met again inside. */
  readonly #open = new Set<Node>();
  #nodes = 0;
  #tooDeep = false;

  constructor(
    readonly source: Source,
    readonly rules: ReadingRules,
  ) {}

  get isExhausted(): boolean {
    return this.#tooDeep || this.#nodes > maximumNodes + this.source.text.length || this.source.isExhausted;
  }

  read(node: unknown, path: Path): unknown {
    if (!isNode(node) || this.isExhausted) return null;
    this.#nodes++;
    if (isAlias(node)) return this.#target(node, path);
    if (isScalar(node)) return this.#scalar(node, path);
    this.#tooDeep ||= path.length > maximumDepth;
    return isMap(node) ? this.#map(node, path) : isSeq(node) ? this.#list(node, path) : null;
  }

  #target(node: Node & { readonly source: string }, path: Path): unknown {
    const target = isAlias(node) ? this.source.target(node) : undefined;
    if (target === undefined) {
      const hint = `for the text itself, write '*${node.source}', quoted`;
      this.#error(node, `There is no anchor "&${node.source}" above.`, { hint });
      return null;
    }
    if (this.#open.has(target)) {
      this.#error(node, `"*${node.source}" stands inside of what it stands for.`);
      return null;
    }
    return this.read(target, path);
  }

  #map(map: YAMLMap, path: Path): unknown {
    // Merged into itself, which was told there.
    if (this.#open.has(map)) return {};
    this.#open.add(map);
    if (!this.#told.has(map)) this.#checkKeys(map);
    const entries: [string, unknown][] = [];
    for (const [name, { key, value }] of this.source.pairs(map)) {
      const inside = [...path, name];
      if (this.rules.ignored(inside)) continue;
      const problem = textProblem(name) ?? (name.includes('${{') ? keyExpression : undefined);
      if (problem !== undefined) this.#error(key, problem.message, problem);
      entries.push([name, this.read(value, inside)]);
    }
    this.#open.delete(map);
    return Object.fromEntries(entries);
  }

  #list(list: YAMLSeq, path: Path): unknown {
    this.#open.add(list);
    const items = list.items.map((item, index) => this.read(item, [...path, index]));
    this.#open.delete(list);
    return items;
  }

  /** Keys that are there twice, or are no names. */
  #checkKeys(map: YAMLMap): void {
    this.#told.add(map);
    const seen = new Map<string, Pair>();
    for (const pair of map.items) {
      const name = this.source.keyName(pair);
      const first = name === undefined ? undefined : seen.get(name);
      if (name === undefined) this.#error(pair.key, 'A key must be a plain word.');
      else if (first === undefined) seen.set(name, pair);
      else if (!this.#told.has(pair.key)) {
        this.#told.add(pair.key);
        this.diagnostics.push({
          severity: 'error',
          code: 'E_DUPLICATE',
          message: `"${name}" is here twice.`,
          range: this.source.rangeOf(pair.key as Node),
          related: [{ message: `"${name}" is first here`, range: this.source.rangeOf(first.key as Node) }],
          hint: 'rename one of them, or remove it',
        });
      }
      if (isMergeKey(pair)) this.#checkMerge(pair);
    }
  }

  #checkMerge(pair: Pair): void {
    if (isAlias(pair.value) && this.source.target(pair.value) === undefined) this.#target(pair.value, []);
    else if (!this.source.mergedMaps(pair).every((part) => isMap(part)))
      this.#error(pair.value, '`<<` takes a map, or a list of maps.', { hint: 'such as <<: *base' });
    else if (this.source.mergedMaps(pair).some((part) => this.#open.has(part as Node)))
      this.#error(pair.value, '`<<` brings a map into itself.');
    else for (const part of this.source.mergedMaps(pair)) this.#checkMerged(part as YAMLMap);
  }

  /** What is only merged is read nowhere else: a map that is written there, or in a place for anchors. */
  #checkMerged(map: YAMLMap): void {
    if (this.#told.has(map)) return;
    this.#open.add(map);
    this.#checkKeys(map);
    this.#open.delete(map);
  }

  #scalar(node: Node & { readonly value: unknown; readonly source?: string; readonly type?: string }, path: Path) {
    const { value, source = '' } = node;
    if (typeof value === 'string') return this.#text(node, value, path);
    if (value === null) return null;
    if (this.rules.verbatim(path)) return source;
    if (typeof value === 'number') return this.#number(node, value, source);
    return value;
  }

  #text(node: Node, text: string, path: Path): string {
    const problem = textProblem(text);
    if (problem !== undefined) this.#error(node, problem.message, problem);
    if (!text.includes('${{') || this.rules.evaluated(path)) return text;
    if (/(?<!\$)\$\{\{/.test(text)) this.#error(node, valueExpression.message, valueExpression);
    return text.replaceAll('$${{', '${{');
  }

  #number(node: Node, value: number, source: string): number {
    const problem = numberProblem(value, source);
    if (problem === undefined) return value;
    this.#error(node, problem.message, problem);
    return problem.instead;
  }

  /** Tells a mistake of a node, once. */
  #error(node: unknown, message: string, { hint, code = 'E_YAML' }: { hint?: string; code?: string } = {}): void {
    if (this.#told.has(node)) return;
    this.#told.add(node);
    const range = this.source.rangeOf(isNode(node) ? node : undefined);
    this.diagnostics.push({ severity: 'error', code, message, range, ...(hint === undefined ? {} : { hint }) });
  }
}
