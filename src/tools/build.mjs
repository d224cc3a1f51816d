// Builds everything that runs into .build/: kernels (AssemblyScript → WASM), the program and the stages
// (TypeScript → JavaScript), the fingerprints of the built-in stages, and the JSON Schema of pipeline files.
// Plain JavaScript, because it is what makes TypeScript runnable. Parts whose sources did not change are kept.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const out = join(root, '.build');
const kernelFolder = join(root, 'src/engine/wasm/kernels');

/** SHA-256 over the names and bytes of files, so that a build step can be skipped when nothing it reads changed. */
function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of [...files].sort())
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function buildKernels() {
  const generator = join(kernelFolder, 'generate.mjs');
  const sources = readdirSync(kernelFolder).map((name) => join(kernelFolder, name));
  const stamp = join(out, 'kernels.stamp');
  const hash = hashFiles([...sources, fileURLToPath(import.meta.url), join(root, 'package-lock.json')]);
  const target = join(out, 'kernels.wasm');
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;

  const { generateKernels } = await import(generator);
  const generated = join(out, 'kernels');
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  for (const file of sources.filter((name) => name.endsWith('.ts')))
    writeFileSync(join(generated, basename(file)), readFileSync(file));
  writeFileSync(join(generated, 'generated.ts'), generateKernels());

  const asc = await import('assemblyscript/asc');
  // No relaxed SIMD: its fused multiply-add gives other bits on other machines.
  const { error, stderr } = await asc.main([
    join(generated, 'index.ts'),
    '--baseDir',
    generated,
    '--outFile',
    `${target}.new`,
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
  renameSync(`${target}.new`, target);
  writeFileSync(stamp, hash);
}

/** Packages that every command needs: bundled, they load in a few milliseconds, as files of their own in a hundred. */
const bundledPackages = ['@sinclair/typebox', 'commander', 'execa', 'yaml'];
/** What they require while they run are modules of Node's own. */
const requireForBundled =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const externalPackages = {
  name: 'external-packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      const inside = bundledPackages.some((name) => path === name || path.startsWith(`${name}/`));
      if (kind === 'entry-point' || inside || importer.includes('node_modules')) return undefined;
      return { path, external: true };
    });
  },
};

/**
 * Lets every module of the program begin with `run`. esbuild makes a file of all modules that the same parts of the
 * program share: then all of `run` is one file, instead of twenty that take a millisecond each to load.
 */
const runInOneFile = {
  name: 'run-in-one-file',
  setup(build) {
    const [run, main] = ['run', 'main'].map((name) => join(root, `src/cli/${name}.ts`));
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) =>
      path === run || path === main || path.includes('node_modules')
        ? undefined
        : { contents: `import ${JSON.stringify(run)}; ${readFileSync(path, 'utf8')}`, loader: 'ts' },
    );
  },
};

async function bundleProgram() {
  const esbuild = await import('esbuild');
  const stages = readdirSync(join(root, 'stages')).filter((name) => name.endsWith('.ts'));
  const entries = {
    index: 'src/index.ts',
    cli: 'src/cli/main.ts',
    'command-host': 'src/run/command-host.ts',
    task: 'src/run/task-process.ts',
    'slurm-job': 'src/run/slurm/job-process.ts',
    'digest-worker': 'src/store/digest-worker.ts',
    'engine-worker': 'src/engine/wasm/worker.ts',
    'loader-worker': 'src/experiment/loader-worker.ts',
    'bench-engine': 'test/bench/engine.ts',
    golden: 'test/engine/golden.ts',
    'tensorflow-probe': 'src/engine/tensorflow/probe.ts',
    'bench-runner': 'test/bench/runner.ts',
    'bench-slurm': 'test/bench/slurm.ts',
    'bench-density': 'test/bench/density.ts',
    'bench-gradients': 'test/bench/gradients.ts',
    'bench-tensorflow': 'test/bench/tensorflow-steps.ts',
    'bench-wasm': 'test/bench/wasm-steps.ts',
    'peers-curve': 'test/peers/curve.ts',
    sample: 'src/tools/sample.ts',
  };
  for (const stage of stages) entries[`stages/${basename(stage, '.ts')}`] = `stages/${stage}`;
  const present = Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file))));
  for (const name of existsSync(out) ? readdirSync(out) : [])
    if (name.startsWith('chunk-') || name === 'stages') rmSync(join(out, name), { recursive: true, force: true });
  const { cli, ...others } = present;
  const settings = {
    absWorkingDir: root,
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [externalPackages],
    banner: { js: requireForBundled },
    minify: true,
    sourcemap: 'linked',
    chunkNames: 'chunk-[name]-[hash]',
    logLevel: 'error',
  };
  await esbuild.build({ ...settings, entryPoints: others });
  // By itself: what it shares with the others would be many files again.
  await esbuild.build({ ...settings, plugins: [externalPackages, runInOneFile], entryPoints: { cli } });
}

/** What needs the bundled program itself: stage fingerprints and the JSON Schema. */
async function writeDerivedFiles() {
  if (!existsSync(join(root, 'src/tools/derive.ts'))) return;
  const esbuild = await import('esbuild');
  const file = join(out, 'derive.js');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['src/tools/derive.ts'],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const { derive } = await import(file);
  await derive(root);
}

mkdirSync(out, { recursive: true });
try {
  await buildKernels();
  await bundleProgram();
  await writeDerivedFiles();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
