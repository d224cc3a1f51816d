// TypeScript → JavaScript: the command line as one script, what it starts and what users import as modules, and the
// developers' own programs.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { builds, replace, root } from './files.mjs';

/** Packages that are installed with Spikeline, or if somebody wants what they are for. All others are bundled. */
const installed = ['@resvg/resvg-js', 'h5wasm', 'h5wasm/node'];
/** Packages that the command line may load and mostly does not, and such as are no modules in a bundle of modules. */
const apart = ['ajv', 'undici'];
/**
 * Packages that a run in which all is cached does not use: scripts of their own, so that it need not load what V8 has
 * compiled of them.
 */
const whenUsed = ['execa', 'yaml'];
/** What they require while they run are modules of Node's own. */
const requireForBundled =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  logLevel: 'error',
  metafile: true,
};

/** Makes the bundle load packages from beside the program. */
const fromVendor = {
  name: 'from-vendor',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${apart.join('|')})$`) }, ({ path }) => ({
      path: `./vendor/${path}.cjs`,
      external: true,
    }));
  },
};

/** Makes the bundle load packages with the first thing that is taken from them, as compiled as the program is. */
const packagesWhenUsed = {
  name: 'packages-when-used',
  setup(build) {
    const namespace = 'when-used';
    build.onResolve({ filter: new RegExp(`^(${whenUsed.join('|')})$`) }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /./, namespace }, async ({ path }) => {
      const file = `require('node:url').fileURLToPath(new URL('./vendor/${path}.cjs', __moduleUrl))`;
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const getters = names.map(
        (name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => load().${name} });`,
      );
      return {
        contents: [`let loaded; const load = () => (loaded ??= __requireModule(${file}));`, ...getters].join('\n'),
      };
    });
  },
};

/** In a script that V8's code cache holds, `import()` is what the launcher passes in, and so is what loads others like it. */
const loadByLauncher = {
  name: 'load-by-launcher',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]import-module\.ts$/ }, () => ({
      contents: 'export const importModule = __importModule;',
    }));
    build.onLoad({ filter: /[\\/]src[\\/]require-module\.ts$/ }, () => ({
      contents: 'export const requireModule = __requireModule;',
    }));
  },
};

/**
 * Makes the bundle load some of Node's modules with the first thing that is taken from them: those for processes, threads,
 * networks, terminals, compression and files by promises. Together they take longer to load than all of ours, and a run in
 * which all is cached uses next to nothing of them.
 */
