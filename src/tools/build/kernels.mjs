// AssemblyScript and C → WASM. Takes longest, so what was compiled is kept beside the builds.
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

/** Writes `kernels.wasm` and `kernels-c.wasm` into the folder of a build. */
export async function buildKernels(folder) {
  const generator = join(kernelFolder, 'generate.mjs');
  const sources = readdirSync(kernelFolder).map((name) => join(kernelFolder, name));
  const stamp = join(builds, 'kernels.stamp');
  const others = ['src/network/method.mjs', 'package-lock.json'].map((name) => join(root, name));
  const hash = hashFiles([
    ...sources,
    fileURLToPath(import.meta.url),
    join(root, 'src/tools/build/clang.mjs'),
    ...others,
  ]);
  const target = join(builds, 'kernels.wasm');
  const targetC = join(builds, 'kernels-c.wasm');
  if (!existsSync(target) || !existsSync(targetC) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    const { generateKernels } = await import(generator);
    const generated = join(folder, 'kernels');
    mkdirSync(generated, { recursive: true });
    for (const file of sources.filter((name) => name.endsWith('.ts')))
      writeFileSync(join(generated, basename(file)), readFileSync(file));
    writeFileSync(join(generated, 'generated.ts'), generateKernels());
    const compiled = join(folder, 'kernels.wasm');
    await compile(join(generated, 'index.ts'), generated, compiled);
    rmSync(generated, { recursive: true });
    rmSync(stamp, { force: true });
    keep(target, readFileSync(compiled));
    const { kernelHeader } = await import(join(kernelFolder, 'header.mjs'));
    keep(targetC, await compileC(kernelFolder, kernelHeader()));
    writeFileSync(stamp, hash);
  }
  for (const file of [target, targetC]) copyFileSync(file, join(folder, basename(file)));
  await copyNativeSources(join(folder, 'native'), readFileSync(targetC));
}

/** What a compiler makes native kernels of, on the machines where they are used: one file that includes all others. */
async function copyNativeSources(folder, module) {
  const { kernelHeader } = await import(join(kernelFolder, 'header.mjs'));
  const nodeHeaders = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const folders = [kernelFolder, join(root, 'src/engine/wasm/native'), nodeHeaders];
  const files = folders.flatMap((from) => readdirSync(from).map((name) => join(from, name)));
  const sources = files.filter((name) => /\.[ch]$/.test(name));
  mkdirSync(folder, { recursive: true });
  for (const file of sources) copyFileSync(file, join(folder, basename(file)));
  const kernels = WebAssembly.Module.exports(new WebAssembly.Module(module)).map(({ name }) => name);
  const units = sources.filter((name) => name.endsWith('.c')).map((name) => basename(name));
  const generated = {
    'generated.h': kernelHeader(),
    'kernels.h': `#include "kernel.h"\n#define KERNELS(X) ${kernels.map((name) => `X(${name})`).join(' ')}\n`,
    'all.c': units.map((name) => `#include "${name}"\n`).join(''),
  };
  for (const [name, text] of Object.entries(generated)) writeFileSync(join(folder, name), text);
}

function keep(file, content) {
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

async function compile(entry, base, target) {
  const asc = await import('assemblyscript/asc');
  // No relaxed SIMD: its fused multiply-add gives other bits on other machines.
  const { error, stderr } = await asc.main([
    entry,
    '--baseDir',
    base,
    '--outFile',
    target,
    '-O3',
    '--disableWarning',
    '201',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--enable',
    'threads',
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
  ]);
  if (error) throw new Error(`The kernels did not compile.\n${stderr.toString()}`);
}
