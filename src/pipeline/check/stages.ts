import { suggestion } from '../../schema/suggest.js';
import { valuesOf } from '../../schema/words.js';
import type { StageDefinition } from '../../stage/definition.js';
import { clash } from '../../stage/output-paths.js';
import { stageProblemCode } from '../../stage/registry.js';
import type { AxisValue, Path } from '../../values.js';
import { hinted, type Reporter } from '../text/reporter.js';
import { type AxisPoint, type Point, selectPoints } from './axes.js';
import type { CheckedStage, Included } from './checked.js';
import { checkInputs, type StageCheck } from './inputs.js';
import type { Maker } from './kinds.js';
import { sortStages } from './order.js';
import type { PipelineFile, StageFile } from './schema.js';

/** Axes with the labels of their values, by name. */
export type LabelledAxes = Readonly<Record<string, readonly AxisPoint[]>>;
type Resolve = (uses: string, folder: string) => Promise<StageDefinition | { error: string; hint?: string }>;

/** The axes of a file. */
export interface StageAxes {
  readonly axes: LabelledAxes;
  /** Those that have the values of the call. */
  readonly changed: ReadonlySet<string>;
}

/** Checks everything that does not depend on a point of the axes. Returns the stages in topological order. */
export async function checkStages(
  file: PipelineFile,
  { axes, changed }: StageAxes,
  folder: string,
  reporter: Reporter,
  resolveStage: Resolve,
  included: Included,
): Promise<CheckedStage[]> {
  const stages = Object.entries(file.stages);
  const uses = new Map<string, Promise<StageDefinition | { error: string; hint?: string }>>();
  const definitions = new Map<string, StageDefinition>();
  for (const [name, stage] of stages) {
    checkShape(stage, name, ['stages', name], reporter);
    if (stage.uses === undefined) continue;
    if (!uses.has(stage.uses)) uses.set(stage.uses, resolveStage(stage.uses, folder));
    const found = await uses.get(stage.uses)!;
    if ('error' in found)
      reporter.error(stageProblemCode(stage.uses), found.error, { path: ['stages', name, 'uses'] }, hinted(found.hint));
    else definitions.set(name, found);
  }
  const ownOutputs = (name: string): Readonly<Record<string, string>> | undefined => {
    if (reporter.doubtful(name, 'uses', 'run', 'outputs')) return undefined;
    const definition = definitions.get(name);
    if (definition === undefined) return file.stages[name]!.outputs ?? {};
    return Object.fromEntries(Object.entries(definition.outputs).map(([key, { path }]) => [key, path]));
  };
  // Once for each stage, however many take what it makes.
  const ownAxes = new Map(stages.map(([name, stage]) => [name, checkOver(stage, axes, ['stages', name], reporter)]));
  const outputs = new Map(stages.map(([name]) => [name, ownOutputs(name)]));
  const axesOf = (name: string) => included.stages.get(name)?.axes ?? ownAxes.get(name) ?? [];
  const outputsOf = (name: string) => included.stages.get(name)?.outputs ?? outputs.get(name);
  const known = { file, included, axesOf, outputsOf, makers: makersOf(file, definitions, included), folder, reporter };
  const checked = new Map<string, CheckedStage>();
  for (const [name, stage] of stages) {
    const path: Path = ['stages', name];
    const check = { name, stage, path, definition: definitions.get(name), own: ownAxes.get(name)!, known };
    checked.set(name, checkStage(check, outputs.get(name) ?? {}, changed));
  }
  return sortStages(checked, reporter);
}

/** @param changed axes that have the values of the call */
function checkStage(check: StageCheck, outputs: CheckedStage['outputs'], changed: ReadonlySet<string>): CheckedStage {
  const { name, stage, path, definition, own } = check;
  const inputs = checkInputs(check);
  const changedAxes = own.length === 0 ? none : new Set(own.map(([axis]) => axis).filter((axis) => changed.has(axis)));
  const excludes = checkExclusion(check, changedAxes);
  return { name, file: stage, path, definition, axes: own, inputs, outputs, changedAxes, excludes };
}

/** The stages of the file and of what it includes that are no commands. */
function makersOf(
  { stages }: PipelineFile,
  definitions: ReadonlyMap<string, StageDefinition>,
  included: Included,
): ReadonlyMap<string, Maker> {
  const makers = new Map<string, Maker>();
  for (const [name, definition] of definitions) makers.set(name, { uses: stages[name]!.uses!, definition });
  for (const [name, { definition, file }] of included.stages)
    if (definition !== undefined) makers.set(name, { uses: file.uses!, definition });
  return makers;
}

const none: ReadonlySet<string> = new Set();

