import { check, type Violation } from '../../schema/check.js';
import { suggestion } from '../../schema/suggest.js';
import { isMap, placeName } from '../../schema/words.js';
import type { Path } from '../../values.js';
import { declares, type FileTree } from '../compose/include.js';
import { leftOutBy } from '../compose/merge.js';
import { hinted, type Reporter } from '../text/reporter.js';
import { duplicateOf } from './axes.js';
import type { Settings } from './call.js';
import { type PipelineFile, PipelineSchema } from './schema.js';

const shape = 'a pipeline is a map with `name:` and `stages:`';

/**
 * Checks the file against its schema. What is wrong inside a stage or an expectation is taken out, so that the rest
 * can be checked; what is wrong elsewhere would make consequences everywhere: then the result is undefined.
 */
export function checkFormat(value: unknown, reporter: Reporter): PipelineFile | undefined {
  // A file may consist of parts alone.
  if (isMap(value) && value.include !== undefined && value.stages === undefined) Object.assign(value, { stages: {} });
  const violations = check(PipelineSchema, value);
  for (const { path, atKey, code, message, hint } of violations) {
    const named = placeName(path.slice(typeof path.at(-1) === 'number' ? -2 : -1));
    const subject = path.length === 0 ? 'The file' : named;
    reporter.error(
      code,
      atKey ? message : `${subject} ${message}`,
      { path, key: atKey && typeof path.at(-1) === 'string' },
      hinted(path.length === 0 && !atKey ? shape : (nullHint(value, path, hint) ?? hint)),
    );
  }
  let sound = true;
  for (const violation of violations) sound = takeOut(value, violation) && sound;
  return sound ? (value as PipelineFile) : undefined;
}

/** What a null would do that stands where it leaves something out: only in a file that extends none is it still there. */
function nullHint(file: unknown, path: Path, hint?: string): string | undefined {
  const found = path.reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], file);
  if (found !== null) return undefined;
  if (path[0] === 'expect' && path.length === 2)
    return 'A null does not leave out a single expectation. To leave out all that the files under extends: expect, write expect: null.';
  if (leftOutBy(path) === undefined) return undefined;
  const nothing = 'A null leaves out what the files under extends: say. This file extends none.';
  return hint === undefined ? nothing : `${hint} ${nothing}`;
}

/** Removes the section of a stage, the stage, or the expectation that is wrong. Returns true if the rest is of use. */
function takeOut(file: unknown, { path }: Violation): boolean {
  const [top, name, section] = path;
  if (top === 'expect' && typeof name === 'number') delete (file as { expect: unknown[] }).expect[name];
  else if (top === 'stages' && name !== undefined) {
    const { stages } = file as { stages: Record<string, Record<string, unknown>> };
    const stage = stages[name];
    if (section === undefined || stage === undefined) stages[name] = {};
    else delete stage[section];
  } else return ['name', 'description', 'cache', 'slurm'].includes(String(top));
  return true;
}

/** A profile may only set what the file declares, or a misspelt name would do nothing. */
export function checkProfiles({ profiles = {}, params = {} }: PipelineFile, reporter: Reporter): void {
  for (const [profile, values] of Object.entries(profiles))
    for (const name of Object.keys(values))
      if (!Object.hasOwn(params, name)) {
        const hint = suggestion(name, Object.keys(params)) ?? 'declare it under params:';
        const at = { path: ['profiles', profile, name], key: true };
        reporter.error('E_UNKNOWN_PARAM', `The profile sets "${name}", which is not in params`, at, { hint });
      }
}

/** Stages and parts have folders beside one another, and some file systems do not tell capitals: macOS's, Windows's. */
export function checkCapitals({ stages }: PipelineFile, { parts }: FileTree, reporter: Reporter): void {
  const places: Path[] = [
    ...Object.keys(stages).map((name) => ['stages', name]),
    ...[...parts.keys()].map((name) => ['include', name]),
  ];
  const folders = new Map<string, Path>();
  for (const path of places) {
    const name = String(path[1]);
    const folder = name.toLowerCase();
    const before = folders.get(folder);
    if (before === undefined) folders.set(folder, path);
    else if (before[1] !== name) {
      const related = [{ message: `"${before[1]}" is here`, range: reporter.source.keyRange(before) }];
      const message = `"${before[1]}" and "${name}" have the same folder on file systems that ignore case`;
      reporter.error('E_DUPLICATE', message, { path, key: true }, { related, hint: 'rename one of them' });
    }
  }
}

/** Names of parts are folders beside those of stages; and a profile must not be left out by some of them in silence. */
export function checkParts(
  { stages, profiles = {} }: PipelineFile,
  { content, parts }: FileTree,
  profile: string | undefined,
  reporter: Reporter,
): void {
  const all = [...parts.values()];
  const isKnown =
    profile !== undefined &&
    (Object.hasOwn(profiles, profile) || all.some((part) => declares(part, ['profiles'], profile)));
  for (const [name, part] of parts) {
    const path = ['include', name];
    if (Object.hasOwn(stages, name)) {
      const related = [{ message: 'the stage is here', range: content.places.keyRange(['stages', name]) }];
      const message = `There is also a stage "${name}"`;
      reporter.error('E_DUPLICATE', message, { path, key: true }, { related, hint: 'rename one of them' });
    }
    if (isKnown && !declares(part, ['profiles'], profile)) {
      const hint = `if nothing changes there, write profiles: { ${profile}: {} }`;
      reporter.error('E_UNKNOWN_PROFILE', `This file has no profile "${profile}"`, { path }, { hint });
    }
  }
}

const reserved = ['params', 'inputs', 'outputs'];

/** True if the axes can be used. */
export function checkAxes({ axes, params, places }: Settings, reporter: Reporter): boolean {
  const before = reporter.diagnostics.length;
  for (const [axis, values] of Object.entries(axes)) {
    if (reserved.includes(axis)) {
      const at = { path: ['axes', axis], key: true };
      reporter.error('E_AXIS', `An axis can't be called "${axis}": expressions mean something else by it`, at);
    }
    if (Object.hasOwn(params, axis)) {
      const related = [{ message: 'the param is here', range: reporter.source.keyRange(['params', axis]) }];
      const at = { path: ['axes', axis], key: true };
      // --set and expressions would mean one of them.
      reporter.error('E_DUPLICATE', `There is also a param "${axis}"`, at, { related, hint: 'rename one of them' });
    }
    const [first, second] = duplicateOf(values) ?? [];
    if (first === undefined || second === undefined) continue;
    const list = places.get(axis) ?? ['axes', axis];
    const related = [{ message: 'first here', range: reporter.source.range([...list, first]) }];
    const at = { path: [...list, second] };
    reporter.error('E_DUPLICATE', 'This value is on the axis twice', at, { related, hint: 'remove one of them' });
  }
  return reporter.diagnostics.length === before;
}
