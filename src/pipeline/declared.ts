import { dirname, resolve } from 'node:path';
import { readText } from '../files/read-text.js';
import { isMap } from '../schema/words.js';
import type { StageDefinition } from '../stage/definition.js';
import type { AxisValue } from '../values.js';
import type { LoadOptions } from './assemble.js';
import { labelAxis, valueText } from './check/axes.js';
import { type FileTree, readOnce, readTree, separator } from './compose/include.js';
import { unreadableFile } from './load.js';
import type { Diagnostic } from './text/diagnostic.js';
import type { TextOf } from './text/format.js';
import { parseSource, pipelineRules } from './text/parse.js';

/** The names that a pipeline file declares itself, with those of the files it extends and includes. */
export interface DeclaredNames {
  /** Outputs of each stage, the default one first. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
  /** What a point of each axis may be called: its values and their labels. */
  readonly axes: Readonly<Record<string, readonly AxisValue[]>>;
  /** The same with those of included files, whose stages have them. */
  readonly allAxes: Readonly<Record<string, readonly AxisValue[]>>;
  readonly params: readonly string[];
  readonly profiles: readonly string[];
  /** The user's own stages, by what `uses:` says. */
  readonly own: Readonly<Record<string, StageDefinition>>;
}

export interface Declared {
  /** Missing where the file can't be read as YAML. */
  readonly names?: DeclaredNames;
  readonly diagnostics: readonly Diagnostic[];
  readonly textOf: TextOf;
}

/** Collects the names in a file that may be half written: what is not as it should be is passed over. */
export async function readDeclared(file: string, resolveStage: LoadOptions['resolveStage']): Promise<Declared> {
  const texts = new Map<string, string>();
  const textOf: TextOf = (name) => texts.get(name);
  const first = readText(resolve(file));
  if (typeof first !== 'string') return { diagnostics: [unreadableFile(file, first)], textOf };
  const { tree, diagnostics } = await readTree(
    resolve(file),
    file,
    readOnce((path, shown) => {
      const text = shown === file ? first : readText(path);
      if (typeof text !== 'string') return Promise.resolve(text);
      texts.set(shown, text);
      const { source, value, diagnostics } = parseSource(shown, text, pipelineRules);
      return Promise.resolve({ value, places: source, diagnostics });
    }),
  );
  if (diagnostics.length > 0) return { diagnostics, textOf };
  const names = await namesOf(tree, (uses) => resolveStage(uses, dirname(resolve(file))));
  return { names, diagnostics: [], textOf };
}

type Find = (uses: string) => ReturnType<LoadOptions['resolveStage']>;

/** What the file declares, and what its parts do under their names. */
async function namesOf({ content, parts }: FileTree, find: Find): Promise<DeclaredNames> {
  const { stages, axes, params, profiles } = isMap(content.value) ? content.value : {};
  const definitions = await definitionsOf(stages, find);
  const ownAxes = Object.fromEntries(
    entries(axes).map(([name, axis]) => [name, pointNames(isMap(axis) ? axis.values : axis)]),
  );
  const named: Record<string, readonly string[]> = {};
  let allAxes: DeclaredNames['axes'] = ownAxes;
  for (const [part, tree] of parts) {
    const theirs = await namesOf(tree, find);
    for (const [name, outputs] of Object.entries(theirs.stages)) named[`${part}${separator}${name}`] = outputs;
    allAxes = joined(allAxes, theirs.allAxes);
  }
  for (const [name, stage] of entries(stages)) named[name] = outputsOf(stage, definitions);
  return {
    stages: named,
    axes: ownAxes,
    allAxes,
    params: entries(params).map(([name]) => name),
    profiles: entries(profiles).map(([name]) => name),
    own: Object.fromEntries([...definitions].filter(([uses]) => uses.startsWith('.'))),
  };
}

/** Axes of two files: one of the same name has the points of both. */
function joined(first: DeclaredNames['axes'], second: DeclaredNames['axes']): DeclaredNames['axes'] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return Object.fromEntries(names.map((name) => [name, distinct([...(first[name] ?? []), ...(second[name] ?? [])])]));
}

async function definitionsOf(stages: unknown, find: Find): Promise<Map<string, StageDefinition>> {
  const used = entries(stages).flatMap(([, stage]) =>
    isMap(stage) && typeof stage.uses === 'string' ? [stage.uses] : [],
  );
  const found = new Map<string, StageDefinition>();
  for (const uses of new Set(used)) {
    const definition = await find(uses);
    if (!('error' in definition)) found.set(uses, definition);
  }
  return found;
}

function outputsOf(stage: unknown, definitions: ReadonlyMap<string, StageDefinition>): readonly string[] {
  if (!isMap(stage)) return [];
  const definition = typeof stage.uses === 'string' ? definitions.get(stage.uses) : undefined;
  return definition === undefined ? entries(stage.outputs).map(([name]) => name) : Object.keys(definition.outputs);
}

function pointNames(values: unknown): readonly AxisValue[] {
  if (!Array.isArray(values)) return [];
  const sound = (values as unknown[]).filter(isAxisValue);
  const labels = labelAxis(sound).map(({ label }) => label);
  const all = [...sound, ...labels.filter((label) => !sound.some((value) => valueText(value) === label))];
  return distinct(all);
}

function distinct(values: readonly AxisValue[]): readonly AxisValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function isAxisValue(value: unknown): value is AxisValue {
  const isScalar = (item: unknown) => ['string', 'number', 'boolean'].includes(typeof item);
  return isScalar(value) || (isMap(value) && Object.values(value).every(isScalar));
}

function entries(value: unknown): [string, unknown][] {
  return isMap(value) ? Object.entries(value) : [];
}
