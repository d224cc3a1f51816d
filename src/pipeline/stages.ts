import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AxisValue, StageDefinition } from '../stage/definition.js';
import { type AxisPoint, matches, type Point } from './axes.js';
import type { Reporter } from './load.js';
import type { PipelineFile, StageFile } from './schema.js';
import type { Path } from './source.js';
import { suggestion } from './suggest.js';

/** A reference to another stage's output, with what becomes of its axes. */
export interface StageInput {
  readonly kind: 'output';
  readonly stage: string;
  readonly output: string;
  /** Axes of the producer that the consumer does not have: their points arrive as a list. */
  readonly collected: readonly string[];
  /** Axes that both have. */
  readonly shared: readonly string[];
  /** Does the consumer's definition take a list? Then a single artifact is a list of one. */
  readonly list: boolean;
}

export interface FileInput {
  readonly kind: 'file';
  readonly path: string;
}

/** A stage of the file whose names all exist. */
export interface CheckedStage {
  readonly name: string;
  readonly file: StageFile;
  readonly path: Path;
  readonly definition: StageDefinition | undefined;
  /** Axes in the order of `over`. */
  readonly axes: readonly (readonly [string, readonly AxisPoint[]])[];
  readonly inputs: ReadonlyMap<string, StageInput | FileInput>;
  readonly outputs: Readonly<Record<string, string>>;
  excludes(point: Point): boolean;
}

type Axes = Readonly<Record<string, readonly AxisPoint[]>>;
type Resolve = (uses: string, folder: string) => Promise<StageDefinition | { error: string; hint?: string }>;

/** Checks everything that does not depend on a point of the axes. Returns the stages in topological order. */
export async function checkStages(
  file: PipelineFile,
  axes: Axes,
  folder: string,
  reporter: Reporter,
  resolveStage: Resolve,
): Promise<CheckedStage[]> {
  const names = Object.keys(file.stages);
  const uses = new Map<string, Promise<StageDefinition | { error: string; hint?: string }>>();
  const definitions = new Map<string, StageDefinition>();
  for (const name of names) {
    const stage = file.stages[name]!;
    const path = ['stages', name];
    if (stage.uses === undefined) continue;
    if (!uses.has(stage.uses)) uses.set(stage.uses, resolveStage(stage.uses, folder));
    const found = await uses.get(stage.uses)!;
    if ('error' in found)
      reporter.error(
        'E_UNKNOWN_STAGE',
        found.error,
        { path: [...path, 'uses'] },
        found.hint === undefined ? {} : { hint: found.hint },
      );
    else definitions.set(name, found);
  }
  const outputsOf = (name: string): Record<string, string> | undefined => {
    const stage = file.stages[name]!;
    if (stage.uses === undefined) return stage.outputs ?? {};
    const definition = definitions.get(name);
    return definition && Object.fromEntries(Object.entries(definition.outputs).map(([key, { path }]) => [key, path]));
  };

  const checked = new Map<string, CheckedStage>();
  for (const name of names) {
    const stage = file.stages[name]!;
    const path: Path = ['stages', name];
    const definition = definitions.get(name);
    checkShape(stage, name, path, reporter);
    const own = checkOver(stage, axes, path, reporter);
    const inputs = checkInputs({ stage, path, definition, file, axes, own, folder, outputsOf, reporter });
    const excludes = checkExclude(stage, own, path, reporter);
    checked.set(name, {
      name,
      file: stage,
      path,
      definition,
      axes: own,
      inputs,
      outputs: outputsOf(name) ?? {},
      excludes,
    });
  }
  return sortStages(checked, reporter);
}

function checkShape(stage: StageFile, name: string, path: Path, reporter: Reporter): void {
  const at = { path, key: true };
  if (stage.uses === undefined && stage.run === undefined)
    reporter.error('E_STAGE', `the stage "${name}" says neither \`uses\` nor \`run\``, at, {
      hint: 'write `uses: NAME` for a built-in stage (spikeline stages lists them), or `run:` for a command',
    });
  if (stage.uses !== undefined && stage.run !== undefined)
    reporter.error(
      'E_STAGE',
      `the stage "${name}" says both \`uses\` and \`run\``,
      { path: [...path, 'run'], key: true },
      {
        related: [{ message: '`uses` is here', range: reporter.source.keyRange([...path, 'uses']) }],
      },
    );
  if (stage.run !== undefined && stage.with !== undefined)
    reporter.error('E_STAGE', '`with` belongs to `uses`: a command takes its parameters in its words', {
      path: [...path, 'with'],
      key: true,
    });
  if (stage.uses !== undefined && stage.outputs !== undefined)
    reporter.error('E_STAGE', '`outputs` belongs to `run`: a stage declares its own', {
      path: [...path, 'outputs'],
      key: true,
    });
  for (const [output, target] of Object.entries(stage.outputs ?? {}))
    if (target.split(/[\\/]/).some((part) => part === '' || part === '.' || part === '..') || /^[A-Za-z]:/.test(target))
      reporter.error('E_OUTPUT', `"${target}" is not a name inside the task's output folder`, {
        path: [...path, 'outputs', output],
      });
}

