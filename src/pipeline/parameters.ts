import type { StageDefinition } from '../stage/definition.js';
import type { Settings } from './call.js';
import { check } from './check.js';
import type { SourceRange } from './diagnostic.js';
import { type Expression, evaluate, parseTemplate, type Scope } from './expressions.js';
import type { Problems } from './problems.js';
import type { Path, Source } from './source.js';
import type { CheckedStage } from './stages.js';
import type { Json } from './task.js';
import { placeName } from './words.js';

/** `with:` at one point of the axes: expressions evaluated, checked, defaults filled in. */
export function checkParameters(
  stage: CheckedStage,
  definition: StageDefinition,
  scope: Scope,
  origins: Origins,
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
  for (const { path, atKey, code, message, hint } of violations) {
    const { names, related } = origins.of(given, path);
    const subject = atKey ? message : `${placeName(path)} ${message}`;
    problems.report(code, subject, { path: [...root, ...path], key: atKey }, { from: names, hint, related });
  }
  if (violations.length > 0) return parameters;
  for (const { parameter, message, hint } of problemsOf(definition, parameters)) {
    const { names, related } = origins.of(given, [parameter]);
    const at = { path: [...root, parameter], key: given[parameter] === undefined };
    problems.report('E_VALUE', message, at, { from: names, hint, related });
  }
  return parameters;
}

/** Rules of the stage's own. They are the stage author's code, which may fail. */
function problemsOf(
  definition: StageDefinition,
  parameters: { readonly [name: string]: Json },
): readonly { readonly parameter: string; readonly message: string; readonly hint?: string }[] {
  try {
    return definition.check?.(parameters) ?? [];
  } catch (error) {
    const message = `The check of "${definition.name}" failed: ${error instanceof Error ? error.message : String(error)}`;
    return [{ parameter: '', message, hint: 'this is a mistake in the stage' }];
  }
}

/** Where the values of expressions are said. */
export class Origins {
  constructor(
    readonly source: Source,
    readonly places: Settings['places'],
    /** Index of the point on each axis. */
    readonly point: Readonly<Record<string, number>>,
  ) {}

  /** Names that a value came from, if expressions made it, and where the file says what they are. */
  of(
    given: unknown,
    path: Path,
  ): { readonly names: readonly string[]; readonly related: readonly { message: string; range: SourceRange }[] } {
    const { expressions, rest } = expressionsAt(given, path);
    const related = expressions.flatMap(({ path: dotted }) => {
      const [first = '', second = ''] = dotted;
      const isParam = first === 'params';
      const place = this.places.get(isParam ? `params.${second}` : first);
      if (place === undefined) return [];
      const inside = isParam ? dotted.slice(2) : [this.point[first]!, ...dotted.slice(1)];
      const range = this.source.range([...place, ...inside, ...rest]);
      return [{ message: `${dotted.join('.')} is here`, range }];
    });
    return { names: expressions.map(({ path: dotted }) => dotted.join('.')), related };
  }
}

/** The expressions that make the value at a path, and what of the path lies inside their value. */
function expressionsAt(
  given: unknown,
  path: Path,
): { readonly expressions: readonly Expression[]; readonly rest: Path } {
  let value = given;
  let depth = 0;
  for (; depth < path.length && typeof value === 'object' && value !== null; depth++)
    value = (value as Readonly<Record<string | number, unknown>>)[path[depth]!];
  if (typeof value !== 'string') return { expressions: [], rest: [] };
  const expressions = parseTemplate(value).flatMap((part) => ('expression' in part ? [part.expression] : []));
  return { expressions, rest: path.slice(depth) };
}
