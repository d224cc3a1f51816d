import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest, suggestion } from '../../schema/suggest.js';
import { described, stageCalled } from '../../schema/words.js';
import type { StageDefinition } from '../../stage/definition.js';
import type { AxisValue, Path } from '../../values.js';
import { hinted, type Reporter } from '../text/reporter.js';
import type { CheckedStage, FileInput, Included, OutputReference, StageInput } from './checked.js';
import { checkKind, type Maker } from './kinds.js';
import { checkPoint, readReference, type SaidReference } from './reference.js';
import type { PipelineFile, StageFile } from './schema.js';

/** What is known of all stages when one of them is checked. */
export interface KnownStages {
  readonly file: PipelineFile;
  readonly folder: string;
  readonly reporter: Reporter;
  readonly included: Included;
  /** Axes that a stage is swept over, with their points. */
  readonly axesOf: (stage: string) => CheckedStage['axes'];
  /** Stages that are no commands, by name. */
  readonly makers: ReadonlyMap<string, Maker>;
  /** Outputs of a stage; undefined where a mistake in the stage hides them. */
  readonly outputsOf: (stage: string) => Readonly<Record<string, string>> | undefined;
}

/** A stage to be checked. */
export interface StageCheck {
  readonly name: string;
  readonly stage: StageFile;
  readonly path: Path;
  readonly definition: StageDefinition | undefined;
  /** Axes of the stage itself. */
  readonly own: CheckedStage['axes'];
  readonly known: KnownStages;
}

export function checkInputs(args: StageCheck): Map<string, StageInput | FileInput> {
  const { name: stageName, stage, path, definition } = args;
  const { reporter } = args.known;
  const inputs = new Map<string, StageInput | FileInput>();
  const misspelt: string[] = [];
  const declared = definition && Object.keys(definition.inputs);
  for (const [name, reference] of Object.entries(stage.inputs ?? {})) {
    const at: Path = [...path, 'inputs', name];
    if (declared !== undefined && !declared.includes(name)) {
      const hint = declared.length === 0 ? 'it takes none' : suggestion(name, declared);
      const meant = nearest(name, declared);
      if (meant !== undefined) misspelt.push(meant);
      const message = `${stageCalled(stageName, stage.uses)} has no input "${name}"`;
      reporter.error('E_UNKNOWN_INPUT', message, { path: at, key: true }, hinted(hint));
      continue;
    }
    const input = checkInput(args, name, reference, at);
    if (input !== undefined) inputs.set(name, input);
  }
  if (definition === undefined || (stage.inputs === undefined && reporter.doubtful(stageName, 'inputs'))) return inputs;
  for (const [name, { optional, description }] of Object.entries(definition.inputs))
    if (!optional && !Object.hasOwn(stage.inputs ?? {}, name) && !misspelt.includes(name)) {
      const message = `${stageCalled(stageName, stage.uses)} needs the input "${name}"${described(description)}`;
      const hint = stage.inputs === undefined ? `add inputs: { ${name}: STAGE }` : `add ${name}: STAGE`;
      reporter.error('E_MISSING_INPUT', message, { path: [...path, 'inputs'], key: true }, { hint });
    }
  return inputs;
}

type SaidInput = NonNullable<StageFile['inputs']>[string];

function checkInput(args: StageCheck, name: string, said: SaidInput, at: Path): StageInput | FileInput | undefined {
  if (typeof said === 'string' || Array.isArray(said)) return stageInput(args, name, said, at);
  const { file, stage, at: point } = said;
  if (stage !== undefined && file === undefined) return stageInput(args, name, { stage, ...pointOf(point) }, at);
  if (file !== undefined && stage === undefined && point === undefined) return fileInput(args.known, file, at);
  const message = 'An input is { file: path }, or { stage: name, at: { axis: value } }';
  args.known.reporter.error('E_VALUE', message, { path: at }, { hint: 'write one of the two' });
  return undefined;
}

const pointOf = (at: object | undefined) => (at === undefined ? {} : { at: at as Record<string, AxisValue> });

function fileInput({ folder, reporter }: KnownStages, file: string, at: Path): FileInput | undefined {
  const path = resolve(folder, file);
  if (existsSync(path)) return { kind: 'file', path };
  const hint = `paths are relative to the pipeline file: looked for ${path}`;
  reporter.error('E_FILE', `There is no file "${file}"`, { path: [...at, 'file'] }, { hint });
  return undefined;
}

