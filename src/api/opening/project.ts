import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../error.js';

const markers = ['package.json', '.git'];

/**
 * The folder for results and the store: `artifacts/` of the pipeline's project, so that one file has one store wherever
 * it is run from.
 *
 * @param chosen what `--artifacts` says
 * @param file the pipeline file; without it the working folder's project is meant
 * @throws {UserError} E_USAGE for an empty name, as of a variable that is not set: it would be the working folder
 */
export function artifactsFolder(chosen: string | undefined, file?: string): string {
  if (chosen === '') throw new UserError('E_USAGE', 'The name of the folder for results is empty.', 'see --artifacts');
  if (chosen !== undefined) return resolve(chosen);
  return join(projectOf(file === undefined ? realPath('.') : dirname(realPath(file))), 'artifacts');
}

/**
 * A link to a pipeline file means the file that it leads to, with what lies beside that; folders are as they were named.
 * @throws {UserError} E_USAGE for an empty name
 */
export function pipelineFile(name: string): string {
  if (name === '') throw new UserError('E_USAGE', 'The name of the pipeline file is empty.');
  return lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true ? realPath(name) : name;
}

/** The nearest folder that has `artifacts/`, `package.json` or `.git`; else the folder itself. */
function projectOf(folder: string): string {
  for (let at = folder; dirname(at) !== at; at = dirname(at)) if (isProject(at)) return at;
  return folder;
}

/** Where everybody may put something, as in /tmp, it says nothing. */
function isProject(folder: string): boolean {
  const marked = markers.some((name) => existsSync(join(folder, name))) || isFolder(join(folder, 'artifacts'));
  return marked && (process.platform === 'win32' || (statSync(folder).mode & 0o002) === 0);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What is not there, or has no place, as a pipe of the shell's, is said where it is read. */
function realPath(path: string): string {
  try {
    const real = realpathSync(path);
    return existsSync(real) ? real : resolve(path);
  } catch {
    return resolve(path);
  }
}
