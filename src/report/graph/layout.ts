/**
 * A layered layout after Sugiyama: nodes in layers by their longest way from a source, ordered by barycentres so that
 * few arrows cross, and moved within their layers so that arrows are straight. What leaves a node for several layers
 * further on shares one line that passes between the nodes in between. Time and memory grow with nodes, arrows, and the
 * layers that arrows cross.
 */

export interface LayoutNode {
  /** Along its layer, and across it. */
  readonly breadth: number;
  readonly depth: number;
}

export interface Point {
  readonly along: number;
  readonly across: number;
}

/** A piece of an arrow from one layer to the next. */
export interface Link {
  readonly from: Point;
  readonly to: Point;
  /** The node at its end, if it ends at one: there the head of the arrow is. */
  readonly target?: number;
  /** The nodes whose arrow it is part of; of shared pieces, only where it comes from. */
  readonly source: number;
}

export interface Layout {
  /** Of each node its middle along the layer, and its near edge across. */
  readonly positions: readonly Point[];
  readonly links: readonly Link[];
  readonly breadth: number;
  readonly depth: number;
}

/** Space between nodes that are neighbours in a layer, beside a passing line, and between layers. */
const gapAlong = 22;
const gapAtLine = 12;
const gapAcross = 54;
/** Rounds of ordering, and of straightening: more change little. */
const rounds = 12;

/** A node, or a place in a layer where a line passes. */
interface Item {
  readonly layer: number;
  readonly breadth: number;
  readonly isLine: boolean;
  readonly before: number[];
  readonly after: number[];
  along: number;
}

/**
 * @param nodes in any order
 * @param edges as pairs of indices; there must be no cycle
 */
export function layoutGraph(nodes: readonly LayoutNode[], edges: readonly (readonly [number, number])[]): Layout {
  const layers = layersOf(nodes.length, edges);
  const items: Item[] = nodes.map(({ breadth }, index) => newItem(layers[index]!, breadth, false));
  const lines = addLines(items, layers, edges);
  const rows = rowsOf(items);
  orderRows(items, rows);
  straighten(items, rows);
  return place(nodes, items, rows, lines);
}

/** How many places in layers a graph takes, and how many pieces its arrows have: what the cost of a layout depends on. */
export function layoutSize(count: number, edges: readonly (readonly [number, number])[]): number {
  const layers = layersOf(count, edges);
  const furthest = new Map<number, number>();
  for (const [from, to] of edges)
    furthest.set(from, Math.max(furthest.get(from) ?? 0, layers[to]! - layers[from]! - 1));
  return count + edges.length + [...furthest.values()].reduce((sum, span) => sum + span, 0);
}

function newItem(layer: number, breadth: number, isLine: boolean): Item {
  return { layer, breadth, isLine, before: [], after: [], along: 0 };
}

/** Longest way from a source. */
function layersOf(count: number, edges: readonly (readonly [number, number])[]): number[] {
  const layers = new Array<number>(count).fill(0);
  const open = new Array<number>(count).fill(0);
  const after: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) {
    after[from]!.push(to);
    open[to]!++;
  }
  const ready = open.flatMap((number, index) => (number === 0 ? [index] : []));
  for (const node of ready)
    for (const next of after[node]!) {
      layers[next] = Math.max(layers[next]!, layers[node]! + 1);
      if (--open[next]! === 0) ready.push(next);
    }
  return layers;
}

/** Connects items from layer to layer; returns, for each item that is a line, the node it comes from. */
function addLines(
  items: Item[],
  layers: readonly number[],
  edges: readonly (readonly [number, number])[],
): ReadonlyMap<number, number> {
  const sources = new Map<number, number>();
  /** Of each node, its items from layer to layer: itself, then its line. */
  const chains = new Map<number, number[]>();
  for (const [from, to] of edges) {
    const chain = chains.get(from) ?? [from];
    chains.set(from, chain);
    const steps = layers[to]! - layers[from]!;
    while (chain.length < steps) {
      const line = items.push(newItem(layers[from]! + chain.length, 0, true)) - 1;
      sources.set(line, from);
      connect(items, chain.at(-1)!, line);
      chain.push(line);
    }
    connect(items, chain[steps - 1]!, to);
  }
  return sources;
}

function connect(items: readonly Item[], from: number, to: number): void {
  items[from]!.after.push(to);
  items[to]!.before.push(from);
}

function rowsOf(items: readonly Item[]): number[][] {
  const rows: number[][] = [];
  for (const [index, { layer }] of items.entries()) {
    while (rows.length <= layer) rows.push([]);
    rows[layer]!.push(index);
  }
  return rows;
}

