import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, parse, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isBelow } from '../files/path.js';
import { importModule } from '../import-module.js';
import { buildFolder, isBuilt, packageRoot } from '../paths.js';
import type { StageCost } from './cost.js';
import type { StageDefinition } from './definition.js';

/** Built-in stages come from the same side as this file. */
const [folder, extension] = isBuilt ? [join(buildFolder, 'stages'), '.js'] : [join(packageRoot, 'stages'), '.ts'];

/** True if `uses:` names a file of the user's. */
export function isUserStage(uses: string): boolean {
  return uses.startsWith('./') || uses.startsWith('../');
}

/** Files of stages have these names. */
export const stageFileName = /\.(ts|mts|js|mjs)$/;

/**
 * Absolute path of a file of the user's. Of a link it is where it leads: what the file imports lies there.
 *
 * @param folder of the pipeline file
 */
export function stageFile(uses: string, folder: string): string {
  const file = resolve(folder, uses);
  if (!existsSync(file)) return file;
  const real = realpathSync(file);
  if (!stageFileName.test(real)) return file;
  // The folder's own name stays, which messages have.
  const place = existsSync(folder) ? realpathSync(folder) : folder;
  return isBelow(place, real) ? join(folder, relative(place, real)) : real;
}

/** The code of what keeps the stage that `uses:` names from being used: there is none of that name, or a file of the user's isn't one. */
export function stageProblemCode(uses: string): 'E_STAGE_CODE' | 'E_UNKNOWN_STAGE' {
  return isUserStage(uses) ? 'E_STAGE_CODE' : 'E_UNKNOWN_STAGE';
}

/** What the file of a stage exports. */
export interface StageModule {
  readonly default: StageDefinition;
  readonly cost?: StageCost;
}

/** Names of the built-in stages, sorted: each is the name of its file. */
export function builtInStageNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension))
    .map((file) => parse(file).name)
    .sort();
}

/** A built-in stage; undefined if there is none of that name. Only its own file is loaded. */
export async function builtInStage(name: string): Promise<StageDefinition | undefined> {
  const file = join(folder, `${name}${extension}`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) return undefined;
  const { default: definition, cost } = (await importModule(pathToFileURL(file).href)) as StageModule;
  // The same object each time: what is made of a definition is remembered by it.
  return cost === undefined ? definition : Object.assign(definition, { cost });
}

/** All built-in stages, sorted by name. */
export async function builtInStages(): Promise<readonly StageDefinition[]> {
  const stages = await Promise.all(builtInStageNames().map(builtInStage));
  return stages.filter((stage) => stage !== undefined);
}
