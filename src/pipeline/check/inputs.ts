import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest, suggestion } from '../../schema/suggest.js';
import { described, stageCalled } from '../../schema/words.js';
import type { StageDefinition } from '../../stage/definition.js';
import type { Path } from '../../values.js';
import { hinted, type Reporter } from '../text/reporter.js';
import type { CheckedStage, FileInput, Included, OutputReference, StageInput } from './checked.js';
import type { PipelineFile, StageFile } from './schema.js';

export interface InputCheck {
  readonly name: string;
  readonly stage: StageFile;
  readonly path: Path;
  readonly definition: StageDefinition | undefined;
  readonly file: PipelineFile;
  /** Axes of the stage itself. */
  readonly own: CheckedStage['axes'];
  readonly folder: string;
  readonly reporter: Reporter;
  readonly included: Included;
  /** Axes that a stage is swept over. */
  axesOf(stage: string): readonly string[];
  /** Outputs of a stage; undefined where a mistake in the stage hides them. */
  outputsOf(stage: string): Readonly<Record<string, string>> | undefined;
}

export function checkInputs(args: InputCheck): Map<string, StageInput | FileInput> {
  const { name: stageName, stage, path, definition, reporter } = args;
  const inputs = new Map<string, StageInput | FileInput>();
  const misspelt = new Set<string>();
  const known = definition && Object.keys(definition.inputs);
  for (const [name, reference] of Object.entries(stage.inputs ?? {})) {
    const at: Path = [...path, 'inputs', name];
    if (known !== undefined && !known.includes(name)) {
      const hint = known.length === 0 ? 'it takes none' : suggestion(name, known);
      const meant = nearest(name, known);
      if (meant !== undefined) misspelt.add(meant);
      const message = `${stageCalled(stageName, stage.uses)} has no input "${name}"`;
      reporter.error('E_UNKNOWN_INPUT', message, { path: at, key: true }, hinted(hint));
      continue;
    }
    const input =
      typeof reference === 'string' || Array.isArray(reference)
        ? stageInput(args, name, reference, at)
        : fileInput(args, reference.file, at);
    if (input !== undefined) inputs.set(name, input);
  }
  if (definition === undefined || (stage.inputs === undefined && reporter.doubtful(stageName, 'inputs'))) return inputs;
  for (const [name, { optional, description }] of Object.entries(definition.inputs))
    if (!optional && !Object.hasOwn(stage.inputs ?? {}, name) && !misspelt.has(name)) {
      const message = `${stageCalled(stageName, stage.uses)} needs the input "${name}"${described(description)}`;
      const hint = stage.inputs === undefined ? `add inputs: { ${name}: STAGE }` : `add ${name}: STAGE`;
      reporter.error('E_MISSING_INPUT', message, { path: [...path, 'inputs'], key: true }, { hint });
    }
  return inputs;
}

function fileInput({ folder, reporter }: InputCheck, file: string, at: Path): FileInput | undefined {
  const path = resolve(folder, file);
  if (existsSync(path)) return { kind: 'file', path };
  const hint = `paths are relative to the pipeline file: looked for ${path}`;
  reporter.error('E_FILE', `There is no file "${file}"`, { path: [...at, 'file'] }, { hint });
  return undefined;
}

/** Each is a comparison with every stage. */
const maximumSuggestions = 100;

function stageInput(
  args: InputCheck,
  name: string,
  said: string | readonly string[],
  at: Path,
): StageInput | undefined {
  const { definition, own, reporter } = args;
  const list = definition?.inputs[name]?.list === true;
  const several = typeof said !== 'string';
  if (several && definition !== undefined && !list) {
    reporter.error('E_INPUT_LIST', `The input "${name}" takes one artifact, not a list`, { path: at });
    return undefined;
  }
  const from: OutputReference[] = [];
  for (const [i, reference] of (several ? said : [said]).entries()) {
    const found = outputReference(args, reference, several ? [...at, i] : at);
    if (found !== undefined) from.push(found);
  }
  if (from.length < (several ? said.length : 1)) return undefined;
  const collecting = from.find(({ collected }) => collected.length > 0);
  if (collecting !== undefined && definition !== undefined && !list) {
    if (reporter.doubtful(args.name, 'over')) return undefined;
    const { stage, collected } = collecting;
    const message = `"${stage}" arrives as a list over ${collected.join(' and ')}, and the input "${name}" takes one artifact`;
    const hint = `add over: [${[...own.map(([axis]) => axis), ...collected].join(', ')}] to this stage`;
    reporter.error('E_INPUT_LIST', message, { path: at }, { hint });
    return undefined;
  }
  return { kind: 'output', from, list: list || several || collecting !== undefined };
}

function outputReference(args: InputCheck, reference: string, at: Path): OutputReference | undefined {
  const { file, included, own, reporter } = args;
  const [stage, output] = splitReference(reference);
  if (!Object.hasOwn(file.stages, stage) && !included.stages.has(stage)) {
    if (included.unknown(stage)) return undefined;
    const hint = existsSync(resolve(args.folder, reference))
      ? `for the file of that name, write { file: ${reference} }`
      : reporter.diagnostics.length < maximumSuggestions
        ? suggestion(stage, [...Object.keys(file.stages), ...included.stages.keys()])
        : undefined;
    reporter.error('E_UNKNOWN_STAGE', `There is no stage "${stage}"`, { path: at }, hinted(hint));
    return undefined;
  }
  const outputs = args.outputsOf(stage);
  if (outputs === undefined) return undefined;
  const wanted = output ?? Object.keys(outputs)[0];
  if (wanted === undefined || !Object.hasOwn(outputs, wanted)) {
    const none = Object.keys(outputs).length === 0;
    const message = none ? `The stage "${stage}" has no outputs` : `The stage "${stage}" has no output "${wanted}"`;
    const hint = none ? 'declare them there with outputs: { NAME: FILE }' : suggestion(wanted!, Object.keys(outputs));
    reporter.error('E_UNKNOWN_OUTPUT', message, { path: at }, hinted(hint));
    return undefined;
  }
  const theirs = args.axesOf(stage);
  const shared = theirs.filter((axis) => own.some(([name]) => name === axis));
  return { stage, output: wanted, collected: theirs.filter((axis) => !shared.includes(axis)), shared };
}

/** `stage.output` or `stage`. */
function splitReference(reference: string): [stage: string, output: string | undefined] {
  const dot = reference.indexOf('.');
  return dot < 0 ? [reference, undefined] : [reference.slice(0, dot), reference.slice(dot + 1)];
}
