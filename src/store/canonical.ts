import { StoreError } from './error.js';

/**
 * The one JSON text of a value: RFC 8785 (keys sorted by UTF-16 code units, numbers as ECMAScript writes them, no white
 * space). What JSON would change in silence is an error instead: NaN, infinities, -0, undefined, functions, dates, maps
 * and other class instances, strings with half a surrogate pair, values that contain themselves.
 *
 * @throws StoreError `E_CANONICAL`, naming the place, such as `parameters.rates[2]`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, [], new Set());
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

function write(value: unknown, path: readonly (string | number)[], open: Set<object>): string {
  switch (typeof value) {
    case 'string':
      if (/\p{Surrogate}/u.test(value)) throw problem(path, 'is a string with half a character');
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0))
        throw problem(path, `is ${Object.is(value, -0) ? '-0' : value}, which JSON can't hold`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return writeObject(value, path, open);
    default:
      throw problem(path, `is of type ${typeof value}, which JSON can't hold`);
  }
}

function writeObject(value: object, path: readonly (string | number)[], open: Set<object>): string {
  if (open.has(value)) throw problem(path, 'contains itself');
  open.add(value);
  let text: string;
  if (Array.isArray(value)) {
    // Not map(): it skips holes, which are undefined to everybody who reads them.
    text = `[${Array.from(value, (item, index) => write(item, [...path, index], open)).join(',')}]`;
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    // The prototype's own prototype, because a plain object may come from another realm (such as node:vm).
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw problem(path, `is a ${value.constructor?.name ?? 'class instance'}, which JSON can't hold`);
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const fields = entries.map(([key, item]) => `${write(key, path, open)}:${write(item, [...path, key], open)}`);
    text = `{${fields.join(',')}}`;
  }
  open.delete(value);
  return text;
}

function problem(path: readonly (string | number)[], what: string): StoreError {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return new StoreError('E_CANONICAL', `The value ${place === '' ? '' : `at ${place.replace(/^\./, '')} `}${what}.`);
}
