import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: this file runs from `src/` in tests and from `.build/` in the built program. */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();

/** Built files: kernels, worker, task process, stages. */
export const buildFolder: string = join(packageRoot, '.build');
