import { type Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { SourceRange } from './diagnostic.js';
import type { Path, Places } from './places.js';

/** A YAML file with its syntax tree, so that every value can be pointed at. */
export class Source implements Places {
  /** Pairs by key: a map may have ten thousand. */
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(
    readonly file: string,
    readonly text: string,
    readonly document: Document.Parsed,
  ) {}

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
      const parent = nodes[depth - 1];
      const key = isMap(parent) ? this.#pair(parent, path[depth - 1]!)?.key : undefined;
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
