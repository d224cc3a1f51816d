import type { LoadOptions } from '../../src/pipeline/assemble.js';
import type { Pipeline, Task } from '../../src/pipeline/expand/task.js';
import { type Loaded, loadPipeline } from '../../src/pipeline/load.js';
import { formatDiagnostics } from '../../src/pipeline/text/format.js';
import { resolveFake } from './stages.js';

type Options = Partial<LoadOptions> & { readonly file?: string };

/** Loads a text as `pipeline.yaml`, with the stages of `stages.ts`. */
export function load(text: string, { file = 'pipeline.yaml', ...options }: Options = {}): Promise<Loaded> {
  return loadPipeline(file, { text, resolveStage: resolveFake, ...options });
}

/** All that a user sees of the mistakes in a text. */
export async function mistakes(text: string, options: Options = {}): Promise<string> {
  const { diagnostics } = await load(text, options);
  return formatDiagnostics(diagnostics, (file) => (file === 'pipeline.yaml' ? text : undefined));
}

/** The pipeline that a text without mistakes makes. */
export async function pipelineOf(text: string, options: Options = {}): Promise<Pipeline> {
  const { pipeline, diagnostics } = await load(text, options);
  if (pipeline === undefined) throw new Error(formatDiagnostics(diagnostics, () => text));
  return pipeline;
}

export function taskOf(pipeline: Pipeline, id: string): Task {
  const task = pipeline.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`There is no task ${id}.`);
  return task;
}

/** A text without its first line break, its last blank line and the indentation that all of its lines share. */
export function lines(text: string): string {
  const all = text.replace(/^\n/, '').replace(/\n *$/, '\n').split('\n');
  const indents = all.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  return all.map((line) => line.slice(Math.min(...indents))).join('\n');
}
