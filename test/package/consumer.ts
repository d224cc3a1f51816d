import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';

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

/** Runs npm's own programs as a user does, who has none of the variables that npm gives to its scripts. */
export function call(words: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(registry|userconfig))|INIT_CWD)/.test(name),
  );
  const env = { ...Object.fromEntries(own), XDG_CONFIG_HOME: join(cwd, '.config'), GITHUB_ACTIONS: '', CI: 'true' };
  return spawnSync(words[0]!, words.slice(1), { cwd, env, encoding: 'utf8' });
}

/** The package as it is published, and projects that install it. */
export class Published {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-package-'));
  readonly tarball: string;

  constructor() {
    const { status, stdout, stderr } = call(
      ['npm', 'pack', '--silent', '--pack-destination', this.folder],
      packageRoot,
    );
    if (status !== 0) throw new Error(`npm pack: ${stdout}${stderr}`);
    this.tarball = join(this.folder, readdirSync(this.folder).find((name) => name.endsWith('.tgz'))!);
  }

  /** A project of its own, into which an installer has put the package. */
  project(installer: string): { readonly folder: string; readonly installed: SpawnSyncReturns<string> } {
    const folder = mkdtempSync(join(this.folder, 'project-'));
    writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "license": "MIT" }\n');
    return { folder, installed: call(installers[installer]!(this.tarball), folder) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
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