const nodeWhenNeeded = {
  name: 'node-when-needed',
  setup(build) {
    const namespace = 'when-needed';
    const modules = /^(node:)?(child_process|worker_threads|net|tty|zlib|fs\/promises)$/;
    build.onResolve({ filter: modules }, ({ path, namespace: from }) => {
      const module = path.replace(/^node:/, '');
      return from === namespace ? { path: `node:${module}`, external: true } : { path: module, namespace };
    });
    build.onLoad({ filter: /./, namespace }, async ({ path }) => {
      // Numbers are those of `constants` once more.
      const names = Object.entries(await import(`node:${path}`)).flatMap(([name, value]) =>
        name === 'default' || typeof value === 'number' ? [] : [name],
      );
      const getters = names.map(
        (name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => load().${name} });`,
      );
      return {
        contents: [`let loaded; const load = () => (loaded ??= require('node:${path}'));`, ...getters].join('\n'),
      };
    });
  },
};

/**
 * Makes the bundle load string-width when the first text is measured: to make its tables of letters takes ten to twenty
 * milliseconds, a tenth of a run in which all is cached, and where there is no terminal nothing is measured.
 */
const widthsWhenNeeded = {
  name: 'widths-when-needed',
  setup(build) {
    const namespace = 'measured';
    build.onResolve({ filter: /^string-width$/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === namespace) return undefined;
      const found = await build.resolve(path, { ...from, pluginData: namespace });
      if (found.errors.length > 0) return found;
      const file = relative(root, found.path);
      return { path: file.replaceAll(/[/\\]/g, ' '), namespace, pluginData: `./${file}` };
    });
    build.onLoad({ filter: /./, namespace }, ({ pluginData: file }) => ({
      contents: `let measure; export default (...given) => (measure ??= require(${JSON.stringify(file)}).default)(...given);`,
      resolveDir: root,
    }));
  },
};

/**
 * What the command line starts, and what users import.
 * @returns what esbuild says of it
 */
export async function bundleModules(folder) {
  const esbuild = await import('esbuild');
  const stages = ['stages', 'stages/forecasts'].flatMap((place) =>
    readdirSync(join(root, place)).flatMap((name) =>
      name.endsWith('.ts') ? [`${place}/${basename(name, '.ts')}`] : [],
    ),
  );
  const entryPoints = {
    index: 'src/index.ts',
    authoring: 'src/stage/authoring.ts',
    task: 'src/run/process/task-process.ts',
    'stage-reader': 'src/stage/confined/reader.ts',
    'slurm-job': 'src/run/slurm/job-process.ts',
    'digest-worker': 'src/files/digest-worker.ts',
    'engine-worker': 'src/engine/wasm/worker.ts',
    'engine-probe': 'src/engine/wasm/compiler/probe.ts',
    measure: 'src/run/estimate/measure-process.ts',
    'native-build': 'src/engine/wasm/native/meanwhile.ts',
    'native-probe': 'src/engine/wasm/native/probe.ts',
    live: 'src/cli/live/live.ts',
    'loader-worker': 'src/experiment/loader-worker.ts',
    'parquet-worker': 'src/data/layouts/parquet-worker.ts',
    'sample-pictures': 'src/cli/start/sample-pictures.ts',
    'tensorflow-probe': 'src/engine/tensorflow/probe.ts',
    'webgpu-gradients': 'src/engine/webgpu/gradients.ts',
    'webgpu-probe': 'src/engine/webgpu/probe.ts',
    ...Object.fromEntries(stages.map((path) => [path, `${path}.ts`])),
  };
  const { metafile } = await esbuild.build({
    ...common,
    entryPoints,
    outdir: folder,
    splitting: true,
    format: 'esm',
    external: installed,
    banner: { js: requireForBundled },
    sourcemap: 'linked',
    chunkNames: 'chunk-[name]-[hash]',
  });
  return [metafile];
}

/**
 * The command line: all of it one script, as a function of what src/cli/program.ts gives it, the launcher, and packages.
 * @returns what esbuild says of them
 */
export async function bundleCommandLine(folder) {
  const esbuild = await import('esbuild');
  /** @type {import('esbuild').BuildOptions} */
  const settings = { ...common, outdir: folder, outExtension: { '.js': '.cjs' }, format: 'cjs' };
  const program = await esbuild.build({
    ...settings,
    entryPoints: { program: 'src/cli/main.ts' },
    external: installed,
    plugins: [fromVendor, packagesWhenUsed, loadByLauncher, nodeWhenNeeded, widthsWhenNeeded],
    sourcemap: 'linked',
    // Packages are required: those that are left all can be.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: '(function (module, require, __importModule, __requireModule, __moduleUrl) {' },
    footer: { js: '})' },
  });
  // Each run that computes something waits for the commands' process: a script of its own starts 20 ms sooner than modules.
  const scripts = {
    cli: 'src/cli/launch.ts',
    warm: 'src/tools/warm.ts',
    'command-host': 'src/run/process/command-host.ts',
  };
  await esbuild.build({ ...settings, entryPoints: scripts });
  const packages = await esbuild.build({
    ...settings,
    outdir: join(folder, 'vendor'),
    entryPoints: Object.fromEntries([...apart, ...whenUsed].map((name) => [name, name])),
  });
  return [program.metafile, packages.metafile];
}

/** Benchmarks, studies and what tests start: a file each. They use the newest build, and no package has them. */
export async function bundleDevelopment() {
  const esbuild = await import('esbuild');
  const entries = {
    'bench-density': 'test/bench/density.ts',
    'bench-engine': 'test/bench/engine.ts',
    'bench-gradients': 'test/bench/gradients.ts',
    'bench-kernels': 'test/bench/kernels.ts',
    'bench-own': 'test/bench/own-steps.ts',
    'bench-plan': 'test/bench/plan.ts',
    'bench-runner': 'test/bench/runner.ts',
    'bench-slurm': 'test/bench/slurm.ts',
    'bench-threads': 'test/bench/threads.ts',
    'bench-slurm-scale': 'test/bench/slurm-scale.ts',
    'bench-tensorflow': 'test/bench/tensorflow-steps.ts',
    'bench-webgpu': 'test/bench/webgpu.ts',
    'emulated-probe': 'test/engine/emulated-probe.ts',
    golden: 'test/engine/golden.ts',
    'peers-curve': 'test/peers/curve.ts',
    sample: 'src/tools/sample.ts',
  };
  const { outputFiles } = await esbuild.build({
    ...common,
    entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file)))),
    outdir: join(builds, 'dev'),
    format: 'esm',
    packages: 'external',
    write: false,
  });
  for (const { path, contents } of outputFiles) replace(path, contents);
}
