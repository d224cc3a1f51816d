// AssemblyScript → WASM. Takes longest, so what was compiled is kept beside the builds.
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
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builds, hashFiles, root } from './files.mjs';

const kernelFolder = join(root, 'src/engine/wasm/kernels');

/** Writes `kernels.wasm` into the folder of a build. */
export async function buildKernels(folder) {
  const generator = join(kernelFolder, 'generate.mjs');
  const sources = readdirSync(kernelFolder).map((name) => join(kernelFolder, name));
  const stamp = join(builds, 'kernels.stamp');
  const others = ['src/network/method.mjs', 'package-lock.json'].map((name) => join(root, name));
  const hash = hashFiles([...sources, fileURLToPath(import.meta.url), ...others]);
  const target = join(builds, 'kernels.wasm');
  if (!existsSync(target) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
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
    copyFileSync(compiled, `${target}.${process.pid}`);
    renameSync(`${target}.${process.pid}`, target);
    writeFileSync(stamp, hash);
  } else copyFileSync(target, join(folder, 'kernels.wasm'));
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
