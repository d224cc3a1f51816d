import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The package's own folder: this file runs from `src/` in tests and from `.build/` in the built program. */
export const packageRoot: string = (() => {
  let folder = here;
  // Up to the top at most: a program that somebody has bundled with this file may lie anywhere.
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();

const builds = join(packageRoot, '.build');
/** Where in there this file runs from: in the folder of a build, or among the developers' own programs. */
const [place = ''] = relative(builds, here).split(sep);

/** True in the built program, false in its sources as the tests run them. */
export const isBuilt: boolean = place !== '' && place !== '..';

/** What one build has made: kernels, workers, the process of a task, stages. What is built keeps to its own build. */
export const buildFolder: string = isBuilt && place !== 'dev' ? join(builds, place) : currentBuild();

function currentBuild(): string {
  try {
    return join(builds, readFileSync(join(builds, 'current'), 'utf8'));
  } catch {
    return join(builds, 'none');
  }
}
