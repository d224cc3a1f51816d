import { readdir } from 'node:fs/promises';
import { program } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openPipelineFile } from '../../api/opening/pipeline.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';

/** Loads the pipeline that a command line means: its mistakes are shown all at once and end the program with exit code 2. */
export async function openPipeline(file: string | undefined, options: PipelineOptions): Promise<Pipeline> {
  return openPipelineFile(file ?? (await onlyPipeline()), options);
}

/** The pipeline file meant when none is named: the only one here. @throws UserError `E_USAGE` if there are others or none */
export async function onlyPipeline(): Promise<string> {
  const names = (await readdir('.')).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 1) return names[0]!;
  const found = names.length === 0 ? 'there is none in this folder' : `this folder has ${names.join(', ')}`;
  throw new UserError(
    'E_USAGE',
    `Which pipeline file? ${found[0]!.toUpperCase()}${found.slice(1)}.`,
    `name it after the command, such as ${program} run FILE`,
  );
}