function checkShape(stage: StageFile, name: string, path: Path, reporter: Reporter): void {
  if (stage.uses === undefined && stage.run === undefined && !reporter.doubtful(name, 'uses', 'run')) {
    const hint = 'write `uses: NAME` for a built-in stage (spikeline stages lists them), or `run:` for a command';
    reporter.error('E_STAGE', `The stage "${name}" says neither \`uses\` nor \`run\``, { path, key: true }, { hint });
  }
  if (stage.uses !== undefined && stage.run !== undefined) {
    const related = [{ message: '`uses` is here', range: reporter.source.keyRange([...path, 'uses']) }];
    const at = { path: [...path, 'run'], key: true };
    const hint = 'keep one of them';
    reporter.error('E_STAGE', `The stage "${name}" says both \`uses\` and \`run\``, at, { related, hint });
    return;
  }
  if (stage.run !== undefined && stage.with !== undefined)
    reporter.error(
      'E_STAGE',
      '`with` belongs to `uses`: a command takes its parameters in its words',
      { path: [...path, 'with'], key: true },
      { hint: "such as run: [python3, mine.py, --epochs, '${{ params.epochs }}']" },
    );
  if (stage.shell !== undefined && typeof stage.run !== 'string' && !reporter.doubtful(name, 'run'))
    reporter.error(
      'E_STAGE',
      '`shell` belongs to a `run` that is text: a list of words is started without a shell',
      { path: [...path, 'shell'], key: true },
      { hint: 'remove it' },
    );
  if (stage.uses !== undefined && stage.outputs !== undefined)
    reporter.error(
      'E_STAGE',
      '`outputs` belongs to `run`: a stage declares its own',
      { path: [...path, 'outputs'], key: true },
      { hint: 'remove it' },
    );
  checkOutputs(stage, path, reporter);
}

/** A path with an empty part, `.` or `..` in it, or on a drive of its own. */
const noName = /(?:^|[\\/])\.{0,2}(?:[\\/]|$)|^[A-Za-z]:/;

function checkOutputs({ outputs = {} }: StageFile, path: Path, reporter: Reporter): void {
  const sound: (readonly [output: string, target: string])[] = [];
  for (const [output, target] of Object.entries(outputs)) {
    const at = () => ({ path: [...path, 'outputs', output] });
    const [first, before] = sound.find(([, other]) => clash(other, target) !== undefined) ?? [];
    if (noName.test(target))
      reporter.error('E_OUTPUT', `"${target}" is not a name inside the task's output folder`, at(), {
        hint: 'write a relative path without .., such as result.json',
      });
    else if (before !== undefined) {
      reporter.error('E_DUPLICATE', `The outputs "${first}" and "${output}" ${clash(before, target)}`, at(), {
        related: [{ message: `"${first}" is here`, range: reporter.source.range([...path, 'outputs', first!]) }],
      });
    } else sound.push([output, target]);
  }
}

function checkOver(stage: StageFile, axes: LabelledAxes, path: Path, reporter: Reporter): CheckedStage['axes'] {
  const own: (readonly [string, readonly AxisPoint[]])[] = [];
  for (const [i, axis] of (stage.over ?? []).entries()) {
    const at = { path: [...path, 'over', i] };
    const points = Object.hasOwn(axes, axis) ? axes[axis] : undefined;
    if (points === undefined) {
      const hint = suggestion(axis, Object.keys(axes)) ?? `declare it under axes:, such as ${axis}: [0, 1]`;
      reporter.error('E_UNKNOWN_AXIS', `There is no axis "${axis}"`, at, { hint });
    } else if (own.some(([name]) => name === axis))
      reporter.error('E_DUPLICATE', `The axis "${axis}" is here twice`, at, { hint: 'remove one of them' });
    else own.push([axis, points]);
  }
  return own;
}

/** Tells the points that have no task. @param changed see `checkStage` */
function checkExclusion(check: StageCheck, changed: ReadonlySet<string>): CheckedStage['excludes'] {
  const { only, exclude } = check.stage;
  if (only === undefined && exclude === undefined) return excludesNone;
  const [isNamed, isExcluded] = [checkPoints('only', check, changed), checkPoints('exclude', check, changed)];
  return (point) => (only !== undefined && !isNamed(point)) || isExcluded(point);
}

const excludesNone = () => false;

/** Tells the points that `only:` or `exclude:` names. */
function checkPoints(
  section: 'only' | 'exclude',
  { name, stage, own, path, known: { reporter } }: StageCheck,
  changed: ReadonlySet<string>,
): (point: Point) => boolean {
  const said = stage[section];
  if (said === undefined) return excludesNone;
  const axes = new Map(own);
  const entries = said.map((entry, i) =>
    Object.entries(entry as Record<string, AxisValue>).flatMap(([axis, wanted]) => {
      const points = axes.get(axis);
      const at = [...path, section, i, axis];
      if (points === undefined) {
        if (reporter.doubtful(name, 'over')) return [];
        const hint = own.length === 0 ? 'the stage has no axes: give it over:' : suggestion(axis, axes.keys());
        reporter.error('E_UNKNOWN_AXIS', `"${name}" has no axis "${axis}"`, { path: at, key: true }, hinted(hint));
        return [];
      }
      const selected = selectPoints(points, wanted);
      // A value that the call took from the axis is no mistake.
      if (selected.size === 0 && !changed.has(axis))
        reporter.error(
          'E_EXCLUDE',
          `The axis "${axis}" has no such value`,
          { path: at },
          { hint: valuesOf(points.map(({ label }) => label)) },
        );
      return [{ axis, selected }];
    }),
  );
  return (point) =>
    entries.some((entry) => entry.length > 0 && entry.every(({ axis, selected }) => selected.has(point[axis]!.label)));
}
