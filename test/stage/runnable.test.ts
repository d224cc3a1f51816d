import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runnableCode } from '../../src/stage/runnable.js';
import { testFolder, writeFiles } from '../store/folder.js';

/** The default export of a file, loaded as a task loads it: from another folder. */
async function load(folder: string, file: string): Promise<unknown> {
  const elsewhere = writeFiles(testFolder(), { 'stage.mjs': await runnableCode(join(folder, file)) });
  return ((await import(pathToFileURL(join(elsewhere, 'stage.mjs')).href)) as { default: unknown }).default;
}

const packages = {
  'node_modules/dual/package.json':
    '{ "name": "dual", "exports": { "import": "./m.mjs", "module": "./no.mjs", "require": "./c.cjs" } }',
  'node_modules/dual/m.mjs': "export default await Promise.resolve('module');",
  'node_modules/dual/c.cjs': "module.exports = 'script';",
  'node_modules/compiled/package.json': '{ "name": "compiled", "main": "main.js", "module": "no.mjs" }',
  'node_modules/compiled/main.js':
    "const all = { default: 'default' }; all['na' + 'med'] = 'named'; all.__esModule = true; module.exports = all;",
  'node_modules/once/package.json': '{ "name": "once", "type": "module", "exports": "./m.js" }',
  'node_modules/once/m.js': 'globalThis.loadedOnce = (globalThis.loadedOnce ?? 0) + 1; export const two = 2;',
};

describe('runnable code', () => {
  it('has packages as Node finds them, of either kind, and loads late what is imported late', async () => {
    const folder = writeFiles(testFolder(), {
      ...packages,
      's.ts': `import dual from 'dual';
        import compiled, { named } from 'compiled';
        export default async () => [dual, compiled, named, globalThis.loadedOnce, (await import('once')).two];`,
      's.cjs':
        "module.exports = { default: () => [require('dual'), require('compiled').named, require('node:fs') !== undefined] };",
      'own.ts': "import own from './s.cjs';\nexport default own.default();",
    });
    const run = (await load(folder, 's.ts')) as () => Promise<unknown>;
    expect(await run()).toEqual(['module', 'default', 'named', undefined, 2]);
    expect(await load(folder, 'own.ts')).toEqual(['script', 'named', true]);
  });

  it('has what Node can’t import: a workspace’s sources, and JSON', async () => {
    const folder = writeFiles(testFolder(), {
      'lib/package.json': '{ "name": "lib", "main": "src/lib.ts" }',
      'lib/src/lib.ts': "import { x } from './x';\nexport const lib: number = x;",
      'lib/src/x.ts': 'export const x: number = 7;',
      'app/node_modules/.keep': '',
      'app/data.json': '{ "y": 8 }',
      'app/s.mts':
        "import { lib } from 'lib';\nimport data from './data.json' with { type: 'json' };\nexport default [lib, data.y];",
    });
    symlinkSync(join(folder, 'lib'), join(folder, 'app/node_modules/lib'), 'junction');
    expect(await load(folder, 'app/s.mts')).toEqual([7, 8]);
  });

  it('runs what package.json tells bundlers to leave out, and knows other names of Node’s modules', async () => {
    const folder = writeFiles(testFolder(), {
      'package.json': '{ "sideEffects": false, "imports": { "#path": "node:path" } }',
      's.ts': "import './setup';\nimport { sep } from '#path';\nexport default [globalThis.wasSetUp, typeof sep];",
      'setup.ts': 'globalThis.wasSetUp = true;',
    });
    expect(await load(folder, 's.ts')).toEqual([true, 'string']);
  });

  it('knows where each of its files lies, whatever it is called', async () => {
    const at = '${{ x }} ünï #1 "q"';
    const folder = writeFiles(testFolder(), {
      [`${at}/s.ts`]: `import { createRequire } from 'node:module';
        import { dirname } from 'node:path';
        import { fileURLToPath } from 'node:url';
        import { url, folder } from './lib/where';
        const require = createRequire(import.meta.url);
        const __dirname = dirname(fileURLToPath(import.meta.url));
        export default [import.meta.url, __dirname, url, folder, require('./lib/a.cjs'), import.meta.resolve('dual')];`,
      [`${at}/lib/where.ts`]: 'export const url = import.meta.url;\nexport const folder: string = __dirname;',
      [`${at}/lib/a.cjs`]: 'exports.file = __filename;',
      ...packages,
    });
    const here = join(folder, at);
    const url = (...path: string[]) => pathToFileURL(join(...path)).href;
    expect(await load(folder, `${at}/s.ts`)).toEqual([
      url(here, 's.ts'),
      here,
      url(here, 'lib/where.ts'),
      join(here, 'lib'),
      { file: join(here, 'lib/a.cjs') },
      url(folder, 'node_modules/dual/c.cjs'),
    ]);
  });

  it('may wait at its top, import by a part of a name, and do without a package that is not there', async () => {
    const folder = writeFiles(testFolder(), {
      's.ts': `const name: string = 'b';
        const part = (await import(\`./parts/\${name}.ts\`)) as { default: number };
        const none = await import('no-such-package').catch(({ code }: { code: string }) => code);
        class Named {}
        export default [part.default, none, Named.name];`,
      'parts/a.ts': 'class Named {}\nexport default Named.name.length;',
      'parts/b.ts': 'export default 2 as number;',
    });
    expect(await load(folder, 's.ts')).toEqual([2, 'MODULE_NOT_FOUND', 'Named']);
  });

  it('leads errors of each file back to its line', async () => {
    const folder = writeFiles(testFolder(), {
      'a/s.ts': "\ninterface A { x: 1 }\nimport { fail } from '../lib/fail';\nexport default () => fail();",
      'lib/fail.ts':
        "type B = number;\n\nexport function fail(): never { throw new Error('here ' + import.meta.url); }",
    });
    process.setSourceMapsEnabled(true);
    const run = (await load(folder, 'a/s.ts')) as () => void;
    let stack = '';
    try {
      run();
    } catch (error) {
      stack = (error as Error).stack!;
    }
    expect(stack).toContain(`${join(folder, 'lib/fail.ts')}:3:`);
    expect(stack).toContain(`${join(folder, 'a/s.ts')}:4:`);
  });
});
