import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { check, type Violation } from '../../schema/check.js';
import { described, expressionHint, placeName, stageCalled } from '../../schema/words.js';
import type { InputOrigin, InputProblem, ParameterProblem, StageDefinition } from '../../stage/definition.js';
import { filePathsIn } from '../../stage/file-path.js';
import type { Json, Path } from '../../values.js';
import type { Settings } from '../check/call.js';
import type { CheckedStage } from '../check/checked.js';
import { type Expression, evaluate, parseTemplate, type Scope } from '../check/expressions.js';
import type { SourceRange } from '../text/diagnostic.js';
import type { Places } from '../text/places.js';
import { checkNeeds } from './needs.js';
import type { Problems } from './problems.js';

/** What a stage's parameters depend on at one point of the axes. */
export interface PointContext {
  readonly scope: Scope;
  readonly origins: Origins;
  /** What makes the inputs, where that is known. */
  readonly inputs: Readonly<Record<string, InputOrigin>>;
  /** What paths of the pipeline are relative to. */
  readonly folder: string;
}

/** `with:` at one point of the axes: expressions evaluated, checked, defaults filled in. */
export function checkParameters(
  stage: CheckedStage,
  definition: StageDefinition,
  { scope, origins, inputs, folder }: PointContext,
  problems: Problems,
): { readonly [name: string]: Json } {
  const given = stage.file.with ?? {};
  const root = [...stage.path, 'with'];
  let failed = false;
  const parameters = evaluate(given, scope, (problem, path) => {
    failed = true;
    problems.expression(problem, [...root, ...path]);
  }) as { [name: string]: Json };
  if (failed) return parameters;
  const violations = check(definition.parameters, parameters);
  for (const violation of violations) reportViolation(stage, violation, parameters, origins, problems);
  // A name that is mistyped may be what is missing.
  const areAllMissing = violations.every(({ missing, path }) => missing !== undefined && path.length === 0);
  const isKnown = areAllMissing && !problems.reporter.doubtful(stage.name, 'inputs');
  const told = isKnown ? checkNeeds(stage, definition, parameters, problems) : new Set<string>();
  if (violations.length > 0) return parameters;
  const missing = moveFilePaths(definition, parameters, (path) => origins.folderOf(given, path, root), folder);
  for (const { path, said, absolute } of missing) {
    const hint = `paths are relative to the file that says them: looked for ${absolute}`;
    const at = { path: [...root, ...path], key: given[path[0]!] === undefined };
    problems.report('E_FILE', `There is no file "${said}"`, at, { ...origins.of(given, path), hint });
  }
  for (const problem of problemsOf(definition, parameters, inputs, Object.keys(stage.file.inputs ?? {}))) {
    const { message, hint } = problem;
    if ('input' in problem) {
      problems.report('E_VALUE', message, { path: [...stage.path, 'inputs', problem.input] }, { hint });
      continue;
    }
    const { parameter, path: inside = [], part } = problem;
    if (told.has(parameter)) continue;
    const path = [parameter, ...inside];
    const text = part && valueAt(parameters, path);
    const at = {
      path: [...root, ...path],
      key: given[parameter] === undefined,
      ...(part && typeof text === 'string' ? { part: { text, ...part } } : {}),
    };
    problems.report('E_VALUE', message, at, { ...origins.of(given, path), swept: true, hint });
  }
  return parameters;
}

/** Reports what the schema of a stage's parameters refuses. */
function reportViolation(
  { name, path: stagePath, file }: CheckedStage,
  { path, atKey, code, message, hint, missing }: Violation,
  parameters: { readonly [name: string]: Json },
  origins: Origins,
  problems: Problems,
): void {
  const root = [...stagePath, 'with'];
  if (missing !== undefined && path.length === 0) {
    const what = `${stageCalled(name, file.uses)} needs the parameter "${missing.key}"`;
    const add = file.with === undefined ? `add with: { ${missing.key}: VALUE }` : `add ${missing.key}: VALUE`;
    const details = { about: missing.key, swept: false, hint: add };
    problems.report(code, `${what}${described(missing.description)}`, { path: root, key: true }, details);
    return;
  }
  const subject = atKey ? message : `${placeName(path)} ${message}`;
  problems.report(
    code,
    subject,
    { path: [...root, ...path], key: atKey },
    { ...origins.of(file.with ?? {}, path), hint: expressionHint(valueAt(parameters, path)) ?? hint },
  );
}

interface MissingFile {
  readonly path: Path;
  readonly said: string;
  readonly absolute: string;
}

