import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { readText } from '../files/read-text.js';
import { homeFolder } from '../home.js';
import { SlurmSchema } from '../pipeline/check/slurm.js';
import { unreadableFile } from '../pipeline/load.js';
import type { Diagnostic } from '../pipeline/text/diagnostic.js';
import { hinted, Reporter } from '../pipeline/text/reporter.js';
import { check } from '../schema/check.js';
import { placeName } from '../schema/words.js';
import { OwnCacheSchema } from '../store/remote/cache-schema.js';
import type { Caution } from '../store/remote/settings.js';

/** What a user says once for all pipelines. It comes before what those say themselves: it knows the machine. */
export const ConfigSchema = Type.Object(
  { cache: Type.Optional(OwnCacheSchema), slurm: Type.Optional(SlurmSchema) },
  { additionalProperties: false },
);

export type Config = Static<typeof ConfigSchema>;

export interface LoadedConfig {
  readonly file: string;
  /** Missing when there are errors. */
  readonly config?: Config;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
  /** What the user should know although nothing is wrong with it. */
  readonly caution?: Caution;
}

const elsewhere = 'Is HOME, or XDG_CONFIG_HOME, yours? XDG_CONFIG_HOME names another folder.';

/** `$XDG_CONFIG_HOME/spikeline/config.yaml`, by default in `~/.config`. */
export function configFile(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_CONFIG_HOME: folder } = env;
  return join(
    folder === undefined || folder === '' ? join(homeFolder(), '.config') : folder,
    'spikeline',
    'config.yaml',
  );
}

/** Reads the user's configuration; without a file it is empty. Mistakes come back as diagnostics, all at once. */
export async function readConfig(file: string = configFile()): Promise<LoadedConfig> {
  const text = readText(file);
  if (typeof text !== 'string') {
    if (text.isAbsent === true) return { file, config: {}, diagnostics: [], text: '' };
    const foreign = foreignFolder(file);
    // In many containers `HOME` is root's, and the user is not: nobody's configuration is there that could be read.
    if (foreign !== undefined)
      return {
        ...{ file, config: {}, diagnostics: [], text: '' },
        caution: { message: `${foreign} is another user's: it is not looked into for ${file}.`, hint: elsewhere },
      };
    // Not passed over: it may say that nothing unsigned is to be taken.
    return { file, diagnostics: [unreadableFile(file, { ...text, hint: text.hint ?? elsewhere })], text: '' };
  }
  // Loaded here, because most users have no such file.
  const { parseSource, plainRules } = await import('../pipeline/text/parse.js');
  const { source, value, diagnostics } = parseSource(file, text, plainRules);
  if (diagnostics.length > 0) return { file, diagnostics, text };
  // A file with nothing but comments in it.
  const content = value ?? {};
  const reporter = new Reporter(source);
  for (const { path, atKey, code, message, hint } of check(ConfigSchema, content)) {
    const subject = path.length === 0 ? 'The file' : placeName(path.slice(typeof path.at(-1) === 'number' ? -2 : -1));
    const at = { path, key: atKey && typeof path.at(-1) === 'string' };
    reporter.error(code, atKey ? message : `${subject} ${message}`, at, hinted(hint));
  }
  if (reporter.diagnostics.length > 0) return { file, diagnostics: reporter.diagnostics, text };
  return { file, config: content, diagnostics: [], text };
}

/** The folder above a file that belongs to another user who lets nobody in; undefined if it is not that which is in the way. */
function foreignFolder(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const owner = ownerOf(folder);
    if (owner === undefined) continue;
    try {
      accessSync(folder, constants.X_OK);
      return undefined;
    } catch {
      return owner === process.getuid?.() ? undefined : folder;
    }
  }
  return undefined;
}

function ownerOf(folder: string): number | undefined {
  try {
    return statSync(folder).uid;
  } catch {
    return undefined;
  }
}
