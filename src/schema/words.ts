import type { Path } from '../values.js';

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'empty',
};

/** A type of JSON Schema, or several, in the user's words. */
export function kindOf(type: unknown): string {
  return listed([type].flat().map((name) => kinds[String(name)] ?? String(name)));
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? 'something else';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** A value as the user would recognise it, shortened. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 37)}…"` : `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : String(value);
}

/** End of a sentence that said what a value must be. */
export function notThis(value: unknown): string {
  return value === null || value === undefined ? ', but it is empty' : `, not ${show(value)}`;
}

/** `"train"`, or `"resume" (train)` where a stage is named otherwise than what it uses. */
export function stageCalled(name: string, uses: string | undefined): string {
  return uses === undefined || uses === name ? `"${name}"` : `"${name}" (${uses})`;
}

/** What a description says after a colon; names in capitals stay as they are. */
export function described(description: string | undefined): string {
  if (description === undefined) return '';
  return `: ${/^[A-Z][a-z]/.test(description) ? description[0]!.toLowerCase() + description.slice(1) : description}`;
}

/** A place in a value by name: `epochs`, `precision.k`, `item 2 of "formats"`. */
export function placeName(path: Path): string {
  const last = path.at(-1);
  if (typeof last !== 'number') return `"${path.join('.')}"`;
  return path.length === 1 ? `Item ${last + 1}` : `Item ${last + 1} of ${placeName(path.slice(0, -1))}`;
}

/** More values than this are not listed. */
const shownValues = 12;

/** What an axis has, for hints. */
export function valuesOf(labels: readonly string[]): string {
  return `its values are ${labels.slice(0, shownValues).join(', ')}${labels.length > shownValues ? ', …' : ''}`;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How an expression is written, where a value was probably meant as one. */
export function expressionHint(value: unknown): string | undefined {
  const inside = typeof value === 'string' ? /^\$?\{+\s*([\w.-]+)\s*\}+$/.exec(value)?.[1] : undefined;
  return inside === undefined ? undefined : `an expression is written \${{ ${inside} }}`;
}

const switches: Readonly<Record<string, boolean>> = { yes: true, on: true, no: false, off: false };

/** How to write the value that was probably meant, where its type is none of those wanted. */
export function typeHint(wanted: readonly unknown[], value: unknown): string | undefined {
  const wants = (...types: string[]) => types.some((type) => wanted.includes(type));
  if (typeof value === 'string') {
    const written = value.replace(/_/g, '');
    if (wants('number', 'integer') && written.trim() !== '' && Number.isFinite(Number(written)))
      return Number.isInteger(Number(written)) && !Number.isSafeInteger(Number(written))
        ? wants('number')
          ? `write ${Number(written).toExponential()}, the nearest number`
          : 'no number holds it exactly: write one below 2^53'
        : `write ${written}, without quotes`;
    if (wants('number', 'integer') && /^[-+]?(\.?inf(inity)?|\.?nan|[\d.]+e\+?\d+)$/i.test(written))
      return 'only a number that can be computed with may stand here';
    const meant = switches[value.toLowerCase()];
    if (wants('boolean') && meant !== undefined) return `write ${meant}`;
  }
  if (
    wanted.every((type) => type === 'string' || type === 'array') &&
    wants('string') &&
    (typeof value === 'number' || typeof value === 'boolean')
  )
    return `write '${value}', quoted`;
  if (wants('array') && !wants('object') && (typeof value === 'string' || typeof value === 'number'))
    return `write [${value}]`;
  return undefined;
}
