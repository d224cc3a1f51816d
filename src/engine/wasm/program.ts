// What threads do: kernel calls, in the order that they depend on each other.
/** One kernel call: kernel(descriptor, lo, hi). */
export interface Call {
  readonly kernel: string;
  readonly descriptor: number;
  readonly lo: number;
  readonly hi: number;
  /** Whose work it is, for profiles. */
  readonly layer?: string;
}

/** The same calls, said to be of a layer. */
export const ofLayer = (layer: string, items: readonly Item[]): Item[] =>
  items.map((calls) => calls.map((call) => ({ ...call, layer })));

/** Calls that one thread makes in sequence. Items of a phase are independent of each other. */
export type Item = readonly Call[];
/** Items that threads share out; all are done before the next phase starts. */
export type Phase = readonly Item[];
export type Program = readonly Phase[];

/** Splits `count` units into at most `parts` items of equal calls. */
export function split(count: number, parts: number, calls: (lo: number, hi: number) => Call[]): Item[] {
  const items: Item[] = [];
  const used = Math.max(1, Math.min(count, Math.ceil(parts)));
  for (let i = 0; i < used; i++) {
    const lo = Math.floor((count * i) / used);
    const hi = Math.floor((count * (i + 1)) / used);
    items.push(calls(lo, hi));
  }
  return items;
}

/**
 * The same with `size` units an item, for kernels that take as long for less; those left over, and all where there are too
 * few for all threads, are shared out evenly.
 */
export function splitBy(
  count: number,
  size: number,
  threads: number,
  calls: (lo: number, hi: number) => Call[],
): Item[] {
  const whole = count >= size * threads ? Math.floor(count / size) : 0;
  const items = whole > 0 ? split(whole, whole, (lo, hi) => calls(lo * size, hi * size)) : [];
  const left = count - whole * size;
  return left > 0
    ? [...items, ...split(left, threads, (lo, hi) => calls(whole * size + lo, whole * size + hi))]
    : items;
}
