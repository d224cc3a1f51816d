import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../src/fingerprint/bundle.js';
import { testFolder, writeFiles } from '../store/folder.js';

const packagesOf = async (folder: string, file = 'a.ts') => (await bundle(join(folder, file), folder)).packages;

describe('versions of packages', () => {
  it('are those of packages behind names of the project’s own, too', async () => {
    const folder = writeFiles(testFolder(), {
      'package.json': JSON.stringify({
        imports: {
          '#dep': 'left',
          '#dep/*': '@scope/right/*.js',
          '#fs': 'node:fs',
          '#gone': 'gone',
          '#near': './near.js',
        },
      }),
      'inner/a.ts': "import '#dep';\nimport '#dep/part';\nimport '#fs';\nimport '#near';\nimport('#gone');\n",
      'near.js': 'export const near = 1;\n',
      // Names in `imports` are looked up from where they are declared.
      'inner/node_modules/left/package.json': '{ "version": "9.0.0" }',
      'inner/node_modules/left/index.js': '',
      'node_modules/left/package.json': '{ "version": "1.2.3", "dependencies": { "deep": "*" } }',
      'node_modules/left/index.js': '',
      'node_modules/deep/package.json': '{ "version": "0.1.0" }',
      'node_modules/@scope/right/package.json': '{ "version": "2.0.0" }',
      'node_modules/@scope/right/part.js': '',
    });
    expect(await packagesOf(folder, 'inner/a.ts')).toEqual({ '@scope/right': '2.0.0', deep: '0.1.0', left: '1.2.3' });
  });

  it('are not those of optional packages, which need not be there', async () => {
    const folder = writeFiles(testFolder(), {
      'a.ts': "import 'left';\n",
      'node_modules/left/package.json': JSON.stringify({
        version: '1.2.3',
        dependencies: { deep: '*', 'left-linux': '*' },
        optionalDependencies: { 'left-linux': '*' },
        peerDependencies: { beside: '*', typescript: '*' },
        peerDependenciesMeta: { typescript: { optional: true }, beside: null },
      }),
      'node_modules/left-linux/package.json': '{ "version": "1.2.3" }',
      'node_modules/typescript/package.json': '{ "version": "5.9.2" }',
      'node_modules/beside/package.json': '{ "version": "3.0.0" }',
      'node_modules/deep/package.json': '{ "version": "0.1.0" }',
    });
    expect(await packagesOf(folder)).toEqual({ beside: '3.0.0', deep: '0.1.0', left: '1.2.3' });
  });

  it('don’t have that of the project itself', async () => {
    const folder = writeFiles(testFolder(), {
      'package.json': '{ "name": "root", "exports": { "./own": "./own.js" } }',
      'a.ts': "export * from 'root/own';\n",
      'own.js': 'export const own = 1;\n',
    });
    expect(await packagesOf(folder)).toEqual({});
  });

  it.skipIf(process.platform === 'win32')('are the same where node_modules is itself a link', async () => {
    const folder = writeFiles(testFolder(), {
      'project/package.json': '{ "imports": { "#dep": "left" } }',
      'project/a.ts': "export * from 'left';\nexport * from '@scope/right';\nexport * from 'linked';\n",
      'project/b.ts': "export * from '#dep';\n",
      'project/node_modules/left/package.json': '{ "version": "1.2.3", "main": "main.js" }',
      'project/node_modules/left/main.js': 'export const left = 1;\n',
      'project/node_modules/@scope/right/package.json': '{ "version": "2.0.0", "main": "main.js" }',
      'project/node_modules/@scope/right/main.js': 'export const right = 1;\n',
      'linked/package.json': '{ "version": "3.0.0", "main": "main.js" }',
      'linked/main.js': 'export const linked = 1;\n',
    });
    const project = join(folder, 'project');
    symlinkSync(join(folder, 'linked'), join(project, 'node_modules/linked'));
    const take = () => Promise.all(['a.ts', 'b.ts'].map((file) => bundle(join(project, file), project)));
    const before = await take();
    expect(Object.keys(before[0]!.files)).toEqual(['../linked/main.js', 'a.ts']);
    expect(before[1]!.packages).toEqual({ left: '1.2.3' });
    renameSync(join(project, 'node_modules'), join(folder, 'deps'));
    symlinkSync('../deps', join(project, 'node_modules'));
    expect(await take()).toEqual(before);
  });
});
