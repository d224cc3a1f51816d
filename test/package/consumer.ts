import type { SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { removeInUse } from '../e2e/processes.js';
import { call } from './call.js';

/** How npm, pnpm and yarn add a package; the latter two are where `SPIKELINE_INSTALLERS` says, if they are to be tried. */
const others = process.env.SPIKELINE_INSTALLERS ?? '';
export const installers: Readonly<Record<string, (tarball: string) => readonly string[]>> = {
  npm: (tarball) => ['npm', 'install', '--no-audit', '--no-fund', tarball],
  ...(others === ''
    ? {}
    : {
        pnpm: (tarball: string) => [join(others, 'node_modules/.bin/pnpm'), 'add', tarball],
        yarn: (tarball: string) => [join(others, 'node_modules/.bin/yarn'), 'add', `file:${tarball}`],
      }),
};

/** Folders of projects that install the package. */
export class Projects {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-package-'));

  /** A project of its own, into which an installer has put the package. */
  add(installer: string): { readonly folder: string; readonly installed: SpawnSyncReturns<string> } {
    const folder = mkdtempSync(join(this.folder, 'project-'));
    writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "license": "MIT" }\n');
    return { folder, installed: call(installers[installer]!(inject('tarball')), folder) };
  }

  async remove(): Promise<void> {
    await removeInUse(this.folder);
  }
}

/** Bytes of all files below a folder; those that are there twice as links count once. */
export function sizeOf(folder: string): number {
  const seen = new Set<number>();
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name)))
    .filter(({ ino }) => !seen.has(ino) && seen.add(ino))
    .reduce((sum, { size }) => sum + size, 0);
}
