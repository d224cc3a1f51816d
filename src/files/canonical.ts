import { StoreError } from './error.js';

/**
 * The one JSON text of a value: RFC 8785 (keys sorted by UTF-16 code units, numbers as ECMAScript writes them, no white
 * space). What JSON would change in silence is an error instead: NaN, infinities, -0, undefined, functions, dates, maps
 * and other class instances, strings with half a surrogate pair, values that contain themselves.
 *
 * @throws StoreError `E_CANONICAL`, naming the place, such as `parameters.rates[2]`.
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value, 0)) {
    const text = JSON.stringify(value);
    // Half a surrogate pair.
    if (!text.includes('\\ud')) return text;
  }
  try {
    return write(value, []);
  } catch (error) {
    throw error instanceof Problem ? problem(error) : error;
  }
}

/** What lies deeper may contain itself. */
const deepest = 20;

/**
 * True for values whose canonical JSON is what `JSON.stringify` makes of them, but for halves of characters: with keys in
 * order, and nothing that JSON would change. To find that out and have it written takes a third of the time of writing it.
 */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > deepest) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isInOrder(value[index], depth + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let before: string | undefined;
  for (const key in value) {
    if (before !== undefined && key < before) return false;
    before = key;
    const item: unknown = (value as Record<string, unknown>)[key];
    if (typeof item !== 'string' && !isInOrder(item, depth + 1)) return false;
  }
  return true;
}

/** The same value with 0 in the place of -0, for numbers where the sign of zero means nothing. */
export function withoutNegativeZero<T>(value: T): T {
  if (value === 0) return 0 as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNegativeZero) as T;
  if (Object.keys(value).length === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutNegativeZero(item as unknown)]),
  ) as T;
}

/** Text that JSON puts between quotes as it is: most is, and to find that out is faster than to have it written. */
const asItIs = /^[ !#-[\]-~]*$/;

/** Names as JSON has them, with the colon: of ten thousand values most have the same few. */
const names = new Map<string, string>();
const mostNames = 1000;

/** What is wrong with a value, and where it is in those around it, the outermost last. */
class Problem extends Error {
  readonly path: (string | number)[] = [];
}

/** @param open the values around this one: one that is among them contains itself */
function write(value: unknown, open: object[]): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0))
        throw new Problem(`is ${Object.is(value, -0) ? '-0' : value}, which JSON can't hold`);
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, open);
    default:
      throw new Problem(`is of type ${typeof value}, which JSON can't hold`);
  }
}

function quoted(text: string): string {
  if (asItIs.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new Problem('is a string with half a character');
  return JSON.stringify(text);
}

function writeObject(value: object, open: object[]): string {
  if (open.includes(value)) throw new Problem('contains itself');
  open.push(value);
  const text = Array.isArray(value) ? writeList(value, open) : writeMap(value, open);
  open.pop();
  return text;
}

function writeList(list: readonly unknown[], open: object[]): string {
  let text = '';
  let index = 0;
  try {
    // By index, not map(): it skips holes, which are undefined to everybody who reads them.
    for (; index < list.length; index++) text += (index === 0 ? '[' : ',') + write(list[index], open);
  } catch (error) {
    throw within(index, error);
  }
  return text === '' ? '[]' : `${text}]`;
}

function writeMap(map: object, open: object[]): string {
  checkPlain(map);
  const keys = Object.keys(map);
  if (!isSorted(keys)) keys.sort();
  let text = '';
  for (const key of keys) {
    text += (text === '' ? '{' : ',') + nameOf(key);
    try {
      text += write((map as Record<string, unknown>)[key], open);
    } catch (error) {
      throw within(key, error);
    }
  }
  return text === '' ? '{}' : `${text}}`;
}

function nameOf(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `${quoted(key)}:`;
  if (names.size < mostNames) names.set(key, name);
  return name;
}

function within(step: string | number, error: unknown): unknown {
  if (error instanceof Problem) error.path.push(step);
  return error;
}

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! > keys[index]!) return false;
  return true;
}

function checkPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype's own prototype, because a plain object may come from another realm (such as node:vm).
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new Problem(`is a ${value.constructor?.name ?? 'class instance'}, which JSON can't hold`);
}

function problem({ path, message }: Problem): StoreError {
  const steps = path.reverse().map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  const place = steps.join('').replace(/^\./, '');
  return new StoreError('E_CANONICAL', `The value ${place === '' ? '' : `at ${place} `}${message}.`);
}
