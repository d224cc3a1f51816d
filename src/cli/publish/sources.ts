// What a pipeline is made of outside the store: its files, code of the user's, and the data that it names.

import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { artifactsFolder } from '../../api/opening/project.js';
import { isBelow } from '../../files/path.js';
import type { CommandPart, Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Planner, TaskPlan } from '../../run/plan/planner.js';
import { stageSources } from '../../stage/fingerprint.js';
import type { TaskId } from '../../values.js';

/** Absolute paths, each once. */
export interface Sources {
  /** The folder that they keep their places in: the project's, or a folder above it that holds them all. */
  readonly base: string;
  /** Pipeline files, stages of the user's with what they import, and files that commands name. */
  readonly code: readonly string[];
  /** Files and folders that tasks read. */
  readonly inputs: readonly string[];
  /** Files of both kinds that are nobody else's business. */
  readonly secrets: readonly string[];
}

/** @param plans of all tasks, each with its result */
export async function sourcesOf(
  pipeline: Pipeline,
  planner: Planner,
  plans: ReadonlyMap<TaskId, TaskPlan>,
): Promise<Sources> {
  const code = new Set(pipeline.files);
  const inputs = new Set<string>();
  for (const task of pipeline.tasks) {
    if (task.action.kind === 'stage')
      for (const path of await stageSources(task.action.uses, pipeline.folder)) code.add(path);
    for (const input of Object.values(task.inputs))
      if (input.kind === 'file') inputs.add(resolve(pipeline.folder, input.path));
    const { files } = await planner.identify(task, (id) => plans.get(id)?.result?.outputs);
    for (const path of files) inputs.add(resolve(pipeline.folder, path));
  }
  const base = baseOf(pipeline.file, [...code]);
  const named = pipeline.tasks.flatMap(namedFiles).filter((path) => isBelow(base, path));
  for (const path of named) if (!inputs.has(path)) code.add(path);
  const withheld = (path: string) => holdsSecrets(path) && !pipeline.files?.includes(path);
  const open = (paths: Iterable<string>) => [...paths].filter((path) => !withheld(path)).sort();
  return { base, code: open(code), inputs: open(inputs), secrets: [...code, ...inputs].filter(withheld).sort() };
}

/** True if a file's name says, by custom, that secrets are in it: who publishes a run does not mean them. */
export function holdsSecrets(path: string): boolean {
  const name = basename(path).toLowerCase();
  if (/\.(example|sample|template|pub)$/.test(name)) return false;
  return (
    /^(\.env(\..+)?|.+\.env|\.netrc|_netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials|\.htpasswd)$/.test(name) ||
    /^(id_(rsa|dsa|ecdsa|ed25519)|credentials(\.json)?|secrets?(\.(ya?ml|json|txt|toml|ini))?)$/.test(name) ||
    /\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)$/.test(name)
  );
}

function baseOf(file: string, paths: readonly string[]): string {
  let base = dirname(artifactsFolder(undefined, file));
  while (!paths.every((path) => isBelow(base, path)) && dirname(base) !== base) base = dirname(base);
  return base;
}

/** Files that a command names and that are no input of it: the result does not depend on them by its key, but it needs them. */
function namedFiles({ action, folder }: Task): string[] {
  const words =
    action.kind === 'command'
      ? action.command.map((word) => word.map(textOf).join(''))
      : action.kind === 'shell'
        ? action.script
            .map(textOf)
            .join('')
            .split(/[\s"'`;|&()<>=]+/)
        : [];
  return words
    .filter((word) => word !== '')
    .map((word) => resolve(folder, word))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** Inputs and outputs lie elsewhere while it runs. */
const textOf = (part: CommandPart): string => ('text' in part ? part.text : 'value' in part ? part.value : ' ');
