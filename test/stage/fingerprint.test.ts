import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../src/fingerprint/bundle.js';
import { packageRoot } from '../../src/paths.js';
import { builtInFingerprint, currentFingerprint, stageFingerprint } from '../../src/stage/fingerprint.js';
import { version } from '../../src/version.js';
import { testFolder, writeFiles } from '../store/folder.js';

const stage = `import { defineStage, Type } from 'spikeline';
import { readFile } from 'node:fs/promises';
import { rate } from './lib/rate.js';

export default defineStage({
  name: 'mine',
  summary: 'Mine',
  parameters: Type.Object({}),
  inputs: {},
  outputs: {},
  async run() {
    const count = 3;
    return { value: rate * count, file: String(readFile) };
  },
});
`;
const files = { 'stage.ts': stage, 'lib/rate.ts': 'export const rate = 0.5;' };

const fingerprintOf = async (folder: string) => (await currentFingerprint('./stage.ts', folder)).fingerprint;

/** Does the fingerprint change when a file does? */
async function changes(path: string, text: string): Promise<boolean> {
  const folder = writeFiles(testFolder(), files);
  const before = await fingerprintOf(folder);
  writeFiles(folder, { [path]: text });
  return (await fingerprintOf(folder)) !== before;
}

describe("the fingerprint of a file of the user's", () => {
  it('is the same in any folder', async () => {
    const [one, two] = [testFolder(), join(testFolder(), 'deep/er')];
    expect(await fingerprintOf(writeFiles(two, files))).toBe(await fingerprintOf(writeFiles(one, files)));
  });

  it.each([
    ['a comment', 'stage.ts', stage.replace('const count', '// how many\n    /* of them */ const count')],
    ['a licence comment', 'stage.ts', `/*! @license MIT */\n${stage}`],
    ['white space', 'stage.ts', stage.replaceAll('  ', '\t').replace('rate * count', '(rate\n*count)')],
    [
      'a type',
      'stage.ts',
      stage.replace('const count', 'const count: number').replace('run()', 'run(): Promise<never>'),
    ],
    ['an interface', 'lib/rate.ts', 'interface Rate { readonly x: string }\nexport const rate = 0.5 as number;'],
    ['a type import', 'stage.ts', `import type { Stats } from 'node:fs';\n${stage}`],
    [
      'many types',
      'stage.ts',
      stage
        .replace('const count', 'const count: Zebra | Quiz | 7')
        .concat('type Zebra = "zzzzzzzzz"; type Quiz = { qqqq: "qqqqq" };'),
    ],
    ['the spelling of a number', 'lib/rate.ts', 'export const rate = 5e-1;'],
    ['a file that is not imported', 'lib/other.ts', 'export const rate = 7;'],
    ['unused code', 'lib/rate.ts', 'export const rate = 0.5;\nexport function unused() { return 7; }'],
    [
      'compiler settings',
      'tsconfig.json',
      '{ "compilerOptions": { "target": "ES5", "useDefineForClassFields": false } }',
    ],
  ])('keeps when %s changes', async (_, path, text) => {
    expect(await changes(path, text)).toBe(false);
  });

  it.each([
    ['a constant', 'stage.ts', stage.replace('count = 3', 'count = 4')],
    ['an operator', 'stage.ts', stage.replace('rate * count', 'rate + count')],
    ['a constant of an imported file', 'lib/rate.ts', 'export const rate = 0.25;'],
    ['a text', 'stage.ts', stage.replace("'Mine'", "'Yours'")],
    ['white space in a text', 'stage.ts', stage.replace("'Mine'", "'Mi ne'")],
    ['an imported package', 'stage.ts', `import 'yaml';\n${stage}`],
  ])('changes with %s', async (_, path, text) => {
    expect(await changes(path, text)).toBe(true);
  });

  it('names files and packages one by one', async () => {
    const folder = writeFiles(testFolder(), files);
    const before = await currentFingerprint('./stage.ts', folder);
    writeFiles(folder, { 'lib/rate.ts': 'export const rate = 0.25;', 'stage.ts': `// mine\n${stage}` });
    const after = await currentFingerprint('./stage.ts', folder);
    expect(Object.keys(before.files)).toEqual(['lib/rate.ts', 'stage.ts', 'spikeline']);
    expect(before.files.spikeline).toBe(version);
    expect(after.files['stage.ts']).toBe(before.files['stage.ts']);
    expect(after.files['lib/rate.ts']).not.toBe(before.files['lib/rate.ts']);
  });

  it('is taken once in a process, unless asked for anew', async () => {
    const folder = writeFiles(testFolder(), files);
    const { fingerprint } = await stageFingerprint('./stage.ts', folder);
    writeFiles(folder, { 'lib/rate.ts': 'export const rate = 1;' });
    expect((await stageFingerprint('./stage.ts', folder)).fingerprint).toBe(fingerprint);
    expect((await currentFingerprint('./stage.ts', folder)).fingerprint).not.toBe(fingerprint);
  });
});

describe('versions of packages', () => {
  const packages = async (folder: string) => (await bundle(join(folder, 'src/stage.ts'), folder)).packages;
  const source = "import 'left';\nimport '@scope/right/deep/file.js';\nimport 'fs';\nimport('left/more');";

  it('come from the lock file above, nearest folder first', async () => {
    const lock = {
      packages: {
        'node_modules/left': { version: '1.0.0' },
        'src/node_modules/left': { version: '2.0.0' },
        'node_modules/@scope/right': { version: '3.0.0' },
      },
    };
    const folder = writeFiles(testFolder(), { 'src/stage.ts': source, 'package-lock.json': JSON.stringify(lock) });
    expect(await packages(folder)).toEqual({ '@scope/right': '3.0.0', left: '2.0.0' });
  });

  it('come from the packages themselves where there is no lock file', async () => {
    const folder = writeFiles(testFolder(), {
      'src/stage.ts': source,
      'node_modules/left/package.json': '{ "version": "4.0.0" }',
    });
    expect(await packages(folder)).toEqual({ '@scope/right': 'missing', left: '4.0.0' });
  });
});

describe('the fingerprint of a built-in stage', () => {
  it('leaves the engine out where its own fingerprint counts', async () => {
    const train = await builtInFingerprint('train');
    const convert = await builtInFingerprint('snn-convert');
    expect(Object.keys(train.files)).toContain('stages/train.ts');
    expect(Object.keys(train.files).filter((file) => file.startsWith('src/engine/wasm/'))).toEqual([]);
    expect(Object.keys(convert.files)).toContain('src/spiking/convert.ts');
    expect(convert.fingerprint).not.toBe(train.fingerprint);
  });

  it('counts the versions of packages by the lock file', async () => {
    const lock = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const { files } = await builtInFingerprint('plot');
    expect(files.echarts).toBe(lock.packages['node_modules/echarts']!.version);
    expect(files['@sinclair/typebox']).toBeUndefined();
  });
});
