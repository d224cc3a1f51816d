import { isMap, stageCalled } from '../../schema/words.js';
import type { StageDefinition } from '../../stage/definition.js';
import { needWords, unmetNeeds, type Way } from '../../stage/needs.js';
import type { CheckedStage } from '../check/checked.js';
import type { Problems } from './problems.js';

/**
 * Reports what a stage needs in one of several ways, and is not given in any of them.
 * @returns the parameters that were told of
 */
export function checkNeeds(
  { name, path, file }: CheckedStage,
  { needs = [] }: StageDefinition,
  parameters: Readonly<Record<string, unknown>>,
  problems: Problems,
): ReadonlySet<string> {
  const told = new Set<string>();
  const given = { parameters, inputs: Object.keys(file.inputs ?? {}) };
  for (const { need, because } of unmetNeeds(needs, given)) {
    const [first] = need.anyOf;
    const what = `${stageCalled(name, file.uses)} needs ${needWords(need)}`;
    const message = because === undefined ? what : `${what} for ${because}`;
    const section = first!.parameters === undefined ? 'inputs' : 'with';
    const code = section === 'with' ? 'E_MISSING_KEY' : 'E_MISSING_INPUT';
    const at = { path: [...path, section], key: true };
    problems.report(code, message, at, {
      ...{ about: what, swept: because !== undefined, hint: `add ${lineOf(first!, file)}` },
    });
    for (const { parameters: ways = {} } of need.anyOf) for (const parameter of Object.keys(ways)) told.add(parameter);
  }
  return told;
}

/** What to write for it, as a part of what is there. */
function lineOf({ parameters = {}, inputs = [] }: Way, file: CheckedStage['file']): string {
  const isMissing = (section: 'with' | 'inputs', name: string) => !Object.hasOwn(file[section] ?? {}, name);
  const values = Object.entries(parameters).filter(([name]) => isMissing('with', name));
  const artifacts = inputs.filter((input) => isMissing('inputs', input));
  const sections = [
    { name: 'with', lines: values.map(([name, value]) => `${name}: ${flow(value)}`) },
    { name: 'inputs', lines: artifacts.map((input) => `${input}: STAGE`) },
  ] as const;
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ name, lines }) => (file[name] === undefined ? `${name}: { ${lines.join(', ')} }` : lines.join(', ')))
    .join(' and ');
}

/** A value as YAML has it in one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (!isMap(value)) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')} }`;
}
