import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, ResolveOptions } from 'esbuild';
import { readRegularFile } from '../files/regular-file.js';
import { asNodeResolves, buildFile, common, packagesPlugin, runByNode, withEsbuild } from '../fingerprint/esbuild.js';
import { buildFolder } from '../paths.js';

const authoring = join(buildFolder, 'authoring.js');

/**
 * A stage file of the user's as one module that Node can import from anywhere: with all that it imports by relative
 * path, as the fingerprint has it, and with packages by where they lie. `spikeline` is this program itself, and is
 * found without a node_modules beside the file. A source map leads back to the lines.
 *
 * @param file absolute
 * @throws {UserError} E_STAGE_CODE where it can't be read, E_PACKAGE without esbuild for this machine
 */
export async function runnableCode(file: string): Promise<string> {
  const folder = dirname(file);
  const { outputFiles } = await withEsbuild((esbuild) =>
    buildFile(esbuild, file, folder, {
      ...common,
      outfile: join(folder, 'stage.mjs'),
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${pathToFileURL(folder).href}/`,
      keepNames: true,
      ...asNodeResolves,
      // Not the user's own, which is for an editor.
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
      define: {
        'import.meta': '__stageModule',
        __filename: '__stageModule.filename',
        __dirname: '__stageModule.dirname',
      },
      banner: { js: preamble(file) },
      plugins: [sourcesPlugin, modulesPlugin, packagesPlugin(packageModule)],
    }),
  );
  return outputFiles[0]!.text;
}

/** What each file of the bundle still knows of itself. In one line: the source map counts lines. */
function preamble(file: string): string {
  return [
    "import { createRequire as __stageRequire } from 'node:module';",
    "import { dirname as __stageFolder } from 'node:path';",
    "import { pathToFileURL as __stageUrl } from 'node:url';",
    `const require = __stageRequire(${JSON.stringify(pathToFileURL(file).href)});`,
    'const __stageFile = (url, filename) => ({ url, filename, dirname: __stageFolder(filename), resolve: (name) =>',
    '/^[a-z][a-z+.-]+:/.test(name) ? name : __stageUrl(__stageRequire(url).resolve(name)).href });',
  ].join(' ');
}

/** Tells files that ask for it where they lie: the bundle lies elsewhere. */
const sourcesPlugin: Plugin = {
  name: 'sources',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, ({ path }) => {
      const text = readRegularFile(path).toString();
      const loader = /\.[cm]?ts$/.test(path) ? 'ts' : path.endsWith('x') ? (extname(path).slice(1) as 'tsx') : 'js';
      if (!/\bimport\.meta\b|\b__(file|dir)name\b/.test(text) || text.startsWith('#!'))
        return { contents: text, loader };
      const own = `const __stageModule = __stageFile(${JSON.stringify(pathToFileURL(path).href)}, ${JSON.stringify(path)});`;
      return { contents: `${own} ${text}`, loader };
    });
  },
};

/** Modules of packages that the bundle has require() load when they are imported: CommonJS, whose names Node can't always tell. */
const required = 'required';
/** Packages that are not there: an error when they are imported, which a stage may catch. */
const missing = 'missing';

const modulesPlugin: Plugin = {
  name: 'modules',
  setup(build) {
    build.onResolve({ filter: /^spikeline$/ }, ({ kind }) => placed(authoring, kind, true));
    build.onResolve({ filter: /./, namespace: required }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /./, namespace: required }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
    build.onLoad({ filter: /./, namespace: missing }, ({ path }) => ({
      contents: `throw Object.assign(new Error(${JSON.stringify(`Cannot find module '${path}'`)}), { code: 'MODULE_NOT_FOUND' }); module.exports = {};`,
    }));
  },
};

function packageModule(file: string | undefined, { path, kind }: OnResolveArgs): OnResolveResult {
  if (file === undefined) return { path, namespace: missing };
  // What Node can't import as it is, such as the sources of a workspace, becomes a part of the bundle.
  return runByNode.test(file) ? placed(file, kind, isModule(file)) : { path: file };
}

function placed(path: string, kind: ResolveOptions['kind'], isEsm: boolean): OnResolveResult {
  const isImport = kind === 'import-statement' || kind === 'dynamic-import';
  return isEsm && isImport ? { path: pathToFileURL(path).href, external: true } : { path, namespace: required };
}

/** By what Node goes by: the name of the file, or the package it is in. */
function isModule(file: string): boolean {
  const extension = extname(file);
  if (extension !== '.js') return extension === '.mjs';
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: string }).type === 'module';
    } catch {
      if (dirname(folder) === folder) return false;
    }
  }
}
