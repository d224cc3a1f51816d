import type { AxisValue } from '../stage/definition.js';

/** One value of an axis with its label. */
export interface AxisPoint {
  readonly value: AxisValue;
  readonly label: string;
}

/** A point of several axes, by axis name in the order of `over`. */
export type Point = Readonly<Record<string, AxisPoint>>;

const maximumLabel = 60;

/** Short readable forms, unique within the axis and safe as folder names: `0.1`, `fp32`, `k1B2`. */
export function labelAxis(values: readonly AxisValue[]): AxisPoint[] {
  const used = new Set<string>();
  return values.map((value, index) => {
    const plain = plainLabel(value)
      .replace(/[^A-Za-z0-9._+-]/g, '-')
      .replace(/^\.+/, '');
    let label = plain.slice(0, maximumLabel) || String(index);
    // Labels differ even where a file system does not tell upper from lower case.
    for (let suffix = index; used.has(label.toLowerCase()); suffix += values.length)
      label = `${plain.slice(0, maximumLabel - 8)}-${suffix}`;
    used.add(label.toLowerCase());
    return { value, label };
  });
}

function plainLabel(value: AxisValue): string {
  if (typeof value !== 'object') return String(value);
  if (value.label !== undefined) return String(value.label);
  return Object.entries(value)
    .map(([key, item]) => `${key}${item}`)
    .join('');
}

/** Are two axis values the same? Order of keys does not matter. */
function sameValue(a: AxisValue, b: AxisValue): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: AxisValue): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Indices of the first two values that are the same, if any are. */
export function duplicateOf(values: readonly AxisValue[]): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const text = canonical(value);
    const first = seen.get(text);
    if (first !== undefined) return [first, i];
    seen.set(text, i);
  }
  return undefined;
}

/** Labels of the points that `wanted` means: the value itself, or else a label. */
export function selectPoints(points: readonly AxisPoint[], wanted: AxisValue): ReadonlySet<string> {
  const same = points.filter(({ value }) => sameValue(value, wanted));
  const found = same.length > 0 ? same : points.filter(({ label }) => label === String(wanted));
  return new Set(found.map(({ label }) => label));
}

/** All combinations, the last axis fastest. */
export function* product(axes: readonly (readonly [string, readonly AxisPoint[]])[]): Generator<Point> {
  const [first, ...rest] = axes;
  if (first === undefined) {
    yield {};
    return;
  }
  const [name, points] = first;
  for (const point of points) for (const others of product(rest)) yield { [name]: point, ...others };
}
