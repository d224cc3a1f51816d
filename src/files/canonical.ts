import { StoreError } from './error.js';

/**
 * The one JSON text of a value: RFC 8785 (keys sorted by UTF-16 code units, numbers as ECMAScript writes them, no white
 * space). What JSON would change in silence is an error instead: NaN, infinities, -0, undefined, functions, dates, maps
 * and other class instances, strings with half a surrogate pair, values that contain themselves.
 *
 * @throws StoreError `E_CANONICAL`, naming the place, such as `parameters.rates[2]`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, { path: [], open: [] });
}

/** The same value with 0 in the place of -0, for numbers where the sign of zero means nothing. */
export function withoutNegativeZero<T>(value: T): T {
  if (value === 0) return 0 as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNegativeZero) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutNegativeZero(item as unknown)]),
  ) as T;
}

/** Text that JSON puts between quotes as it is: most is, and to find that out is faster than to have it written. */
const asItIs = /^[ !#-[\]-~]*$/;

/** Where the writer is: for errors, and to notice values that contain themselves. */
interface Place {
  readonly path: (string | number)[];
  readonly open: object[];
}

function write(value: unknown, place: Place): string {
  switch (typeof value) {
    case 'string':
      if (asItIs.test(value)) return `"${value}"`;
      if (!value.isWellFormed()) throw problem(place, 'is a string with half a character');
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0))
        throw problem(place, `is ${Object.is(value, -0) ? '-0' : value}, which JSON can't hold`);
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, place);
    default:
      throw problem(place, `is of type ${typeof value}, which JSON can't hold`);
  }
}

function writeObject(value: object, place: Place): string {
  const { path, open } = place;
  if (open.includes(value)) throw problem(place, 'contains itself');
  open.push(value);
  let text = '';
  if (Array.isArray(value)) {
    // By index, not map(): it skips holes, which are undefined to everybody who reads them.
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      text += `${index === 0 ? '[' : ','}${write(value[index], place)}`;
      path.pop();
    }
    text = value.length === 0 ? '[]' : `${text}]`;
  } else {
    checkPlain(value, place);
    const keys = Object.keys(value);
    if (!isSorted(keys)) keys.sort();
    for (const key of keys) {
      const name = write(key, place);
      path.push(key);
      text += `${text === '' ? '{' : ','}${name}:${write((value as Record<string, unknown>)[key], place)}`;
      path.pop();
    }
    text = keys.length === 0 ? '{}' : `${text}}`;
  }
  open.pop();
  return text;
}

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! > keys[index]!) return false;
  return true;
}

function checkPlain(value: object, place: Place): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype's own prototype, because a plain object may come from another realm (such as node:vm).
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw problem(place, `is a ${value.constructor?.name ?? 'class instance'}, which JSON can't hold`);
}

function problem({ path }: Place, what: string): StoreError {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return new StoreError('E_CANONICAL', `The value ${place === '' ? '' : `at ${place.replace(/^\./, '')} `}${what}.`);
}
