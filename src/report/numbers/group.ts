/** Precisions in the paper's order: FP32 first, then by k and by B; whatever else after them. */
export function comparePrecisions(a: string, b: string): number {
  const [rankA, rankB] = [rank(a), rank(b)];
  for (let i = 0; i < rankA.length; i++) if (rankA[i] !== rankB[i]) return rankA[i]! - rankB[i]!;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(precision: string): [number, number, number] {
  if (precision === 'fp32') return [0, 0, 0];
  const match = /^k(\d+)B(\d+)$/.exec(precision);
  return match ? [1, Number(match[1]), Number(match[2])] : [2, 0, 0];
}

/** `fp32` → `FP32`, as captions have it. */
export function displayPrecision(precision: string): string {
  return precision === 'fp32' ? 'FP32' : precision;
}

/** Items by a key, keys in order of first appearance. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