function checkOver(stage: StageFile, axes: Axes, path: Path, reporter: Reporter): CheckedStage['axes'] {
  const own: (readonly [string, readonly AxisPoint[]])[] = [];
  for (const [i, axis] of (stage.over ?? []).entries()) {
    const at = { path: [...path, 'over', i] };
    const points = Object.hasOwn(axes, axis) ? axes[axis] : undefined;
    if (points === undefined) {
      const hint = suggestion(axis, Object.keys(axes)) ?? 'declare it under axes:';
      reporter.error('E_UNKNOWN_AXIS', `there is no axis "${axis}"`, at, { hint });
    } else if (own.some(([name]) => name === axis))
      reporter.error('E_DUPLICATE', `the axis "${axis}" is here twice`, at);
    else own.push([axis, points]);
  }
  return own;
}

function checkExclude(stage: StageFile, own: CheckedStage['axes'], path: Path, reporter: Reporter) {
  const entries = (stage.exclude ?? []).map((entry, i) =>
    Object.entries(entry as Record<string, AxisValue>).flatMap(([axis, wanted]) => {
      const points = own.find(([name]) => name === axis)?.[1];
      const at = [...path, 'exclude', i, axis];
      if (points === undefined) {
        const known = own.map(([name]) => name);
        const hint = known.length === 0 ? 'the stage has no axes: give it `over:`' : suggestion(axis, known);
        reporter.error(
          'E_UNKNOWN_AXIS',
          `the stage has no axis "${axis}"`,
          { path: at, key: true },
          hint === undefined ? {} : { hint },
        );
        return [];
      }
      if (!points.some((point) => matches(point, wanted)))
        reporter.error(
          'E_EXCLUDE',
          `the axis "${axis}" has no such value`,
          { path: at },
          {
            hint: `its values are ${points.map(({ label }) => label).join(', ')}`,
          },
        );
      return [{ axis, wanted }];
    }),
  );
  return (point: Point) =>
    entries.some((entry) => entry.length > 0 && entry.every(({ axis, wanted }) => matches(point[axis]!, wanted)));
}

interface InputCheck {
  readonly stage: StageFile;
  readonly path: Path;
  readonly definition: StageDefinition | undefined;
  readonly file: PipelineFile;
  readonly axes: Axes;
  readonly own: CheckedStage['axes'];
  readonly folder: string;
  readonly reporter: Reporter;
  outputsOf(stage: string): Record<string, string> | undefined;
}

function checkInputs(args: InputCheck): Map<string, StageInput | FileInput> {
  const { stage, path, definition, reporter } = args;
  const inputs = new Map<string, StageInput | FileInput>();
  for (const [name, reference] of Object.entries(stage.inputs ?? {})) {
    const at: Path = [...path, 'inputs', name];
    if (definition !== undefined && !Object.hasOwn(definition.inputs, name)) {
      const hint = suggestion(name, Object.keys(definition.inputs));
      reporter.error(
        'E_UNKNOWN_INPUT',
        `the stage "${stage.uses}" has no input "${name}"`,
        { path: at, key: true },
        hint === undefined ? {} : { hint },
      );
      continue;
    }
    const input =
      typeof reference === 'string' ? stageInput(args, name, reference, at) : fileInput(args, reference.file, at);
    if (input !== undefined) inputs.set(name, input);
  }
  if (definition === undefined) return inputs;
  for (const [name, { optional, description }] of Object.entries(definition.inputs))
    if (!optional && !Object.hasOwn(stage.inputs ?? {}, name))
      reporter.error(
        'E_MISSING_INPUT',
        `the stage "${definition.name}" needs the input "${name}"`,
        { path: stage.inputs === undefined ? path : [...path, 'inputs'], key: true },
        { hint: `${description} Write inputs: { ${name}: STAGE }.` },
      );
  return inputs;
}

