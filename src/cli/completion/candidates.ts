import { readdirSync } from 'node:fs';
import { openPipelineFile } from '../../api/opening/pipeline.js';
import { type DeclaredNames, readDeclared } from '../../pipeline/declared.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { countOf } from '../../run/views/text.js';
import { isMap } from '../../schema/words.js';
import { describeStage } from '../../stage/describe.js';
import { builtInStageNames } from '../../stage/registry.js';
import { onlyPipeline } from '../opening/pipeline.js';
import type { CompletedCommand } from './commands.js';

/** What may stand where something is typed. */
export interface Candidate {
  /** The whole word. It may end in a character after which more of it follows: `=`, `@`, `,`, `/`. */
  readonly value: string;
  readonly about?: string;
}

/** What the words before the current one say. */
interface Call {
  readonly entry: CompletedCommand;
  readonly positional: readonly string[];
  readonly set: readonly string[];
  readonly profile?: string;
  /** The option whose value is being typed. */
  readonly option?: string;
}

/**
 * What may stand in place of the word that is being typed. Nothing is run, and a file that has mistakes is no reason to say
 * anything.
 *
 * @param words those before it, behind the program's name
 * @param current what is typed of it
 * @param commands with the options that each takes
 */
export async function candidates(
  words: readonly string[],
  current: string,
  commands: readonly CompletedCommand[],
): Promise<readonly Candidate[]> {
  const all = await allCandidates(words, current, commands).catch(() => []);
  return all.filter(({ value }) => value.startsWith(current));
}

async function allCandidates(
  [name, ...words]: readonly string[],
  current: string,
  commands: readonly CompletedCommand[],
): Promise<readonly Candidate[]> {
  if (name === undefined)
    return [...commands.map(({ name, description }) => ({ value: name, about: description })), { value: '--help' }];
  const entry = commands.find((one) => one.name === name);
  if (entry === undefined) return name === 'help' ? commands.map((one) => ({ value: one.name })) : [];
  const call = readCall(entry, words);
  if (call.option !== undefined) {
    const values = await optionValues(call, call.option, current);
    if (call.option !== '--force' || !current.startsWith('-')) return values;
  }
  if (current.startsWith('-'))
    return [...entry.options.map(({ flag, about }) => ({ value: flag, about })), { value: '--help' }];
  return positionalValues(call, current);
}

function readCall(entry: CompletedCommand, words: readonly string[]): Call {
  const [positional, set]: [string[], string[]] = [[], []];
  let profile: string | undefined;
  let option: string | undefined;
  for (const word of words) {
    if (option !== undefined) {
      if (option === '--set') set.push(word);
      if (option === '--profile') profile = word;
      option = undefined;
    } else if (word.startsWith('-')) option = entry.options.find(({ flag }) => flag === word)?.takes ? word : undefined;
    else positional.push(word);
  }
  return { entry, positional, set, ...(profile !== undefined && { profile }), ...(option !== undefined && { option }) };
}

async function optionValues(call: Call, option: string, current: string): Promise<readonly Candidate[]> {
  const known = call.entry.options.find(({ flag }) => flag === option)?.values;
  if (known !== undefined) return known.map((value) => ({ value }));
  switch (option) {
    case '--profile':
      return ((await declared(call))?.profiles ?? []).map((value) => ({ value }));
    case '--set': {
      const [name] = current.split('=') as [string];
      if (current.includes('=')) {
        const values = (await pipelineOf({ ...call, set: [] })).axes[name] ?? [];
        return values.filter((value) => !isMap(value)).map((value) => ({ value: `${name}=${String(value)}` }));
      }
      const { axes = {}, params = [] } = (await declared(call)) ?? {};
      return [...Object.keys(axes), ...params].map((one) => ({ value: `${one}=` }));
    }
    case '--force':
      return targets(await pipelineOf(call), current);
    default:
      return paths(current, /./);
  }
}

async function positionalValues(call: Call, current: string): Promise<readonly Candidate[]> {
  const { places } = call.entry;
  const place = places[call.positional.length] ?? (places.at(-1)?.endsWith('...') ? places.at(-1)! : '');
  switch (place.replace('...', '')) {
    case 'file':
    case 'files':
      return paths(current, /\.ya?ml$/);
    case 'targets':
    case 'task':
      return targets(await pipelineOf(call), current);
    case 'folder':
      return paths(current, /$^/);
    case 'name':
      return builtInStageNames().map((value) => ({ value }));
    default:
      return place.includes('|') ? place.split('|').map((value) => ({ value })) : [];
  }
}

const fileOf = (call: Call): string => {
  const at = call.entry.places.findIndex((place) => /^files?(\.\.\.)?$/.test(place));
  return call.positional[at] ?? onlyPipeline();
};

async function declared(call: Call): Promise<DeclaredNames | undefined> {
  return (await readDeclared(fileOf(call), describeStage)).names;
}

async function pipelineOf(call: Call): Promise<Pipeline> {
  const { set, profile } = call;
  return openPipelineFile(fileOf(call), { set, ...(profile !== undefined && { profile }) });
}

/** Stages, and parts of their sweeps up to the axis that is being typed: `snn@precision=k1B2,noise=…`. */
function targets({ tasks, stages }: Pipeline, current: string): readonly Candidate[] {
  const [stage, point] = current.split('@') as [string, string?];
  if (point === undefined)
    return stages.flatMap((name) => {
      const own = tasks.filter((task) => task.stage === name);
      const isSwept = Object.keys(own[0]?.axes ?? {}).length > 0;
      return [{ value: name, about: countOf(own.length, 'task') }, ...(isSwept ? [{ value: `${name}@` }] : [])];
    });
  const chosen = point.split(',').slice(0, -1);
  const pairs = chosen.map((pair) => pair.split('=') as [string, string]);
  const matching = tasks.filter(
    (task) => task.stage === stage && pairs.every(([axis, label]) => task.labels[axis] === label),
  );
  const before = `${stage}@${chosen.map((pair) => `${pair},`).join('')}`;
  const left = Object.keys(matching[0]?.labels ?? {}).filter((axis) => !pairs.some(([taken]) => taken === axis));
  const [typed = ''] = point.split(',').slice(-1);
  if (!typed.includes('=')) return left.map((axis) => ({ value: `${before}${axis}=` }));
  const [axis] = typed.split('=') as [string];
  const labels = [...new Set(matching.map((task) => task.labels[axis] ?? ''))];
  const whole = labels.map((label) => ({ value: `${before}${axis}=${label}` }));
  return left.length > 1 ? [...whole, ...whole.map(({ value }) => ({ value: `${value},` }))] : whole;
}

/** Files of a kind and folders, where a path is being typed. Hidden ones have to be asked for. */
function paths(current: string, kind: RegExp): readonly Candidate[] {
  const folder = current.slice(0, current.lastIndexOf('/') + 1);
  const begun = current.slice(folder.length);
  return readdirSync(folder || '.', { withFileTypes: true })
    .filter(({ name }) => begun.startsWith('.') || !name.startsWith('.'))
    .filter((entry) => entry.isDirectory() || kind.test(entry.name))
    .map((entry) => ({ value: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}` }));
}
