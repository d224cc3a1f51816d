import { existsSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importModule } from '../import-module.js';
import { nearest } from '../schema/suggest.js';
import { definitionProblems } from './check.js';
import { costProblems } from './cost.js';
import type { StageDefinition } from './definition.js';
import { builtInStage, builtInStageNames, type StageModule, stageFile, stageFileName } from './registry.js';

/** Why a stage can't be used, in the user's words. */
export interface StageProblem {
  readonly error: string;
  readonly hint?: string;
}

/** The built-in stage that `uses:` names. */
export async function findBuiltInStage(uses: string, folder: string): Promise<StageDefinition | StageProblem> {
  return (await builtInStage(uses)) ?? unknownStage(uses, folder);
}

/** The file that `uses:` names. */
export function findUserStage(uses: string, folder: string): string | StageProblem {
  if (!stageFileName.test(uses))
    return {
      error: `${uses} is not a TypeScript or JavaScript file.`,
      hint: 'Its name must end in .ts, .mts, .js or .mjs.',
    };
  const file = stageFile(uses, folder);
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
  if (stageFileName.test(uses) && existsSync(resolve(folder, uses)))
    return { error, hint: `For the file of that name, write "./${uses}".` };
  const near = nearest(uses, names);
  const all = `Built-in stages: ${names.join(', ')}.`;
  return {
    error,
    hint: near === undefined ? `${all} A file of your own begins with "./".` : `did you mean "${near}"?`,
  };
}

/**
 * The default export of a file of the user's, whose code it runs: for the process of a task. To know what a stage is
 * like, see `describeStage`.
 *
 * @param module URL of its runnable code, see `runnableCode`
 * @param file where it lies, see `stageFile`: a confined process can't look
 */
export async function loadUserStage(
  module: string,
  uses: string,
  file: string,
): Promise<StageDefinition | StageProblem> {
  // Errors then name the lines of the user's files, in logs too.
  process.setSourceMapsEnabled(true);
  let loaded: { default?: unknown; cost?: unknown };
  try {
    loaded = (await importModule(module)) as typeof loaded;
  } catch (error) {
    return loadProblem(error, file, uses, module);
  }
  if (!('default' in loaded) || loaded.default === undefined)
    return { error: `${uses} has no default export.`, hint: 'End it with "export default defineStage({ … })".' };
  const problems = definitionProblems(loaded.default);
  if (problems.length === 0) {
    const wrong = costProblems(loaded.cost);
    if (wrong.length > 0) return { error: `The cost that ${uses} exports can't be used: ${wrong.join('; ')}.` };
    const { default: definition, cost } = loaded as StageModule;
    return cost === undefined ? definition : { ...definition, cost };
  }
  return { error: `The default export of ${uses} is not a stage: ${problems.join('; ')}.` };
}

/** The URL of a module that lies in no file. */
export function inMemory(code: string): string {
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
}

/** A file that can't be parsed never gets here: bundled for its fingerprint, it has been explained. */
function loadProblem(error: unknown, file: string, uses: string, module: string): StageProblem {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const line = module.startsWith('data:') ? lineByMap(stack, file, module) : lineOf(stack, file);
  const place = line === undefined ? uses : `${uses}:${line}`;
  return { error: `${place}: ${message.replaceAll(module, uses)}`, ...deniedHint(error) };
}

function lineOf(stack: string, file: string): string | undefined {
  const frame = stack.split('\n').find((line) => line.includes(file));
  return /:(\d+):\d+\)?$/.exec(frame ?? '')?.[1];
}

/** The same for a module in memory, for which Node looks at no source map. */
function lineByMap(stack: string, file: string, module: string): number | undefined {
  const [, text = ''] = /\bsourceMappingURL=data:[^,]*,(\S+)/.exec(bytesOf(module).toString()) ?? [];
  const payload = JSON.parse(Buffer.from(text, 'base64').toString()) as SourceMapPayload;
  const map = new SourceMap(payload);
  for (const [, line, column] of stack.replaceAll(module, 'module').matchAll(/\bmodule:(\d+):(\d+)/g)) {
    const found = map.findEntry(Number(line) - 1, Number(column) - 1);
    if ('originalSource' in found && fileURLToPath(payload.sourceRoot + found.originalSource) === file)
      return found.originalLine + 1;
  }
  return undefined;
}

const bytesOf = (url: string): Buffer => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');

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