function fileInput({ folder, reporter }: InputCheck, file: string, at: Path): FileInput | undefined {
  const path = resolve(folder, file);
  if (existsSync(path)) return { kind: 'file', path };
  reporter.error('E_FILE', `there is no file "${file}"`, { path: [...at, 'file'] }, { hint: `looked for ${path}` });
  return undefined;
}

function stageInput(args: InputCheck, name: string, reference: string, at: Path): StageInput | undefined {
  const { file, definition, own, axes, reporter, outputsOf } = args;
  const [stage, output] = splitReference(reference);
  if (!Object.hasOwn(file.stages, stage)) {
    const hint = suggestion(stage, Object.keys(file.stages));
    reporter.error('E_UNKNOWN_STAGE', `there is no stage "${stage}"`, { path: at }, hint === undefined ? {} : { hint });
    return undefined;
  }
  const outputs = outputsOf(stage);
  // Its own `uses` is wrong, which was reported there.
  if (outputs === undefined) return undefined;
  const wanted = output ?? Object.keys(outputs)[0];
  if (wanted === undefined || !Object.hasOwn(outputs, wanted)) {
    const message =
      wanted === undefined ? `the stage "${stage}" has no outputs` : `the stage "${stage}" has no output "${wanted}"`;
    const hint = wanted === undefined ? 'declare them with outputs:' : suggestion(wanted, Object.keys(outputs));
    reporter.error('E_UNKNOWN_OUTPUT', message, { path: at }, hint === undefined ? {} : { hint });
    return undefined;
  }
  const theirs = (file.stages[stage]!.over ?? []).filter((axis) => Object.hasOwn(axes, axis));
  const shared = theirs.filter((axis) => own.some(([ownAxis]) => ownAxis === axis));
  const collected = theirs.filter((axis) => !shared.includes(axis));
  const list = definition?.inputs[name]?.list === true;
  if (collected.length > 0 && definition !== undefined && !list) {
    reporter.error(
      'E_INPUT_LIST',
      `"${stage}" arrives as a list over ${collected.join(' and ')}, and the input "${name}" takes one artifact`,
      { path: at },
      { hint: `add over: [${[...own.map(([axis]) => axis), ...collected].join(', ')}] to this stage` },
    );
    return undefined;
  }
  return { kind: 'output', stage, output: wanted, collected, shared, list };
}

/** `stage.output` or `stage`. */
function splitReference(reference: string): [stage: string, output: string | undefined] {
  const dot = reference.indexOf('.');
  return dot < 0 ? [reference, undefined] : [reference.slice(0, dot), reference.slice(dot + 1)];
}

/** Producers before consumers, otherwise in file order. Cycles are reported with their path. */
function sortStages(stages: ReadonlyMap<string, CheckedStage>, reporter: Reporter): CheckedStage[] {
  const sorted: CheckedStage[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const producers = (stage: CheckedStage) =>
    [...stage.inputs].flatMap(([input, target]) => (target.kind === 'output' ? [{ input, name: target.stage }] : []));
  // An explicit stack: pipelines may be chains of ten thousand stages.
  for (const root of stages.values()) {
    if (state.has(root.name)) continue;
    const stack = [{ stage: root, next: 0 }];
    state.set(root.name, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const edge = producers(top.stage)[top.next++];
      if (edge === undefined) {
        state.set(top.stage.name, 'done');
        sorted.push(top.stage);
        stack.pop();
      } else if (state.get(edge.name) === 'open') {
        const from = stack.findIndex(({ stage }) => stage.name === edge.name);
        reportCycle(
          stack.slice(from).map(({ stage }) => stage),
          edge,
          reporter,
        );
      } else if (!state.has(edge.name)) {
        state.set(edge.name, 'open');
        stack.push({ stage: stages.get(edge.name)!, next: 0 });
      }
    }
  }
  return sorted;
}

function reportCycle(
  cycle: readonly CheckedStage[],
  closing: { input: string; name: string },
  reporter: Reporter,
): void {
  const names = [...cycle.map(({ name }) => name), closing.name];
  const last = cycle.at(-1)!;
  reporter.error(
    'E_CYCLE',
    `the stages wait for each other: ${names.join(' → ')} (each takes the next one's output)`,
    { path: [...last.path, 'inputs', closing.input] },
    {
      related: cycle.slice(0, -1).map((stage, i) => {
        const [input] = [...stage.inputs].find(
          ([, target]) => target.kind === 'output' && target.stage === names[i + 1],
        )!;
        const range = reporter.source.range([...stage.path, 'inputs', input]);
        return { message: `"${stage.name}" takes "${names[i + 1]}" here`, range };
      }),
      hint: 'remove one of these inputs',
    },
  );
}
