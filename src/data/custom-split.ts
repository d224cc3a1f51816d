import type { Split } from './dataset.js';
import { permutation, purposes } from './random.js';

/** How many images of a class are taken. */
const countOf = (share: number, members: number): number =>
  Math.min(Math.max(Math.round(share * members), 1), members - 1);

/** How many images `splitOff` would take, by the labels of all. */
export function sharedCount(labels: Uint8Array, share: number): number {
  const members = new Uint32Array(256);
  for (const label of labels) members[label]!++;
  return members.reduce((sum, count) => sum + (count === 0 ? 0 : countOf(share, count)), 0);
}

/**
 * Takes a share of each class's images from a split, chosen by a seed. Both parts keep the order of the images, and each
 * class that has two images or more is in both.
 */
export function splitOff(all: Split, share: number, seed: number): { readonly training: Split; readonly test: Split } {
  const byClass = new Map<number, number[]>();
  for (const [i, label] of all.labels.entries()) {
    const members = byClass.get(label);
    if (members) members.push(i);
    else byClass.set(label, [i]);
  }
  const taken = new Set<number>();
  for (const [label, members] of byClass) {
    const count = countOf(share, members.length);
    const order = permutation(members.length, { seed, purpose: purposes.sample, stream: label });
    for (const i of order.subarray(0, count)) taken.add(members[i]!);
  }
  const indices = Array.from({ length: all.count }, (_, i) => i);
  return {
    training: pick(
      all,
      indices.filter((i) => !taken.has(i)),
    ),
    test: pick(
      all,
      indices.filter((i) => taken.has(i)),
    ),
  };
}

/** Some images of a split, with their labels. */
export function pick({ count, images, labels }: Split, indices: readonly number[]): Split {
  const size = images.length / count;
  const picked = new Uint8Array(indices.length * size);
  for (const [to, from] of indices.entries()) picked.set(images.subarray(from * size, (from + 1) * size), to * size);
  return { count: indices.length, images: picked, labels: Uint8Array.from(indices, (i) => labels[i]!) };
}
