import { hash } from 'node:crypto';
import type { AxisValue } from '../../values.js';

/** One value of an axis with its label. */
export interface AxisPoint {
  readonly value: AxisValue;
  readonly label: string;
}

/** A point of several axes, by axis name in the order of `over`. */
export type Point = Readonly<Record<string, AxisPoint>>;

const maximumLabel = 60;
/** Digits of a value's hash in its label, and where these are another value's, too. */
const shortHash = 8;
const longHash = 32;

/**
 * Short readable forms, unique within the axis and safe as folder names: `0.1`, `fp32`, `k1B2`. Each follows from its
 * value alone, so that it stays when others come and go. What would not tell the value ends in a few digits of its hash.
 */
export function labelAxis(values: readonly AxisValue[]): AxisPoint[] {
  const plain = values.map((value) => {
    const label = plainLabel(value);
    return { value, label, isClear: isLabel(label) && !looksOtherwise(value) };
  });
  // Labels differ even where a file system does not tell upper from lower case.
  const counts = new Map<string, number>();
  for (const { label, isClear } of plain)
    if (isClear) counts.set(label.toLowerCase(), (counts.get(label.toLowerCase()) ?? 0) + 1);
  const short = plain.map(({ value, label, isClear }) =>
    isClear && counts.get(label.toLowerCase()) === 1 ? label : hashedLabel(label, value),
  );
  // A few digits are the same for some two values in ten thousand of one long start: two tasks must not become one.
  const uses = new Map<string, number>();
  for (const label of short) uses.set(label.toLowerCase(), (uses.get(label.toLowerCase()) ?? 0) + 1);
  return plain.map(({ value, label }, i) => ({
    value,
    label: uses.get(short[i]!.toLowerCase()) === 1 ? short[i]! : hashedLabel(label, value, longHash),
  }));
}

/** Names that Windows keeps for devices, whatever their ending. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function isLabel(text: string): boolean {
  const isNumber = text === String(Number(text));
  return (
    text.length <= maximumLabel &&
    (isNumber || /^[A-Za-z0-9_+][A-Za-z0-9._+-]*$/.test(text)) &&
    !text.endsWith('.') &&
    !reserved.test(text) &&
    // A label of ours.
    !/-([0-9a-f]{8}|[0-9a-f]{32})$/.test(text)
  );
}

/** A text that reads like a number, or like true or false. */
function looksOtherwise(value: AxisValue): boolean {
  return typeof value === 'string' && (value === String(Number(value)) || value === 'true' || value === 'false');
}

function hashedLabel(plain: string, value: AxisValue, digits = shortHash): string {
  const readable = plain
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, maximumLabel - 1 - digits);
  const start = reserved.test(readable) ? readable.replace('.', '-') : readable;
  return `${start || 'value'}-${hash('sha256', canonicalValue(value), 'hex').slice(0, digits)}`;
}

/** A value as a text that it alone has. */
export function valueText(value: AxisValue): string {
  return typeof value === 'object' ? canonicalValue(value) : String(value);
}

function plainLabel(value: AxisValue): string {
  if (typeof value !== 'object') return String(value);
  if (value.label !== undefined) return String(value.label);
  return Object.entries(value)
    .map(([key, item]) => `${key}${item}`)
    .join('');
}

/** True if two axis values are the same, whatever the order of their keys. */
export function sameValue(a: AxisValue, b: AxisValue): boolean {
  return canonicalValue(a) === canonicalValue(b);
}

/** The same text for the same value, and another one for any other. Order of keys does not matter. */
export function canonicalValue(value: AxisValue): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Indices of the first two values that are the same, if any are. */
export function duplicateOf(values: readonly AxisValue[]): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const text = canonicalValue(value);
    const first = seen.get(text);
    if (first !== undefined) return [first, i];
    seen.set(text, i);
  }
  return undefined;
}

/** Labels of the points that `wanted` means: the value itself, or else a label. */
export function selectPoints(points: readonly AxisPoint[], wanted: AxisValue): ReadonlySet<string> {
  const same = points.filter(({ value }) => sameValue(value, wanted));
  const found = same.length > 0 ? same : points.filter(({ label }) => label === valueText(wanted));
  return new Set(found.map(({ label }) => label));
}

/** All combinations, the last axis fastest. */
export function product(axes: readonly (readonly [string, readonly AxisPoint[]])[]): Iterable<Point> {
  const [first, ...rest] = axes;
  return first === undefined ? [{}] : combinations(first, rest);
}

function* combinations(
  [name, points]: readonly [string, readonly AxisPoint[]],
  rest: readonly (readonly [string, readonly AxisPoint[]])[],
): Generator<Point> {
  for (const point of points) for (const others of product(rest)) yield { [name]: point, ...others };
}
