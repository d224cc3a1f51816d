import type { Diagnostic } from './diagnostic.js';
import type { Path, Places } from './places.js';
import { hinted } from './reporter.js';
import { suggestion } from './suggest.js';
import { isMap } from './words.js';

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

/** Is the map at this path put together from both sides? Elsewhere the second one replaces the first. */
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

/** A null leaves out what is below: where there is nothing, its name is misspelt. */
export function pointlessNulls(below: unknown, above: unknown, places: Places): Diagnostic[] {
  const found: Diagnostic[] = [];
  const compare = (first: unknown, second: unknown, path: Path, what: string) => {
    const [known, said] = [isMap(first) ? first : {}, isMap(second) ? second : {}];
    for (const name of Object.keys(said)) {
      if (said[name] !== null || (Object.hasOwn(known, name) && known[name] !== null)) continue;
      const message = `There is no ${what} "${name}" to leave out.`;
      const names = Object.keys(known).filter((one) => known[one] !== null);
      const hint = name.includes('/') ? 'stages of included files stay' : suggestion(name, names);
      const range = places.keyRange([...path, name]);
      found.push({ severity: 'error', code: 'E_NOTHING', message, range, ...hinted(hint) });
    }
  };
  const [{ stages: first }, { stages: second }] = [isMap(below) ? below : {}, isMap(above) ? above : {}] as const;
  compare(first, second, ['stages'], 'stage');
  for (const [name, stage] of isMap(second) ? Object.entries(second) : []) {
    const under = isMap(first) && isMap(first[name]) ? first[name].inputs : undefined;
    if (isMap(stage)) compare(under, stage.inputs, ['stages', name, 'inputs'], 'input');
  }
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

/** Without stages and inputs that are null, and what is expected of such stages. */
export function withoutNulls(merged: Merged): Merged {
  const { value, origin } = merged;
  // A file that extends none has nothing to leave out.
  if (origin.parts === undefined || !isMap(value) || !isMap(value.stages)) return merged;
  const entries = Object.entries(value.stages);
  const stages = entries
    .filter(([, stage]) => stage !== null)
    .map(([name, stage]) => [name, withoutInputs(stage)] as const);
  const gone = entries.flatMap(([name, stage]) => (stage === null ? [name] : []));
  const speaksOfGone = (line: unknown): boolean =>
    isMap(line) && (gone.includes(String(line.stage)) || speaksOfGone(line.equals));
  const lines = Array.isArray(value.expect) ? [...(value.expect as unknown[]).entries()] : [];
  const kept = lines.filter(([, line]) => !speaksOfGone(line));
  const all = partOf(origin, 'expect');
  const expect: Origin = { ...all, parts: new Map(kept.map(([index], at) => [at, partOf(all, index)])) };
  return {
    value: {
      ...value,
      stages: Object.fromEntries(stages) as unknown,
      ...(lines.length > 0 ? { expect: kept.map(([, line]) => line) } : {}),
    },
    origin: { ...origin, parts: new Map([...origin.parts, ['expect', expect]]) },
  };
}

function withoutInputs(stage: unknown): unknown {
  if (!isMap(stage) || !isMap(stage.inputs)) return stage;
  return { ...stage, inputs: Object.fromEntries(Object.entries(stage.inputs).filter(([, input]) => input !== null)) };
}
