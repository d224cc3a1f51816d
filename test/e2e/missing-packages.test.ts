import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { Sandbox, sandboxTest } from './program.js';

/** The built program as installers leave it that add no optional packages. */
class Bare extends Sandbox {
  constructor() {
    super();
    cpSync(buildFolder, this.path('spikeline/.build/copy'), { recursive: true });
    for (const name of ['package.json', 'pipelines'])
      symlinkSync(join(packageRoot, name), this.path(`spikeline/${name}`));
  }

  override readonly program = this.path('spikeline/.build/copy/cli.cjs');
}

const test = sandboxTest(() => new Bare());

test('the export to NIR, and nothing before it, needs h5wasm', async ({ box }) => {
  box.write(
    'p.yaml',
    `name: p
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 40, test: 20 } } }
  train: { uses: train, inputs: { data: data }, with: { network: 2C5/2-P7-4, k: 1, B: 2, epochs: 1, batch: 8 } }
  arrays: { uses: export, inputs: { checkpoint: train }, with: { formats: [npz] } }
  nir: { uses: export, inputs: { checkpoint: train }, with: { formats: [nir] } }
`,
  );
  const { code, out } = await box.run(['run', 'p.yaml', '--keep-going']);
  expect([code, out]).toEqual([
    1,
    expect.stringContaining(
      'nir failed [E_PACKAGE]\n  Files of NIR are HDF5, which needs the package h5wasm, and that is not installed.\n' +
        '  hint: Install it with: npm install h5wasm\n',
    ),
  ]);
  expect(out).toContain('ran 3, cached 0, failed 1');
});

test('a stage in TypeScript needs esbuild for this machine, and is told before anything runs', async ({ box }) => {
  box.write('own.ts', 'export default {};\n');
  box.write('p.yaml', 'name: p\nstages: { say: { run: [echo, hello] }, own: { uses: ./own.ts } }\n');
  const { code, err } = await box.run(['run', 'p.yaml']);
  const name = `@esbuild/${process.platform}-${process.arch}`;
  expect([code, err]).toEqual([2, expect.stringContaining(`need the package ${name}, which is not installed.`)]);
  expect(err).toContain(`hint: Install it with: npm install ${name}@`);
});
