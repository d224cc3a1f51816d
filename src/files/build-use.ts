// Builds of a checkout stay for as long as somebody runs from them: a run may go on for days, and starts processes to the
// end. What is installed as a package is never built anew where it is.
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFolder } from '../paths.js';
import { isToken, ownToken, stateOf } from './process-identity.js';
import { removeFolder } from './remove.js';

/** How long a build stays whatever happens, in milliseconds: who has begun with it may not have said so. */
const graceMs = 3_600_000;
/** How long it stays for jobs of a cluster, which may wait, and for processes of other machines, which nobody here sees. */
const unknownMs = 30 * 86_400_000;
const jobsMark = 'jobs';
const held = new Set<string>();

/**
 * Keeps the build that this process runs from: until the process ends, or for as long as the jobs may take that it gave to
 * a cluster.
 */
export function holdBuild(by: 'process' | 'jobs'): void {
  const mark = by === 'jobs' ? jobsMark : ownToken();
  if (held.has(mark) || !existsSync(join(buildFolder, '..', 'current'))) return;
  held.add(mark);
  try {
    mkdirSync(join(buildFolder, 'in-use'), { recursive: true });
    writeFileSync(join(buildFolder, 'in-use', mark), '');
  } catch {
    // Whoever can't write there is safe for the time of grace.
  }
}

/** Marks the time from which on a build is an old one. */
export function retireBuild(build: string): void {
  utimesSync(build, new Date(), new Date());
}

/** Removes builds that are not the newest and that nobody uses. */
export function removeOldBuilds(builds: string, newest: string): void {
  for (const name of readdirSync(builds)) {
    if (!/^[0-9a-f]{16}(-\d+)?$/.test(name) || name === newest) continue;
    const build = join(builds, name);
    if (age(build) > graceMs && !isUsed(join(build, 'in-use'))) removeFolder(build);
  }
}

function isUsed(marks: string): boolean {
  const names = existsSync(marks) ? readdirSync(marks) : [];
  return names.some((name) => {
    const state = isToken(name) ? stateOf(name) : 'unknown';
    return state === 'alive' || (state === 'unknown' && age(join(marks, name)) < unknownMs);
  });
}

function age(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