/**
 * Changes paths that another folder's file says to what the folder of the pipeline calls them.
 * @returns those where nothing is, but for keyless ones: a result that is cached may do without
 */
function moveFilePaths(
  { parameters: schema, keyless = [] }: StageDefinition,
  parameters: { [name: string]: Json },
  folderOf: (path: Path) => string | undefined,
  folder: string,
): readonly MissingFile[] {
  const missing: MissingFile[] = [];
  for (const path of filePathsIn(schema, parameters)) {
    const from = folderOf(path) ?? folder;
    const holder = valueAt(parameters, path.slice(0, -1)) as Record<string | number, string>;
    const said = holder[path.at(-1)!]!;
    const absolute = resolve(from, said);
    if (!keyless.includes(String(path[0])) && !existsSync(absolute)) missing.push({ path, said, absolute });
    if (from !== folder && !isAbsolute(said)) holder[path.at(-1)!] = relative(folder, absolute).split(sep).join('/');
  }
  return missing;
}

/** Rules of the stage's own. They are the stage author's code, which may fail. */
function problemsOf(
  definition: StageDefinition,
  parameters: { readonly [name: string]: Json },
  inputs: PointContext['inputs'],
  given: readonly string[],
): readonly (ParameterProblem | InputProblem)[] {
  try {
    return definition.check?.(parameters, inputs, given) ?? [];
  } catch (error) {
    const message = `The check of "${definition.name}" failed: ${error instanceof Error ? error.message : String(error)}`;
    return [{ parameter: '', message, hint: 'this is a mistake in the stage' }];
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);
}

interface Origin {
  /** Names of the expressions, or the setting of the call that took their place. */
  readonly from: readonly string[];
  readonly related: readonly { readonly message: string; readonly range: SourceRange }[];
  /** True if the value depends on the point of the axes. */
  readonly swept: boolean;
}

/** Where the values of expressions are said. */
export class Origins {
  constructor(
    readonly source: Places,
    readonly places: Settings['places'],
    /** Index of the point on each axis. */
    readonly point: Readonly<Record<string, number>>,
  ) {}

  /** The folder of the file that says a value, or its beginning; undefined if the call says it. */
  folderOf(given: unknown, path: Path, root: Path): string | undefined {
    const { expressions, rest, isFirst } = expressionsAt(given, path);
    const [first] = expressions;
    const place = first === undefined || !isFirst ? [...root, ...path] : this.#placeOf(first, rest);
    return place && dirname(resolve(this.source.range(place).file));
  }

  /** Undefined if the call says it. */
  #placeOf({ path: dotted }: Expression, rest: Path): Path | undefined {
    const [first = '', second = ''] = dotted;
    const isParam = first === 'params';
    const place = this.places.get(isParam ? `params.${second}` : first);
    return place && [...place, ...(isParam ? dotted.slice(2) : [this.point[first]!, ...dotted.slice(1)]), ...rest];
  }

  /** What expressions a value came from, and where the file says what they are. */
  of(given: unknown, path: Path): Origin {
    const { expressions, rest } = expressionsAt(given, path);
    const origins = expressions.map((expression) => {
      const [first = '', second = ''] = expression.path;
      const place = this.#placeOf(expression, rest);
      // What has no place in the file was set by the call.
      if (place === undefined) return { name: `--set ${first === 'params' ? second : first}`, related: [] };
      const name = expression.path.join('.');
      return { name, related: [{ message: `${name} is here`, range: this.source.range(place) }] };
    });
    return {
      from: origins.map(({ name }) => name),
      related: origins.flatMap(({ related }) => related),
      swept: expressions.some(({ path: [first] }) => first !== 'params'),
    };
  }
}

/** The expressions that make the value at a path, and what of the path lies inside their value. */
function expressionsAt(
  given: unknown,
  path: Path,
): { readonly expressions: readonly Expression[]; readonly rest: Path; readonly isFirst: boolean } {
  let value = given;
  let depth = 0;
  for (; depth < path.length && typeof value === 'object' && value !== null; depth++)
    value = (value as Readonly<Record<string | number, unknown>>)[path[depth]!];
  if (typeof value !== 'string') return { expressions: [], rest: [], isFirst: false };
  const template = parseTemplate(value);
  const expressions = template.flatMap((part) => ('expression' in part ? [part.expression] : []));
  return { expressions, rest: path.slice(depth), isFirst: 'expression' in (template[0] ?? {}) };
}
