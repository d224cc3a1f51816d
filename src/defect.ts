// What goes wrong although nothing outside this program is to blame: users get words and a file to send, no stack trace.
import { writeFileSync } from 'node:fs';
import { arch, platform, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { makeFolder } from './files/make-folder.js';
import { version } from './version.js';

/** By what was reported: ten thousand tasks may meet the same. */
const reported = new Map<string, string | undefined>();

/**
 * Writes a report for whoever is to mend the program.
 *
 * @param folder where it goes if that can be written; else it goes to the system's temporary folder
 * @returns its path; undefined if it can't be written at all
 */
function reportDefect(error: unknown, folder?: string): string | undefined {
  const trace = inspect(error, { depth: 4 });
  const known = (error instanceof Error && error.stack) || trace;
  if (!reported.has(known)) reported.set(known, write(trace, folder === undefined ? [tmpdir()] : [folder, tmpdir()]));
  return reported.get(known);
}

/** The same in words: what to do about it. */
export function defectHint(error: unknown, folder?: string): string {
  const path = reportDefect(error, folder);
  const what = 'Your pipeline is not to blame; this should not happen.';
  return path === undefined ? what : `${what} Please send the developers the report in ${path}`;
}

function write(trace: string, folders: readonly string[]): string | undefined {
  const now = new Date().toISOString();
  const about = [
    `Spikeline ${version}, Node ${process.version}, ${platform()} ${release()} ${arch()}`,
    `${now}, in ${workingFolder()}`,
    `called with ${JSON.stringify(process.argv.slice(2))}`,
  ];
  for (const folder of folders)
    try {
      makeFolder(folder);
      const path = join(folder, `spikeline-report-${now.replaceAll(/[-:.]/g, '')}-${process.pid}-${reported.size}.txt`);
      // Never into a file, or through a link, that is there already.
      writeFileSync(path, `${about.join('\n')}\n\n${trace}\n`, { flag: 'wx' });
      return path;
    } catch {
      // The next folder, then.
    }
  return undefined;
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return 'a folder that is gone';
  }
}
