// The pages of docs/reference/, made from the definitions that the program itself goes by.
import type { TSchema } from '@sinclair/typebox';
import { type CommandEntry, commands, pipelineOptions } from '../../src/cli/command-table.js';
import { PipelineSchema } from '../../src/pipeline/check/schema.js';
import { keysOf } from '../../src/schema/keys.js';
import type { StageDefinition } from '../../src/stage/definition.js';
import { builtInStages } from '../../src/stage/registry.js';
import { stageTables } from '../../src/stage/tables.js';

const note = '<!-- Made by `npm run docs` from the definitions in src/ and stages/. -->';
const code = (text: string) => `\`${text}\``;
/** In a table, and not taken for HTML. */
const text = (words: string) => words.replaceAll('<', '&lt;').replaceAll(/\$\{\{(.*?)\}\}/g, '`${{$1}}`');

function table(rows: readonly Readonly<Record<string, string>>[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const columns = Object.keys(rows[0]!);
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join('\n');
}

export function commandsPage(): string {
  return [
    note,
    '# Commands',
    '`npx spikeline COMMAND`. Exit code 0: done, 1: a task or check failed, 2: the pipeline or the call is wrong, 130: interrupted.',
    table(commands.map(({ usage, description }) => ({ command: code(usage), does: text(description) }))),
    '## Options of all commands that take a pipeline',
    optionTable(pipelineOptions),
    ...commands.flatMap(commandSection),
  ].join('\n\n');
}

function commandSection({ usage, description, options = [], pipeline, details }: CommandEntry): string[] {
  const name = usage.split(' ')[0]!;
  const also = pipeline ? ['Takes the options of all commands that take a pipeline.'] : [];
  const more = details === undefined ? [] : [`\`\`\`text shown\n${details.trim()}\n\`\`\``];
  return [
    `## ${name}`,
    `\`npx spikeline ${usage}\`: ${text(description)}.`,
    ...also,
    ...(options.length === 0 ? [] : [optionTable(options)]),
    ...more,
  ];
}

function optionTable(options: NonNullable<CommandEntry['options']>): string {
  return table(options.map(([flags, meaning]) => ({ option: code(flags), means: text(meaning) })));
}

export async function stagesPage(): Promise<string> {
  return [
    note,
    '# Stages',
    '`npx spikeline stages NAME` prints the same.',
    ...(await builtInStages()).flatMap(stageSection),
  ].join('\n\n');
}

function stageSection(stage: StageDefinition): string[] {
  const tables = stageTables(stage).map((rows) => table(rows.map(codedRow)));
  return [`## ${stage.name}`, `${text(stage.summary)}.`, ...tables];
}

/** Cells that a pipeline file would hold, by their headings. */
const coded = ['parameter', 'input', 'output', 'path', 'default'];

function codedRow(row: Readonly<Record<string, string>>): Record<string, string> {
  const cell = ([heading, words]: [string, string]): [string, string] => {
    const [value, ...note] = words.split(/ (?=\(default\)$)/);
    const isCode = coded.includes(heading) && !['required', '–'].includes(words);
    return [heading, isCode ? [code(value!), ...note].join(' ') : text(words)];
  };
  return Object.fromEntries(Object.entries(row).map(cell));
}

export function pipelineFilePage(): string {
  const { stages, expect, params, axes, profiles, ...others } = PipelineSchema.properties;
  const stage = Object.values(stages.patternProperties)[0] as TSchema;
  const top = { ...others, params, axes, profiles, stages, expect };
  return [
    note,
    '# The pipeline file',
    '[Pipeline files](../pipelines.md) explains them; this is every key.',
    '## At the top',
    table(keyRows({ properties: top, required: PipelineSchema.required } as unknown as TSchema)),
    '## A stage',
    table(keyRows(stage)),
    '### resources',
    table(keyRows(stage.properties.resources)),
    '## An expectation',
    table(keyRows((expect as unknown as { items: TSchema }).items)),
    '### equals',
    table(keyRows((expect as unknown as { items: TSchema }).items.properties.equals)),
    '## cache',
    table(keyRows(others.cache)),
    '## slurm',
    table(keyRows(others.slurm)),
  ].join('\n\n');
}

/** A row for each key of a map. */
function keyRows(schema: TSchema): Record<string, string>[] {
  return keysOf(schema).map(({ name, type, default: standard, meaning }) => ({
    key: code(name),
    type: text(type),
    default: ['required', '–'].includes(standard) ? standard : code(standard),
    meaning: text(meaning),
  }));
}
