// The kernels' module. Takes longest, so what was compiled is kept beside the builds.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileC } from './clang.mjs';
import { builds, hashFiles, root } from './files.mjs';

const kernelFolder = join(root, 'src/engine/wasm/kernels');

/** Writes `kernels.wasm` into the folder of a build. */
export async function buildKernels(folder) {
  const sources = readdirSync(kernelFolder).map((name) => join(kernelFolder, name));
  const others = ['src/network/method.mjs', 'src/tools/build/clang.mjs', 'package-lock.json'];
  const hash = hashFiles([...sources, fileURLToPath(import.meta.url), ...others.map((name) => join(root, name))]);
  const target = join(builds, 'kernels.wasm');
  const stamp = join(builds, 'kernels.stamp');
  if (!existsSync(target) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    const { kernelHeader } = await import(join(kernelFolder, 'header.mjs'));
    writeFileSync(`${target}.${process.pid}`, await compileC(kernelFolder, kernelHeader()));
    rmSync(stamp, { force: true });
    renameSync(`${target}.${process.pid}`, target);
    writeFileSync(stamp, hash);
  }
  copyFileSync(target, join(folder, 'kernels.wasm'));
  await copyNativeSources(join(folder, 'native'));
}

/** What a compiler makes native kernels of, on the machines where they are used: one file that includes all others. */
async function copyNativeSources(folder) {
  const { kernelHeader } = await import(join(kernelFolder, 'header.mjs'));
  const { descriptions, names } = await import(join(kernelFolder, 'description.mjs'));
  const nodeHeaders = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const folders = [kernelFolder, join(root, 'src/engine/wasm/native'), nodeHeaders];
  const files = folders.flatMap((from) => readdirSync(from).map((name) => join(from, name)));
  const sources = files.filter((name) => /\.[ch]$/.test(name));
  mkdirSync(folder, { recursive: true });
  for (const file of sources) copyFileSync(file, join(folder, basename(file)));
  const kernels = Object.values(descriptions).flatMap((description) => names(description.kernels));
  const units = sources.filter((name) => name.endsWith('.c')).map((name) => basename(name));
  const generated = {
    'generated.h': kernelHeader(),
    'kernels.h': `#include "kernel.h"\n#define KERNELS(X) ${kernels.map((name) => `X(${name})`).join(' ')}\n`,
    'all.c': units.map((name) => `#include "${name}"\n`).join(''),
  };
  for (const [name, text] of Object.entries(generated)) writeFileSync(join(folder, name), text);
}
