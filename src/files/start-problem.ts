import { accessSync, constants, existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { openTooMany } from './refusals.js';

const fewer = 'run fewer tasks at a time with --jobs.';

/** What a machine lacks, whatever is to be started there, and what to do about it. */
const lacks: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EMFILE: [openTooMany.EMFILE, `Allow more, such as with \`ulimit -n 1024\`, or ${fewer}`],
  ENFILE: [openTooMany.ENFILE, `End other programs, or ${fewer}`],
  EAGAIN: [
    'the system allows no more processes',
    `\`ulimit -u\` shows how many this user may have: end others, or ${fewer}`,
  ],
  ENOMEM: ['there is no memory left for it', `Give this machine or container more, or ${fewer}`],
};

/**
 * Why a process could not be started, in words that follow its name, and what to do about it; undefined where that is not
 * for the machine or the folder it was to run in.
 *
 * @param code the system's
 */
export function startProblem(
  code: string | undefined,
  folder: string | undefined,
): readonly [how: string, hint: string] | undefined {
  // The system says the same of a program.
  if ((code === 'ENOENT' || code === 'EACCES') && folder !== undefined && !canEnter(folder))
    return [
      `runs in ${folder}, which ${existsSync(folder) ? 'you may not enter' : 'does not exist'} on ${hostname()}`,
      'It is the folder of the pipeline file. Was it moved, or is it on a disk that this machine does not see?',
    ];
  const lack = lacks[code ?? ''];
  return lack && [`could not be started: ${lack[0]}`, lack[1]];
}

function canEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
