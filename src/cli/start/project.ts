// How the package itself is had by a folder of the user's.
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { packageRoot } from '../../paths.js';
import { version } from '../../version.js';

/** True where `import 'spikeline'` and `npx spikeline` work in a folder: it is installed there or above, or is there. */
export function hasSpikeline(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (at === packageRoot || existsSync(join(at, 'node_modules/spikeline/package.json'))) return true;
    if (dirname(at) === at) return false;
  }
}

/** The folder of this package from another one; undefined where it is installed and no checkout. */
function checkout(folder: string): string | undefined {
  if (packageRoot.split(sep).includes('node_modules')) return undefined;
  return relative(folder, packageRoot).split(sep).join('/');
}

/** What `npm install` is given in a folder to add this package there. */
export function packageArgument(folder: string): string {
  return checkout(folder) ?? `spikeline@${version}`;
}

/** Tests in a new folder. They are named, for Node 20 would else go through all results, and fail at links that lead nowhere. */
export const testCall = 'node --test test/*.test.mjs';

/** A `package.json` for a folder that has none. */
export function packageFile(folder: string, pipeline: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const scripts = { start: `spikeline run ${pipeline}`, test: testCall };
  const from = checkout(folder);
  const dependencies = { spikeline: from === undefined ? version : `file:${from}` };
  return `${JSON.stringify({ name: name || 'pipeline', private: true, type: 'module', scripts, dependencies }, null, 2)}\n`;
}
