// Builds everything that runs into .build/: kernels (AssemblyScript → WASM), the program and the stages
// (TypeScript → JavaScript), the fingerprints of the built-in stages, and the JSON Schema of pipeline files.
// Plain JavaScript, because it is what makes TypeScript runnable. Nothing is done where no source changed, so that whatever
// needs a build can ask for one; and what is running from an earlier build keeps its files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
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

/** All that a build may read, but for packages: benchmarks are built, with what they share with tests. */
function sources() {
  const folders = ['src', 'stages', 'test'].filter((name) => existsSync(join(root, name)));
  const files = folders.flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(?<!\.test)\.(ts|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...files, ...['package.json', 'package-lock.json'].map((name) => join(root, name))];
}

/** Writes a file that programs may be reading: they find the old content or the new. */
function replace(file, content) {
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
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
/** What only the command line needs, and a script can't load: packages of modules alone. */
const bundledInProgram = [...bundledPackages, '@bufbuild/protobuf', 'listr2'];
/** What they require while they run are modules of Node's own. */
const requireForBundled =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const externalPackages = (bundled) => ({
  name: 'external-packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      const inside = bundled.some((name) => path === name || path.startsWith(`${name}/`));
      if (kind === 'entry-point' || inside || importer.includes('node_modules')) return undefined;
      return { path, external: true };
    });
  },
});

/** In a script that V8's code cache holds, `import()` is what the launcher passes in. */
const importByLauncher = {
  name: 'import-by-launcher',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]import-module\.ts$/ }, () => ({
      contents: 'export const importModule = __importModule;',
    }));
  },
};

async function bundleProgram() {
  const esbuild = await import('esbuild');
  const stages = readdirSync(join(root, 'stages')).filter((name) => name.endsWith('.ts'));
  const entries = {
    index: 'src/index.ts',
    'command-host': 'src/run/process/command-host.ts',
    task: 'src/run/process/task-process.ts',
    'stage-reader': 'src/stage/confined/reader.ts',
    'slurm-job': 'src/run/slurm/job-process.ts',
    'digest-worker': 'src/files/digest-worker.ts',
    'engine-worker': 'src/engine/wasm/worker.ts',
    'engine-probe': 'src/engine/compiler/probe.ts',
    'loader-worker': 'src/experiment/loader-worker.ts',
    'parquet-worker': 'src/data/forms/parquet-worker.ts',
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
  const settings = {
    absWorkingDir: root,
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [externalPackages(bundledPackages)],
    banner: { js: requireForBundled },
    minify: true,
    sourcemap: 'linked',
    chunkNames: 'chunk-[name]-[hash]',
    logLevel: 'error',
    write: false,
  };
  const { outputFiles } = await esbuild.build({ ...settings, entryPoints: present });
  // Chunks first, then what imports them.
  const isChunk = ({ path }) => basename(path).startsWith('chunk-');
  for (const file of [...outputFiles].sort((a, b) => isChunk(b) - isChunk(a))) replace(file.path, file.contents);
  const written = new Set(outputFiles.map(({ path }) => relative(out, path)));
  for (const name of existsSync(join(out, 'stages')) ? readdirSync(join(out, 'stages')) : [])
    if (!written.has(join('stages', name))) rmSync(join(out, 'stages', name), { force: true });
  return [...written].filter((name) => name.startsWith('chunk-'));
}

/** What is running may load chunks of the build that it began with for a day; the names of chunks hold their hashes. */
function removeOldChunks(chunks, previous) {
  for (const name of readdirSync(out)) {
    if (!name.startsWith('chunk-') || chunks.includes(name)) continue;
    const file = join(out, name);
    if (previous.includes(name)) utimesSync(file, new Date(), new Date());
    else if (Date.now() - statSync(file).mtimeMs > 86_400_000) rmSync(file, { force: true });
  }
}

/**
 * The command line: all of it one script, as a function of what src/cli/program.ts gives it, and the launcher. The
 * script's name holds its hash, by which the launcher finds it and its compiled code.
 */
async function bundleCommandLine() {
  const esbuild = await import('esbuild');
  const settings = {
    absWorkingDir: root,
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    sourcemap: 'linked',
    logLevel: 'error',
  };
  const { metafile } = await esbuild.build({
    ...settings,
    entryPoints: { program: 'src/cli/main.ts' },
    entryNames: '[name]-[hash]',
    metafile: true,
    plugins: [externalPackages(bundledInProgram), importByLauncher],
    // Packages are required: those that are left all can be.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: '(function (module, require, __importModule, __moduleUrl) {' },
    footer: { js: '})' },
  });
  const program = basename(
    Object.keys(metafile.outputs).find((file) => file.endsWith('.cjs')),
    '.cjs',
  );
  for (const name of readdirSync(out))
    if (name.startsWith('program-') && !name.startsWith(program)) rmSync(join(out, name), { force: true });
  const launched = { cli: 'src/cli/launch.ts', warm: 'src/tools/warm.ts' };
  await esbuild.build({ ...settings, entryPoints: launched, define: { PROGRAM: JSON.stringify(program) } });
  return program;
}

/** Has V8 compile what most runs need, and keep it: see src/tools/warm.ts. */
async function compileAhead(program) {
  if (readdirSync(out).some((name) => name.startsWith(`${program}-${process.version}-${process.arch}.`))) return;
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-build-'));
  try {
    // None of the user's settings: they may name a cache that others share.
    const own = Object.entries(process.env).filter(([name]) => !/^(SPIKELINE_|GITHUB_|XDG_)/.test(name));
    const env = { ...Object.fromEntries(own), HOME: folder, USERPROFILE: folder };
    spawnSync(process.execPath, [join(out, 'warm.cjs'), out], { cwd: folder, env, stdio: 'ignore', timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  const file = join(out, 'build.stamp');
  const hash = hashFiles(sources());
  const last = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { chunks: [] };
  let program = last.program;
  if (last.hash !== hash) {
    // A build that is broken off leaves parts of both.
    replace(file, Buffer.from(JSON.stringify({ ...last, hash: '' })));
    await buildKernels();
    const chunks = await bundleProgram();
    program = await bundleCommandLine();
    await writeDerivedFiles();
    removeOldChunks(chunks, last.chunks);
    replace(file, Buffer.from(JSON.stringify({ hash, program, chunks })));
  }
  await compileAhead(program);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
