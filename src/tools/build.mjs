// Builds everything that runs: kernels (C → WASM), the program and the stages (TypeScript → JavaScript), the
// fingerprints of the built-in stages, and the JSON Schema of pipeline files. Plain JavaScript, because it is what makes
// TypeScript runnable.
//
// Each build is a folder of its own below .build/, named by what it is made of: whatever runs keeps to the one that it
// began with. Small files beside them lead to the newest. Nothing is done where no source changed, so that whatever needs a
// build can ask for one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builds, hashFiles, replace, root, sources } from './build/files.mjs';
import { buildKernels } from './build/kernels.mjs';
import { copyPackages, writeLicences } from './build/packages.mjs';
import { bundleCommandLine, bundleDevelopment, bundleModules } from './build/programs.mjs';

/**
 * Makes the folder of a build, which is there whole or not at all.
 * @returns what the build itself knows of builds
 */
async function make(name) {
  const draft = join(builds, `${name}-${process.pid}`);
  mkdirSync(draft, { recursive: true });
  try {
    await buildKernels(draft);
    copyPackages(draft);
    writeLicences(draft, [...(await bundleModules(draft)), ...(await bundleCommandLine(draft))]);
    await bundleDevelopment();
    const derived = await derive(draft);
    renameSync(draft, join(builds, name));
    return derived;
  } catch (error) {
    // Another build of the same may have been faster.
    if (!existsSync(join(builds, name))) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What needs the bundled program itself: stage fingerprints, validators and the JSON Schema. */
async function derive(folder) {
  const esbuild = await import('esbuild');
  const outfile = join(folder, 'derive.js');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['src/tools/derive.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const derived = await import(outfile);
  await derived.derive(root);
  rmSync(outfile);
  return derived;
}

/** The build that users start until now, if it is there. */
function lastBuild() {
  const file = join(builds, 'current');
  const name = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return name !== '' && existsSync(join(builds, name)) ? name : undefined;
}

/** Points what users start and import to a build. */
function leadTo(name) {
  replace(join(builds, 'cli.cjs'), `#!/usr/bin/env node\nrequire('./${name}/cli.cjs');\n`, 0o755);
  replace(join(builds, 'index.js'), `export * from './${name}/index.js';\n`);
  replace(join(builds, 'current'), name);
  // What npm packs of this folder: this build, but not what depends on the version of Node.
  const packed = ['/*', '!/cli.cjs', '!/index.*', `!/${name}/`, '/*/in-use/', '*.cache', '*.map'];
  replace(join(builds, '.npmignore'), packed.map((line) => `${line}\n`).join(''));
}

/** Makes V8 compile what most runs need, and keep it: see src/tools/warm.ts. */
function compileAhead(build) {
  if (readdirSync(build).some((name) => name.startsWith(`program-${process.version}-${process.arch}.`))) return;
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-build-'));
  try {
    // None of the user's settings: they may name a cache that others share.
    const own = Object.entries(process.env).filter(([name]) => !/^(SPIKELINE_|GITHUB_|XDG_)/.test(name));
    const env = { ...Object.fromEntries(own), HOME: folder, USERPROFILE: folder };
    spawnSync(process.execPath, [join(build, 'warm.cjs'), build], {
      cwd: folder,
      env,
      stdio: 'ignore',
      timeout: 60_000,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const name = hashFiles(sources()).slice(0, 16);
  const made = existsSync(join(builds, name)) ? undefined : await make(name);
  const last = lastBuild();
  leadTo(name);
  if (last !== undefined && last !== name) made?.retireBuild(join(builds, last));
  made?.removeOldBuilds(builds, name);
  compileAhead(join(builds, name));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