/** What an input says of stages. */
type SaidReferences = SaidReference | readonly SaidReference[];

/** Each is a comparison with every stage. */
const maximumSuggestions = 100;

function stageInput(args: StageCheck, name: string, said: SaidReferences, at: Path): StageInput | undefined {
  const { definition, own } = args;
  const { reporter, makers, axesOf } = args.known;
  const list = definition?.inputs[name]?.list === true;
  const several = Array.isArray(said);
  if (several && definition !== undefined && !list) {
    reporter.error('E_INPUT_LIST', `The input "${name}" takes one artifact, not a list`, { path: at });
    return undefined;
  }
  const references = several ? (said as readonly SaidReference[]) : [said as SaidReference];
  const from: OutputReference[] = [];
  for (const [i, reference] of references.entries()) {
    const found = outputReference(args.known, own, reference, several ? [...at, i] : at);
    if (found !== undefined) from.push(found);
  }
  if (from.length < references.length) return undefined;
  const kind = definition?.inputs[name]?.kind;
  if (kind !== undefined)
    for (const [i, named] of from.entries())
      checkKind({ name, kind }, named, makers, { path: several ? [...at, i] : at, reporter });
  const collecting = from.find(({ collected }) => collected.length > 0);
  if (collecting !== undefined && definition !== undefined && !list) {
    if (reporter.doubtful(args.name, 'over')) return undefined;
    const { stage, collected } = collecting;
    const message = `"${stage}" arrives as a list over ${collected.join(' and ')}, and the input "${name}" takes one artifact`;
    const points = collected.map((axis) => `${axis}=${axesOf(stage).find(([name]) => name === axis)![1][0]!.label}`);
    const hint =
      `add over: [${[...own.map(([axis]) => axis), ...collected].join(', ')}] to this stage, ` +
      `or name one point: ${stage}@${points.join(',')}`;
    reporter.error('E_INPUT_LIST', message, { path: at }, { hint });
    return undefined;
  }
  return { kind: 'output', from, list: list || several || collecting !== undefined };
}

const noPoint: OutputReference['at'] = new Map();
const noAxes: readonly string[] = [];

/** @param own axes of the stage that takes the output */
function outputReference(
  { file, folder, included, reporter, axesOf, outputsOf }: KnownStages,
  own: CheckedStage['axes'],
  said: SaidReference,
  at: Path,
): OutputReference | undefined {
  const reference = readReference(said);
  const { stage, output } = reference;
  if (!Object.hasOwn(file.stages, stage) && !included.stages.has(stage)) {
    if (included.unknown(stage)) return undefined;
    const hint =
      typeof said === 'string' && existsSync(resolve(folder, said))
        ? `for the file of that name, write { file: ${said} }`
        : reporter.diagnostics.length < maximumSuggestions
          ? suggestion(stage, [...Object.keys(file.stages), ...included.stages.keys()])
          : undefined;
    reporter.error('E_UNKNOWN_STAGE', `There is no stage "${stage}"`, { path: at }, hinted(hint));
    return undefined;
  }
  const outputs = outputsOf(stage);
  if (outputs === undefined) return undefined;
  const wanted = output ?? Object.keys(outputs)[0];
  if (wanted === undefined || !Object.hasOwn(outputs, wanted)) {
    const none = Object.keys(outputs).length === 0;
    const message = none ? `The stage "${stage}" has no outputs` : `The stage "${stage}" has no output "${wanted}"`;
    const hint = none ? 'declare them there with outputs: { NAME: FILE }' : suggestion(wanted!, Object.keys(outputs));
    reporter.error('E_UNKNOWN_OUTPUT', message, { path: at }, hinted(hint));
    return undefined;
  }
  const axes = axesOf(stage);
  // As with all stages of a long chain.
  if (axes.length === 0 && reference.at.length === 0)
    return { stage, output: wanted, at: noPoint, collected: noAxes, shared: noAxes };
  const point = checkPoint(reference, new Map(axes), at, reporter);
  if (point === undefined) return undefined;
  const theirs = axes.map(([axis]) => axis).filter((axis) => !point.has(axis));
  const shared = theirs.filter((axis) => own.some(([name]) => name === axis));
  return { stage, output: wanted, at: point, collected: theirs.filter((axis) => !shared.includes(axis)), shared };
}
