import { suggestion } from '../../schema/suggest.js';
import { isMap } from '../../schema/words.js';
import type { Path } from '../../values.js';
import type { Diagnostic } from '../text/diagnostic.js';
import type { Places } from '../text/places.js';
import { hinted } from '../text/reporter.js';

/** A value made of parts of several files. */
export interface Merged {
  readonly value: unknown;
  readonly origin: Origin;
}

/** Where a value is said; the parts of a map may be said elsewhere. */
export interface Origin {
  readonly places: Places;
  readonly path: Path;
  readonly parts?: ReadonlyMap<string | number, Origin>;
}

/** True if the map at this path is merged from both sides; elsewhere the second one replaces the first. */
function isShared(path: Path): boolean {
  const [top, , section] = path;
  if (path.length <= 1)
    return top === undefined || ['params', 'axes', 'profiles', 'include', 'slurm', 'stages'].includes(String(top));
  if (path.length === 2) return top === 'stages' || top === 'profiles';
  return path.length === 3 && top === 'stages' && (section === 'with' || section === 'inputs');
}

export function merge(below: Merged, above: Merged, path: Path): Merged {
  if (path.length === 1 && path[0] === 'expect' && Array.isArray(below.value) && Array.isArray(above.value))
    return mergeExpectations(below, above);
  const [first, second] = [below.value, above.value];
  if (!isMap(first) || !isMap(second) || !isShared(path)) return above;
  const replaced = path.length === 2 && path[0] === 'stages' ? replacedSections(first, second) : [];
  const value: Record<string, unknown> = {};
  const parts = new Map<string | number, Origin>();
  for (const key of new Set([...Object.keys(first), ...Object.keys(second)])) {
    const [has, hadBefore] = [Object.hasOwn(second, key), Object.hasOwn(first, key) && !replaced.includes(key)];
    if (!has && !hadBefore) continue;
    const under = { value: first[key], origin: partOf(below.origin, key) };
    const over = { value: second[key], origin: partOf(above.origin, key) };
    const part = has && hadBefore ? merge(under, over, [...path, key]) : has ? over : under;
    value[key] = part.value;
    parts.set(key, part.origin);
  }
  return { value, origin: { ...above.origin, parts } };
}

/** An expectation takes the place of those below that speak of the same thing, also of itself by another way. */
function mergeExpectations(below: Merged, above: Merged): Merged {
  const linesOf = ({ value, origin }: Merged) =>
    (value as unknown[]).map((line, i) => ({ line, origin: partOf(origin, i) }));
  const over = linesOf(above);
  const replaced = new Set(over.map(({ line }) => subjectOf(line)));
  const all = [...linesOf(below).filter(({ line }) => !replaced.has(subjectOf(line))), ...over];
  const parts = new Map(all.map(({ origin }, i) => [i, origin]));
  return { value: all.map(({ line }) => line), origin: { ...above.origin, parts } };
}

/** What an expectation speaks of: all but its numbers and where they come from. */
function subjectOf(line: unknown): string {
  const { stage, at, metric, when, equals } = isMap(line) ? line : {};
  const sorted = (_: string, value: unknown) =>
    isMap(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  return JSON.stringify([stage, at ?? {}, metric, when ?? {}, equals ?? null], sorted);
}

/**
 * What a null at this path leaves out, in a word; undefined where null is a value, as of a param, or a mistake.
 * What is left out has to be there below.
 */
export function leftOutBy([top, name, section, input]: Path): string | undefined {
  if (top === undefined) return undefined;
  if (name === undefined)
    return [...mapsOfNames.keys(), 'params', 'cache', 'expect'].includes(String(top)) ? 'section' : undefined;
  if (section === undefined) return mapsOfNames.get(String(top));
  if (top !== 'stages') return undefined;
  return input === undefined ? 'section' : section === 'inputs' ? 'input' : undefined;
}

const mapsOfNames: ReadonlyMap<string, string> = new Map([
  ['axes', 'axis'],
  ['profiles', 'profile'],
  ['include', 'included file'],
  ['slurm', 'setting'],
  ['stages', 'stage'],
]);

/** Places in a pipeline, from the top to where nulls leave something out. */
const deepestNull = 4;

/** A null leaves out what is below: where there is nothing, its name is misspelt. */
export function pointlessNulls(below: unknown, above: unknown, places: Places): Diagnostic[] {
  const found: Diagnostic[] = [];
  const compare = (first: unknown, second: unknown, path: Path) => {
    if (!isMap(second) || path.length === deepestNull) return;
    const known = isMap(first) ? first : {};
    for (const [name, said] of Object.entries(second)) {
      const here = [...path, name];
      const what = leftOutBy(here);
      const under = Object.hasOwn(known, name) ? known[name] : null;
      if (said !== null || what === undefined || under !== null) {
        compare(under, said, here);
        continue;
      }
      const message = `There is no ${what} "${name}" to leave out.`;
      const names = Object.keys(known).filter((one) => known[one] !== null);
      const hint = what === 'stage' && name.includes('/') ? 'stages of included files stay' : suggestion(name, names);
      const range = places.keyRange(here);
      found.push({ severity: 'error', code: 'E_NOTHING', message, range, ...hinted(hint) });
    }
  };
  compare(below, above, []);
  return found;
}

/** A stage that becomes another one, or a command, has no use for the parameters and outputs of what it was. */
function replacedSections(first: Record<string, unknown>, second: Record<string, unknown>): readonly string[] {
  if (second.run !== undefined) return ['uses', 'with', 'shell'];
  return second.uses !== undefined && second.uses !== first.uses ? ['run', 'shell', 'with', 'outputs'] : [];
}

export function partOf({ places, path, parts }: Origin, key: string | number): Origin {
  return parts?.get(key) ?? { places, path: [...path, key] };
}

/** Without what is null to leave it out, and what is expected of such stages. */
export function withoutNulls(merged: Merged): Merged {
  const { value, origin } = merged;
  // A file that extends none has nothing to leave out.
  if (origin.parts === undefined || !isMap(value)) return merged;
  const kept = pruned(value, []) as Readonly<Record<string, unknown>>;
  if (!isMap(value.stages) || !Array.isArray(kept.expect)) return { value: kept, origin };
  const gone = Object.entries(value.stages).flatMap(([name, stage]) => (stage === null ? [name] : []));
  const speaksOfGone = (line: unknown): boolean =>
    isMap(line) && (gone.some((name) => name === line.stage) || speaksOfGone(line.equals));
  const lines = [...(kept.expect as unknown[]).entries()].filter(([, line]) => !speaksOfGone(line));
  const all = partOf(origin, 'expect');
  const expect: Origin = { ...all, parts: new Map(lines.map(([index], at) => [at, partOf(all, index)])) };
  return {
    value: { ...kept, expect: lines.map(([, line]) => line) },
    origin: { ...origin, parts: new Map([...origin.parts, ['expect', expect]]) },
  };
}

function pruned(value: unknown, path: Path): unknown {
  if (!isMap(value) || path.length === deepestNull) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, inner, [...path, key]] as const);
  return Object.fromEntries(
    entries
      .filter(([, inner, here]) => inner !== null || leftOutBy(here) === undefined)
      .map(([key, inner, here]) => [key, pruned(inner, here)]),
  );
}
