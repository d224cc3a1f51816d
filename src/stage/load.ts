import { existsSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { nearest } from '../schema/suggest.js';
import * as spikeline from './authoring.js';
import { definitionProblems } from './check.js';
import type { StageDefinition } from './definition.js';
import { builtInStage, builtInStageNames, isUserStage } from './registry.js';

/** Why a stage can't be used, in the user's words. */
export interface StageProblem {
  readonly error: string;
  readonly hint?: string;
}

const extensions = /\.(ts|mts|js|mjs)$/;
const loaded = new Map<string, Promise<StageDefinition | StageProblem>>();

/**
 * Finds what `uses:` names: a built-in stage, or the default export of a file of the user's, whose code it runs: for
 * the process of a task. To know what a stage is like, see `describeStage`.
 *
 * @param folder of the pipeline file, which `./` is relative to
 */
export async function resolveStage(uses: string, folder: string): Promise<StageDefinition | StageProblem> {
  if (!isUserStage(uses)) return (await builtInStage(uses)) ?? unknownStage(uses, folder);
  const file = findUserStage(uses, folder);
  if (typeof file !== 'string') return file;
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  const version = `${file} ${ino} ${size} ${mtimeNs}`;
  const stage = loaded.get(version) ?? loadUserStage(file, uses);
  loaded.set(version, stage);
  return stage;
}

/** The file that `uses:` names. */
export function findUserStage(uses: string, folder: string): string | StageProblem {
  if (!extensions.test(uses))
    return {
      error: `${uses} is not a TypeScript or JavaScript file.`,
      hint: 'Its name must end in .ts, .mts, .js or .mjs.',
    };
  const file = resolve(folder, uses);
  if (!existsSync(file)) return { error: `The file ${uses} does not exist.` };
  if (sep === '/' && file.includes('\\'))
    return {
      error: `${uses} can't be loaded from a path with a backslash: ${file}.`,
      hint: 'Modules take backslashes for slashes. Give its folder another name.',
    };
  return file;
}

function unknownStage(uses: string, folder: string): StageProblem {
  const names = builtInStageNames();
  const error = `There is no stage "${uses}".`;
  if (extensions.test(uses) && existsSync(resolve(folder, uses)))
    return { error, hint: `For the file of that name, write "./${uses}".` };
  const near = nearest(uses, names);
  const all = `Built-in stages: ${names.join(', ')}.`;
  return {
    error,
    hint: near === undefined ? `${all} A file of your own begins with "./".` : `did you mean "${near}"?`,
  };
}

async function loadUserStage(file: string, uses: string): Promise<StageDefinition | StageProblem> {
  const { createJiti } = await import('jiti');
  // The same module that the program itself uses, so that `spikeline` is found without a node_modules beside the file.
  const jiti = createJiti(file, { fsCache: false, moduleCache: false, virtualModules: { spikeline } });
  let module: { default?: unknown };
  try {
    module = await jiti.import<{ default?: unknown }>(file);
  } catch (error) {
    return loadProblem(error, file, uses);
  }
  if (!('default' in module) || module.default === undefined)
    return { error: `${uses} has no default export.`, hint: 'End it with "export default defineStage({ … })".' };
  const problems = definitionProblems(module.default);
  if (problems.length === 0) return module.default as StageDefinition;
  return { error: `The default export of ${uses} is not a stage: ${problems.join('; ')}.` };
}

/** A file that can't be parsed never gets here: bundled for its fingerprint, it has been explained. */
function loadProblem(error: unknown, file: string, uses: string): StageProblem {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const frame = (stack ?? '').split('\n').find((line) => line.includes(file));
  // jiti keeps lines, but not columns.
  const line = /:(\d+):\d+\)?$/.exec(frame ?? '')?.[1];
  const place = line === undefined ? uses : `${uses}:${line}`;
  return { error: `${place}: ${message}`, ...deniedHint(error) };
}

/** Where definitions are read, little is allowed. */
function deniedHint(error: unknown): { readonly hint?: string } {
  const { code, permission, resource } = error as { code?: string; permission?: string; resource?: string };
  if (code !== 'ERR_ACCESS_DENIED' && code !== 'ERR_DLOPEN_DISABLED') return {};
  const what =
    permission === 'FileSystemRead'
      ? `It reads ${resource ?? 'a file'}`
      : permission === 'FileSystemWrite'
        ? 'It writes a file'
        : 'It does more than declare a stage';
  return { hint: `${what} as it is loaded, which only run() may do: there, import() loads packages, too.` };
}
