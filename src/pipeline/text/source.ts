import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Path } from '../../values.js';
import type { SourceRange } from './diagnostic.js';
import type { Places } from './places.js';

/** Pairs that merge keys may bring into a file: far more than anyone writes, far less than a bomb. */
const maximumMerged = 1_000_000;
const maximumDepth = 200;

/** A YAML file with its syntax tree, so that every value can be pointed at. */
export class Source implements Places {
  /** Pairs by key, with those that merge keys bring: a map may have ten thousand. */
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  #targets: ReadonlyMap<Alias, Node> | undefined;
  #merged = 0;

  constructor(
    readonly file: string,
    readonly text: string,
    readonly document: Document.Parsed,
  ) {}

  /** True if merge keys bring more than a file may have: some of it is missing then. */
  get isExhausted(): boolean {
    return this.#merged > maximumMerged;
  }

  range(path: Path): SourceRange {
    let node: unknown = this.document.contents;
    let found: Node | undefined = isNode(node) ? node : undefined;
    for (const step of path) {
      node = this.#child(node, step);
      if (!isNode(node)) break;
      found = node;
    }
    return this.rangeOf(found);
  }

  keyRange(path: Path): SourceRange {
    const nodes: unknown[] = [this.document.contents];
    for (const step of path) nodes.push(this.#child(nodes.at(-1), step));
    for (let depth = path.length; depth > 0; depth--) {
      const parent = this.resolve(nodes[depth - 1]);
      const key = isMap(parent) ? this.pairs(parent).get(String(path[depth - 1]!))?.key : undefined;
      if (isNode(key)) return this.rangeOf(key);
    }
    return this.range(path);
  }

  partRange(
    path: Path,
    { text, start = 0, end = text.length }: { readonly text: string; readonly start?: number; readonly end?: number },
  ): SourceRange {
    const whole = this.range(path);
    const at = this.text.slice(whole.start, whole.end).indexOf(text);
    return at < 0 ? whole : { ...whole, start: whole.start + at + start, end: whole.start + at + end };
  }

  /** Range of a node; the beginning of the file for none. */
  rangeOf(node: Node | undefined): SourceRange {
    const [start, end] = node?.range ?? [0, 0];
    return clampRange({ file: this.file, start, end }, this.text);
  }

  /** What an alias stands for: the last node before it with that anchor. Undefined if there is none. */
  target(alias: Alias): Node | undefined {
    this.#targets ??= targetsIn(this.document);
    return this.#targets.get(alias);
  }

  /** The node itself, or what it stands for. */
  resolve(node: unknown): unknown {
    return isAlias(node) ? this.target(node) : node;
  }

  /** Pairs of a map by key; the first of two. What `<<` brings comes where the map says nothing itself. */
  pairs(map: YAMLMap, depth = 0): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    // Set before it is filled: a map that is merged into itself ends here.
    this.#pairs.set(map, pairs);
    const below: Pair[] = [];
    for (const pair of map.items) {
      const name = this.keyName(pair);
      if (isMergeKey(pair)) below.push(pair);
      else if (name !== undefined && !pairs.has(name)) pairs.set(name, pair);
    }
    if (depth > maximumDepth) this.#merged = Number.POSITIVE_INFINITY;
    else for (const pair of below) for (const part of this.mergedMaps(pair)) this.#merge(pairs, part, depth);
    return pairs;
  }

  #merge(pairs: Map<string, Pair>, part: unknown, depth: number): void {
    if (!isMap(part) || this.isExhausted) return;
    for (const [name, pair] of this.pairs(part, depth + 1)) {
      this.#merged++;
      if (!pairs.has(name)) pairs.set(name, pair);
    }
  }

  /** What stands behind a `<<`: a map, or a list of them, the first of which comes first. */
  mergedMaps({ value }: Pair): unknown[] {
    const found = this.resolve(value);
    return isSeq(found) ? found.items.map((item) => this.resolve(item)) : [found];
  }

  /** A key as it is written; undefined if it is no plain word. */
  keyName({ key }: Pair): string | undefined {
    const found = this.resolve(key);
    if (!isScalar(found)) return undefined;
    return found.type === 'PLAIN' ? (found.source ?? '') : String(found.value);
  }

  #child(node: unknown, step: string | number): unknown {
    const found = this.resolve(node);
    if (isMap(found)) return this.pairs(found).get(String(step))?.value;
    if (isSeq(found)) return found.items[Number(step)];
    return undefined;
  }
}

/** `<<`, without quotes. */
export function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

/** Of all aliases at once: what is before each is known only to who reads from the top. */
function targetsIn(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const targets = new Map<Alias, Node>();
  const anchored = new Map<string, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if ('anchor' in node && node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/** Keeps a range inside its text, and within one place to point at if it is empty. */
export function clampRange({ file, start, end }: SourceRange, text: string): SourceRange {
  const from = Math.max(0, Math.min(start, text.length));
  return { file, start: from, end: Math.max(from, Math.min(end, text.length)) };
}
