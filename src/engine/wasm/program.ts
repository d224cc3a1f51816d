// What threads do: kernel calls, in the order that they depend on each other.
import type { Descriptor, DescriptorName, DescriptorOf, Kernel, KernelOf } from './descriptor.js';
import type { Bytes } from './units.js';

type CallWith<N extends DescriptorName> = {
  readonly kernel: KernelOf<N>;
  readonly descriptor: Descriptor<N>;
  readonly lo: number;
  readonly hi: number;
  /** Whose work it is, for profiles. */
  readonly layer?: string;
};

/** One kernel call, kernel(descriptor, lo, hi): a kernel meets no other descriptor than its own. */
export type Call = { readonly [N in DescriptorName]: CallWith<N> }[DescriptorName];

/** Calls for a range of what their kernels go through: images, channels, taps, groups of values. */
export type Calls = (lo: number, hi: number) => readonly Call[];

export const calls =
  <K extends Kernel>(kernel: K, descriptor: Descriptor<DescriptorOf<K>>): Calls =>
  (lo, hi) => [{ kernel, descriptor, lo, hi } as unknown as Call];

/** All of these for the same range, one after the other. */
export const inOrder =
  (...all: readonly (Calls | undefined)[]): Calls =>
  (lo, hi) =>
    all.flatMap((one) => one?.(lo, hi) ?? []);

/** The same calls, said to be of a layer. */
export const ofLayer =
  (layer: string, own: Calls): Calls =>
  (lo, hi) =>
    labelled(layer, own(lo, hi));

/** The same items, said to be of a layer. */
export const itemsOfLayer = (layer: string, items: readonly Item[]): Item[] =>
  items.map((item) => labelled(layer, item));

const labelled = (layer: string, item: Item): Item => item.map((call) => ({ ...call, layer }));

/** Calls that one thread makes in sequence. Items of a phase are independent of each other. */
export type Item = readonly Call[];
/** Items that threads share out; all are done before the next phase starts. */
export type Phase = readonly Item[];
export type Program = readonly Phase[];

/** Splits `count` units into at most `parts` items of equal calls. */
export function split(count: number, parts: number, own: Calls): Item[] {
  const items: Item[] = [];
  const used = Math.max(1, Math.min(count, Math.ceil(parts)));
  for (let i = 0; i < used; i++) {
    const lo = Math.floor((count * i) / used);
    const hi = Math.floor((count * (i + 1)) / used);
    items.push(own(lo, hi));
  }
  return items;
}

/**
 * The same by items of the first size, as long as there are enough for all threads, then of the next, for kernels that take as long for
 * less. What is left is shared out evenly.
 */
export function splitBy(count: number, sizes: readonly number[], threads: number, own: Calls): Item[] {
  const items: Item[] = [];
  let first = 0;
  for (const size of sizes)
    for (; count - first >= size * threads; first += size * threads)
      items.push(...split(size * threads, threads, (lo, hi) => own(first + lo, first + hi)));
  if (first < count) items.push(...split(count - first, threads, (lo, hi) => own(first + lo, first + hi)));
  return items;
}

/** Items that pack a layer's weights: so many that a large layer does not keep one thread alone. */
export const packItems = (count: number, own: Calls): Item[] => split(count, 8, own);

/** Private memory that a thread needs for any of these programs: what their kernels are promised. */
export const scratchBytes = (programs: readonly Program[]): Bytes =>
  programs.flat(3).reduce<number>((most, { descriptor }) => Math.max(most, descriptor.scratch), 0) as Bytes;
