import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: this file runs from `src/` in tests and from `.build/` in the built program. */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  // Up to the top at most: a program that somebody has bundled with this file may lie anywhere.
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();

/** Built files: kernels, worker, task process, stages. */
export const buildFolder: string = join(packageRoot, '.build');
