import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../error.js';
import { digestBytes, digestJson } from '../files/digest.js';
import { readRegularFile } from '../files/regular-file.js';
import type { Digest } from '../values.js';

/** More than these no package has that somebody works on. */
const most = { files: 10_000, bytes: 2 ** 28 };
/** What is installed counts by its version; the history changes with no file. */
const ignored = new Set(['node_modules', '.git']);

/**
 * SHA-256 of the names and contents of all files of a package, wherever it lies.
 *
 * @throws {UserError} E_STAGE_CODE where there are too many
 */
export function digestPackage(folder: string): Digest {
  const digests: Record<string, Digest> = {};
  const seen = new Set<string>();
  let [files, bytes] = [0, 0];
  const count = (below: string) => {
    const path = join(folder, below);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      // Links may lead in a circle.
      const real = realpathSync(path);
      if (seen.has(real)) return;
      seen.add(real);
      for (const name of readdirSync(path).sort())
        if (!ignored.has(name)) count(below === '' ? name : `${below}/${name}`);
    } else if (stats?.isFile()) {
      files++;
      bytes += stats.size;
      if (files > most.files || bytes > most.bytes) throw tooLarge(folder);
      digests[below] = digestBytes(readRegularFile(path));
    }
  };
  count('');
  return digestJson(digests);
}

function tooLarge(folder: string): UserError {
  return new UserError(
    'E_STAGE_CODE',
    `The package in ${folder} can't be bundled, and has more than 10,000 files or 256 MiB, too many to count instead.`,
    'Install it rather than a link to it, such as with npm install --install-links.',
  );
}
