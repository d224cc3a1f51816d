import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { program } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openPipelineFile } from '../../api/opening/pipeline.js';
import { UserError } from '../../error.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { Pipeline } from '../../pipeline/expand/task.js';

/** Bytes of a file that may be a pipeline. */
const longestFile = 2 ** 20;

/** Loads the pipeline that a command line means: its mistakes are shown all at once and end the program with exit code 2. */
export async function openPipeline(file: string | undefined, options: PipelineOptions): Promise<Pipeline> {
  return openPipelineFile(file ?? onlyPipeline(), options);
}

/** The pipeline file meant when none is named: the only one here. @throws UserError `E_USAGE` if there are others or none */
export function onlyPipeline(): string {
  const names = readdirSync('.')
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  if (names.length === 1) return names[0]!;
  const found = names.length === 0 ? 'there is none in this folder' : `this folder has ${names.join(', ')}`;
  throw new UserError(
    'E_USAGE',
    `Which pipeline file? ${found[0]!.toUpperCase()}${found.slice(1)}.`,
    `name it after the command, such as ${program} run ${names.length === 0 ? (fileAbove() ?? 'FILE') : 'FILE'}`,
  );
}

/** A pipeline file of the project that a call from one of its folders may mean: the first of the next folder that has any. */
function fileAbove(): string | undefined {
  for (let folder = '..'; resolve(folder) !== resolve(folder, '..'); folder = join(folder, '..')) {
    const found = entriesOf(folder).find((name) => /\.ya?ml$/.test(name) && isPipeline(join(folder, name)));
    if (found !== undefined) return join(folder, found);
    // What lies above a project, or a home, is another's.
    if (entriesOf(folder).some((name) => name === 'package.json' || name === '.git')) return undefined;
  }
  return undefined;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Other programs have files of that format as well. */
function isPipeline(file: string): boolean {
  try {
    return /^(stages|include|extends):/m.test(readRegularFile(file, longestFile).toString());
  } catch {
    return false;
  }
}
