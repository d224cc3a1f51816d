import { check } from '../../schema/check.js';
import { suggestion } from '../../schema/suggest.js';
import { placeName } from '../../schema/words.js';
import type { AxisValue, Json, Path } from '../../values.js';
import type { Diagnostic } from '../text/diagnostic.js';
import { duplicateOf } from './axes.js';
import { AxisListSchema, type PipelineFile } from './schema.js';

export type Params = { [name: string]: Json };
export type Axes = { [name: string]: AxisValue[] };

/** Params and axes that hold for this call. */
export interface Settings {
  readonly params: Params;
  readonly axes: Axes;
  /** Axes that are declared to be repetition, in the order of the file. */
  readonly repeat: readonly string[];
  /** Where the file says a param or axis, by name; those of `--set` are missing. */
  readonly places: ReadonlyMap<string, Path>;
  /** What is wrong with the call. It has no place in the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Names that the files have that a file includes: one that is mistyped may be one of them. */
export interface IncludedNames {
  readonly profiles: readonly string[];
  readonly settings: readonly string[];
}

/** Params and axes after the profile and `--set`. */
export async function applyCall(
  file: PipelineFile,
  call: { readonly profile?: string; readonly set?: readonly string[] },
  included: IncludedNames,
): Promise<Settings> {
  const params = { ...(file.params as Params | undefined) };
  const declared = Object.entries(file.axes ?? {});
  const axes: Axes = Object.fromEntries(
    declared.map(([name, axis]) => [name, Array.isArray(axis) ? axis : axis.values]),
  );
  const repeat = declared.flatMap(([name, axis]) => (!Array.isArray(axis) && axis.repeat === true ? [name] : []));
  const places = new Map<string, Path>([
    ...Object.keys(params).map((name) => [`params.${name}`, ['params', name]] as const),
    ...declared.map(([name, axis]) => [name, axisPath(name, axis)] as const),
  ]);
  const diagnostics: Diagnostic[] = [];
  const mistake: Mistake = (code, message, hint) =>
    diagnostics.push({ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) });

  if (call.profile !== undefined) applyProfile(file, included, call.profile, params, places, mistake);
  // Loaded here, because most calls set nothing, and the parser is large.
  const { set = [] } = call;
  const readSetting = set.length === 0 ? undefined : (await import('./setting.js')).readSetting;
  for (const pair of set) {
    const setting = readSetting!(pair);
    if ('problem' in setting) {
      const { message, hint = "write --set name=value, such as --set epochs=2 or --set 'noise=[0, 0.3]'" } =
        setting.problem;
      mistake('E_SET', message === undefined ? `--set ${pair} can't be read.` : `--set ${pair}: ${message}`, hint);
      continue;
    }
    const { name, value } = setting;
    if (Object.hasOwn(params, name)) {
      params[name] = value;
      places.delete(`params.${name}`);
    } else if (Object.hasOwn(axes, name)) {
      const problem = axisProblem(name, value);
      if (problem !== undefined) {
        const hint = `write the list of its values, such as --set '${name}=[${axes[name]!.map(show).join(', ')}]'`;
        mistake('E_SET', `--set ${name}: ${problem}.`, hint);
      } else {
        axes[name] = value as AxisValue[];
        places.delete(name);
      }
    } else {
      const known = [...Object.keys(params), ...Object.keys(axes), ...included.settings];
      const hint = suggestion(name, [...new Set(known)]);
      mistake('E_SET', `--set ${name}: there is no param or axis "${name}".`, hint);
    }
  }
  return { params, axes, repeat, places, diagnostics };
}

/** Adds a mistake in the call. */
type Mistake = (code: string, message: string, hint?: string) => void;

/** Takes the params of a profile in place of the file's own. */
function applyProfile(
  file: PipelineFile,
  included: IncludedNames,
  profile: string,
  params: Params,
  places: Map<string, Path>,
  mistake: Mistake,
): void {
  const profiles = file.profiles ?? {};
  if (Object.hasOwn(profiles, profile)) {
    Object.assign(params, profiles[profile]);
    for (const name of Object.keys(profiles[profile]!)) places.set(`params.${name}`, ['profiles', profile, name]);
  } else {
    const known = [...new Set([...Object.keys(profiles), ...included.profiles])];
    const hint = known.length === 0 ? 'the file declares no profiles' : suggestion(profile, known);
    mistake('E_UNKNOWN_PROFILE', `There is no profile "${profile}".`, hint);
  }
}

/** Where the file lists the values of an axis. */
const axisPath = (name: string, axis: unknown): Path => ['axes', name, ...(Array.isArray(axis) ? [] : ['values'])];

function axisProblem(name: string, value: Json): string | undefined {
  const [violation] = check(AxisListSchema, value);
  if (violation !== undefined) return `${placeName([name, ...violation.path])} ${violation.message}`;
  const values = value as AxisValue[];
  const [, second] = duplicateOf(values) ?? [];
  return second === undefined ? undefined : `${show(values[second]!)} is listed twice`;
}

const show = (value: AxisValue) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
