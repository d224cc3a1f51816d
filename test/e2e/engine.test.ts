import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

const pipeline = `name: p
params: { rate: 0.001 }
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 40, test: 20 } } }
  train:
    uses: train
    inputs: { data: data }
    with: { network: 2C5/2-P7-4, k: 1, B: 2, epochs: 1, batch: 8, learningRate: '\${{ params.rate }}' }
  ann: { uses: ann-infer, inputs: { data: data, checkpoint: train } }
  convert: { uses: snn-convert, inputs: { data: data, checkpoint: train } }
`;

const module = 'packages/@tensorflow/tfjs-node/index.js';

/** TensorFlow.js on its CPU backend in the place of the binding, which has the same functions and is far faster. */
async function standIn(box: Sandbox, version: string, library: string): Promise<void> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from '@tensorflow/tfjs-core';
        import * as tf from '@tensorflow/tfjs-core';
        import '@tensorflow/tfjs-backend-cpu';
        import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
        export const version = { 'tfjs-node': '${version}' };
        const about = { isUsingGpuDevice: false, binding: { TF_Version: '${library}' } };
        export const backend = () => Object.assign(tf.backend(), about);`,
      resolveDir: packageRoot,
    },
    ...{ bundle: true, write: false, platform: 'node', format: 'cjs', mainFields: ['module', 'main'] },
  });
  box.write(module, outputFiles[0]!.text);
}

/** Runs the program where packages of the sandbox are found. */
const run = (box: Sandbox, call: string) => box.run(call.trim().split(' '), { NODE_PATH: box.path('packages') });

function isInstalled(): boolean {
  try {
    createRequire(join(packageRoot, 'package.json')).resolve('@tensorflow/tfjs-node');
    return true;
  } catch {
    return false;
  }
}

describe.concurrent('--engine', () => {
  test('names an engine', async ({ box }) => {
    box.write('p.yaml', pipeline);
    expect(await run(box, 'run p.yaml --engine tensorflwo')).toEqual({
      ...{ code: 2, out: '', err: 'There is no engine "tensorflwo".\n  hint: did you mean "tensorflow"?\n' },
    });
    expect((await run(box, 'status p.yaml --engine wasm')).code).toBe(0);
  });

  test.skipIf(isInstalled())('tells what to install, before anything runs', async ({ box }) => {
    box.write('p.yaml', pipeline);
    for (const command of ['run', 'status']) {
      const { code, out, err } = await run(box, `${command} p.yaml --engine tensorflow`);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(
        'needs the package @tensorflow/tfjs-node, which is not installed.\n  hint: Install it with',
      );
    }
    expect(box.has('artifacts/store/records')).toBe(false);
  });

  test('tells what to install for a graphics processor', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const { code, out, err } = await run(box, 'run p.yaml --engine webgpu');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Install with: npm install webgpu @tensorflow/tfjs-backend-webgpu.');
    // Only what is missing is said to be, wherever the other lies.
    for (const [there, missing] of [
      ['webgpu', '@tensorflow/tfjs-backend-webgpu'],
      ['@tensorflow/tfjs-backend-webgpu', 'webgpu'],
    ] as const) {
      box.write(`packages-${missing.length}/${there}/index.js`, '');
      const { code, err } = await box.run(['run', 'p.yaml', '--engine', 'webgpu'], {
        NODE_PATH: box.path(`packages-${missing.length}`),
      });
      expect(code).toBe(2);
      expect(err).toContain(`The engine "webgpu" needs ${missing}, which is not installed.\n`);
    }
  });

  test.skipIf(isInstalled())('tells of a library that does not load, or ends the process', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write(module, `throw new Error('The native addon can not be found at: x\\nPlease run');`);
    const broken = await run(box, 'run p.yaml --engine tensorflow');
    expect([broken.code, broken.out]).toEqual([2, '']);
    expect(broken.err).toContain("but TensorFlow's library does not load: The native addon can not be found at: x\n");
    box.write(module, `process.kill(process.pid, 'SIGILL');`);
    const dead = await run(box, 'run p.yaml --engine tensorflow');
    expect([dead.code, dead.out]).toEqual([2, '']);
    expect(dead.err).toContain('it ended the process that loaded it by SIGILL.\n');
    expect((await run(box, 'doctor')).out).toMatch(/engine tensorflow +optional +none: .*SIGILL/);
  });

  test.skipIf(isInstalled())('computes with TensorFlow what it can, and keys tell', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await standIn(box, '4.99', '0.cpu');
    const first = await run(box, 'run p.yaml --engine tensorflow');
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toContain('TensorFlow 0.cpu on the CPU (@tensorflow/tfjs-node 4.99) computes train, ann.\n');
    expect(first.out).toContain('run p.yaml --engine tensorflow');
    const keys = async (call: string) => {
      const states = JSON.parse((await run(box, `status p.yaml --json ${call}`)).out) as {
        task: string;
        state: string;
        reasons?: { text: string }[];
      }[];
      return Object.fromEntries(
        states.map(({ task, state, reasons = [] }) => [task, [state, ...reasons.map(({ text }) => text)]]),
      );
    };
    expect(await keys('--engine tensorflow')).toEqual({
      ...{ data: ['cached'], train: ['cached'], ann: ['cached'], convert: ['cached'] },
    });
    expect(await keys('')).toMatchObject({ data: ['cached'], train: ['stale', 'engine: tensorflow → wasm'] });
    expect((await run(box, 'why p.yaml train --engine tensorflow')).out).toContain(
      '  engine tensorflow, @tensorflow/tfjs-node 4.99, TensorFlow 0.cpu, device CPU, code ',
    );
    // The conversion is the default engine's in any case, and finds no neuron that differs.
    const convert = (await run(box, 'why p.yaml convert --engine tensorflow')).out;
    expect(convert).toContain('  engine wasm, code ');
    expect(convert).toMatch(/ \(Node v[\d.]+, Spikeline [\d.]+, WebAssembly\)/);
    expect((await run(box, 'diff p.yaml --list')).out).toContain('--engine tensorflow');

    await standIn(box, '4.99', '1.cpu');
    expect(await keys('--engine tensorflow')).toMatchObject({
      train: ['stale', 'engine tensorflow: TensorFlow 0.cpu → 1.cpu'],
    });

    // The same on the default engine: from so small a training, the same numbers but for their last digits.
    const loss = () => Number(box.read('artifacts/p/train/history.csv').split('\n')[1]!.split(',')[2]);
    const before = loss();
    expect((await run(box, 'run p.yaml')).code).toBe(0);
    expect(Math.abs(loss() / before - 1)).toBeLessThan(1e-3);
  });
});