/** Sorts each row by the mean place of its neighbours, down and up in turn, and keeps the order with fewest crossings. */
function orderRows(items: readonly Item[], rows: number[][]): void {
  const places = new Array<number>(items.length).fill(0);
  const note = (row: readonly number[]) => {
    for (const [place, item] of row.entries()) places[item] = place;
  };
  rows.forEach(note);
  let fewest = crossings(items, rows, places);
  let best = rows.map((row) => [...row]);
  for (let round = 0; round < rounds && fewest > 0; round++) {
    const down = round % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) {
      const centres = new Map(
        row.map((item) => {
          const { before, after } = items[item]!;
          const near = down ? before : after;
          return [item, near.length === 0 ? places[item]! : mean(near.map((other) => places[other]!))];
        }),
      );
      row.sort((a, b) => centres.get(a)! - centres.get(b)! || places[a]! - places[b]!);
      note(row);
    }
    const count = crossings(items, rows, places);
    if (count >= fewest) continue;
    fewest = count;
    best = rows.map((row) => [...row]);
  }
  for (const [index, row] of best.entries()) rows[index] = row;
}

/** Pairs of links between neighbouring rows that cross: inversions, counted with a Fenwick tree. */
function crossings(items: readonly Item[], rows: readonly (readonly number[])[], places: readonly number[]): number {
  let total = 0;
  for (const [index, row] of rows.entries()) {
    const size = rows[index + 1]?.length ?? 0;
    const tree = new Array<number>(size + 1).fill(0);
    let seen = 0;
    for (const item of row) {
      const ends = items[item]!.after.map((other) => places[other]!).sort((a, b) => a - b);
      for (const end of ends) {
        let notBeyond = 0;
        for (let i = end + 1; i > 0; i -= i & -i) notBeyond += tree[i]!;
        total += seen - notBeyond;
      }
      for (const end of ends) for (let i = end + 1; i <= size; i += i & -i) tree[i]!++;
      seen += ends.length;
    }
  }
  return total;
}

/** Moves items towards the mean of their neighbours as far as their row lets them. */
function straighten(items: readonly Item[], rows: readonly (readonly number[])[]): void {
  for (const row of rows) spread(items, row, () => 0);
  for (let round = 0; round < rounds; round++) {
    const ordered = round % 2 === 0 ? rows : rows.toReversed();
    for (const row of ordered)
      spread(items, row, (item) => {
        const { before, after } = items[item]!;
        const near = round < rounds - 2 ? (round % 2 === 0 ? before : after) : [...before, ...after];
        return near.length === 0 ? items[item]!.along : mean(near.map((other) => items[other]!.along));
      });
  }
}

/**
 * Puts the items of a row as near to where they want to be as their order and breadths allow: the least sum of squares,
 * by pooling neighbours that would overlap.
 */
function spread(items: readonly Item[], row: readonly number[], wanted: (item: number) => number): void {
  const pools: { sum: number; weight: number; items: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, item] of row.entries()) {
    const { breadth, isLine } = items[item]!;
    const previous = items[row[index - 1]!];
    if (previous !== undefined)
      offset += previous.breadth / 2 + (isLine || previous.isLine ? gapAtLine : gapAlong) + breadth / 2;
    offsets.push(offset);
    // Bent lines are worse than nodes off the middle.
    const weight = isLine ? 4 : 1;
    let pool = { sum: weight * (wanted(item) - offset), weight, items: 1 };
    for (let last = pools.at(-1); last && last.sum / last.weight >= pool.sum / pool.weight; last = pools.at(-1)) {
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, items: last.items + pool.items };
      pools.pop();
    }
    pools.push(pool);
  }
  let index = 0;
  for (const { sum, weight, items: count } of pools)
    for (const end = index + count; index < end; index++) items[row[index]!]!.along = sum / weight + offsets[index]!;
}

function place(
  nodes: readonly LayoutNode[],
  items: readonly Item[],
  rows: readonly (readonly number[])[],
  lines: ReadonlyMap<number, number>,
): Layout {
  const left = items.reduce(
    (least, { along, breadth }) => Math.min(least, along - breadth / 2),
    Number.POSITIVE_INFINITY,
  );
  const right = items.reduce((most, { along, breadth }) => Math.max(most, along + breadth / 2), left);
  const starts: number[] = [];
  const ends: number[] = [];
  let depth = 0;
  for (const row of rows) {
    starts.push(depth);
    ends.push(depth + row.reduce((most, item) => Math.max(most, nodes[item]?.depth ?? 0), 0));
    depth = ends.at(-1)! + gapAcross;
  }
  const alongOf = (item: number) => items[item]!.along - left;
  const links = items.flatMap(({ layer, after, isLine }, item): Link[] => {
    const source = lines.get(item) ?? item;
    const end = isLine ? ends[layer]! : starts[layer]! + nodes[item]!.depth;
    const pass: Link[] = isLine
      ? [{ from: { along: alongOf(item), across: starts[layer]! }, to: { along: alongOf(item), across: end }, source }]
      : [];
    return [
      ...pass,
      ...after.map(
        (next): Link => ({
          from: { along: alongOf(item), across: end },
          to: { along: alongOf(next), across: starts[layer + 1]! },
          source,
          ...(lines.has(next) ? {} : { target: next }),
        }),
      ),
    ];
  });
  return {
    positions: nodes.map((_, index) => ({ along: alongOf(index), across: starts[items[index]!.layer]! })),
    links,
    breadth: nodes.length === 0 ? 0 : right - left,
    depth: Math.max(0, depth - gapAcross),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
