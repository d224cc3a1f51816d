import { isMap, listed } from '../schema/words.js';
import type { Json } from '../values.js';

/** One way to meet a need: all that it names is given. */
export interface Way<P = Readonly<Record<string, unknown>>, I extends string = string> {
  /** Parameters, each with a value that shows how it is written. */
  readonly parameters?: Readonly<Partial<P>>;
  readonly inputs?: readonly I[];
}

/** What a stage must be given in one of several ways: what neither the schema of one parameter nor `optional` can say. */
export interface Need<P = Readonly<Record<string, unknown>>, I extends string = string> {
  /** The first is the one that is suggested where none is there. */
  readonly anyOf: readonly Way<P, I>[];
  /** Only where these parameters are one of the values, or lists with one of them. Default: always. */
  readonly when?: { readonly [N in keyof P]?: readonly Json[] };
  /** Not where all of these are, or one of them is missing itself. Default: never. */
  readonly unless?: { readonly [N in keyof P]?: readonly Json[] };
}

/** What a call of a stage gives it. */
export interface Given {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
}

/** The needs that are not met, with the values that make them needs, such as `formats: onnx`. */
export function unmetNeeds(
  needs: readonly Need[],
  given: Given,
): readonly { readonly need: Need; readonly because?: string }[] {
  return needs.flatMap((need) => {
    const { anyOf, when = {}, unless = {} } = need;
    const met = anyOf.some(({ parameters = {}, inputs = [] }) => {
      const isThere = (name: string) => given.parameters[name] !== undefined;
      return Object.keys(parameters).every(isThere) && inputs.every((name) => given.inputs.includes(name));
    });
    const others = Object.keys(unless);
    const isOpen = others.some((name) => given.parameters[name] === undefined);
    if (met || isOpen || (others.length > 0 && reasons(unless, given).length === others.length)) return [];
    const asked = reasons(when, given);
    if (asked.length < Object.keys(when).length) return [];
    const because = [...asked, ...others.flatMap((name) => plainValue(name, given.parameters[name]))];
    return [{ need, ...(because.length === 0 ? {} : { because: because.join(' and ') }) }];
  });
}

/** Of the parameters that are one of the values, or lists with some of them, which these are. */
function reasons(wanted: NonNullable<Need['when']>, { parameters }: Given): readonly string[] {
  return Object.entries(wanted).flatMap(([name, values = []]) => {
    const found = [parameters[name]].flat().filter((value) => values.includes(value as Json));
    return found.length === 0 ? [] : [`${name}: ${found.join(', ')}`];
  });
}

/** Of a value that makes a need, as long as it can be told in a few words. */
const plainValue = (name: string, value: unknown): readonly string[] =>
  typeof value === 'object' ? [] : [`${name}: ${String(value)}`];

/** All ways in words, such as `the parameter "network" or the input "checkpoint"`. */
export function needWords({ anyOf }: Need): string {
  const ways = anyOf.map(({ parameters = {}, inputs = [] }) => {
    const parts = [...several('parameter', Object.keys(parameters)), ...several('input', inputs)];
    return parts.join(' with ');
  });
  // The input "a", the input "b" → the input "a", "b".
  return listed(ways.map((way, i) => (sameKind(ways[i - 1], way) ? way.slice(way.indexOf('"')) : way)));
}

/** Where it is one, such as `"formats" has nir`; `–` if everywhere. */
export function conditionWords({ when = {}, unless = {} }: Need): string {
  const words = (wanted: NonNullable<Need['when']>, is: string) =>
    Object.entries(wanted).map(([name, values = []]) => `"${name}" ${is} ${listed(values.map(String))}`);
  return [...words(when, 'has'), ...words(unless, 'is given and not')].join(' and ') || '–';
}

function several(kind: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [`the ${kind}${names.length > 1 ? 's' : ''} ${names.map((name) => `"${name}"`).join(' and ')}`];
}

function sameKind(before: string | undefined, way: string): boolean {
  return before !== undefined && before.slice(0, before.indexOf('"')) === way.slice(0, way.indexOf('"'));
}

/** What is wrong with what a user's definition says it needs, one phrase a problem. */
export function needProblems(
  needs: unknown,
  parameters: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, unknown>>,
): readonly string[] {
  const form = 'needs must be a list of { anyOf: [{ parameters: { NAME: EXAMPLE }, inputs: [NAME] }], when, unless }';
  if (!Array.isArray(needs)) return [form];
  const problems = new Set<string>();
  const known = (kind: string, names: readonly unknown[], all: object) => {
    for (const name of names)
      if (!Object.hasOwn(all, String(name))) problems.add(`needs names the ${kind} "${String(name)}", which is none`);
  };
  for (const need of needs as readonly unknown[]) {
    if (!isMap(need) || !Array.isArray(need.anyOf) || need.anyOf.length === 0 || !need.anyOf.every(isMap))
      return [form];
    for (const way of need.anyOf as readonly Readonly<Record<string, unknown>>[]) {
      const { parameters: examples = {}, inputs: names = [] } = way;
      if (!isMap(examples) || !Array.isArray(names) || Object.keys(examples).length + names.length === 0) return [form];
      known('parameter', Object.keys(examples), parameters);
      known('input', names, inputs);
    }
    for (const condition of [need.when ?? {}, need.unless ?? {}]) {
      if (!isMap(condition) || !Object.values(condition).every(Array.isArray)) return [form];
      known('parameter', Object.keys(condition), parameters);
    }
  }
  return [...problems];
}
