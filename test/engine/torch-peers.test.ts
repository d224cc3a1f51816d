import '@tensorflow/tfjs-backend-cpu';
// Without the union package, gradients have to be registered by hand.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trainer, TrainerOptions } from '../../src/engine/engine.js';
import { engineOn } from '../../src/engine/tensorflow/engine.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import { learningRates, type Schedule } from '../../src/experiment/learning-rate.js';
import { initialParameters } from '../../src/network/initialise.js';
import type { Optimiser } from '../../src/network/optimiser.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { hasPackages } from '../peers/python.js';
import { testFolder } from '../store/folder.js';
import { smallNetwork } from './contract.js';
import { batchOf, fp32 } from './examples.js';
import { relativeError } from './training-agreement.js';

// Where SPIKELINE_PYTHON or else python3 has PyTorch.
const python = process.env.SPIKELINE_PYTHON ?? 'python3';
const hasTorch = hasPackages(['numpy', 'torch'], python);
const [steps, batch, learningRate] = [20, 8, 2e-3];

type Gradients = ReadonlyMap<string, Float32Array>;
/** A trainer, and the gradients of its last step. */
type Watched = readonly [Trainer, () => Gradients];

const lenet = preset('lenet', { precision: fp32 });
/** On the plain backend a small one, for LeNet takes it minutes. */
const small = smallNetwork(fp32);

async function wasm(options: TrainerOptions): Promise<Watched> {
  const trainer = await WasmTrainer.create(lenet, { parameters: initialParameters(lenet, 1) }, options);
  return [trainer, () => trainer.gradients()];
}

async function tensorflow(options: TrainerOptions): Promise<Watched> {
  const last = new Map<string, Float32Array>();
  const names = parameterShapes(small).flatMap(({ name, trainable }) => (trainable ? [name] : []));
  const variableGrads: typeof tf.variableGrads = (loss, variables) => {
    const found = tf.variableGrads(loss, variables);
    for (const [i, { name }] of variables!.entries())
      last.set(names[i]!, (found.grads[name]!.dataSync() as Float32Array).slice());
    return found;
  };
  const engine = engineOn(() => ({ ...tf, variableGrads }));
  return [await engine.trainer(small, { parameters: initialParameters(small, 1) }, options), () => last];
}

const engines = [
  ['the default engine', lenet, wasm],
  ['TensorFlow.js', small, tensorflow],
] as const;

const decay = { weight_decay: 0.01 };
/** What we call it, and what PyTorch does. One step an epoch, so that schedules count the same. */
const cases: readonly [string, Optimiser, [string, object], Schedule, [string, object][], number[]][] = [
  [
    'SGD with momentum and decay, in steps',
    { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0.01 },
    ['SGD', { momentum: 0.9, ...decay }],
    { steps: [8, 14].map((after, i) => ({ after, factor: 0.1 ** (i + 1) })) },
    [['MultiStepLR', { milestones: [8, 14], gamma: 0.1 }]],
    [],
  ],
  [
    'SGD by Nesterov, after a warm-up',
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    ['SGD', { momentum: 0.9, nesterov: true, ...decay }],
    { warmUp: 5 },
    [['LinearLR', { start_factor: 0.2, total_iters: 4 }]],
    [],
  ],
  [
    'Adam with L2, by a cosine',
    { kind: 'adam', weightDecay: 0.01 },
    ['Adam', decay],
    { cosine: { to: 1e-4 } },
    [['CosineAnnealingLR', { T_max: steps, eta_min: 1e-4 }]],
    [],
  ],
  [
    'AdamW, after a warm-up by a cosine',
    { kind: 'adamw', weightDecay: 0.01 },
    ['AdamW', decay],
    { warmUp: 4, cosine: {} },
    [
      ['LinearLR', { start_factor: 0.25, total_iters: 3 }],
      ['CosineAnnealingLR', { T_max: steps - 4 }],
    ],
    [4],
  ],
];

/** PyTorch, imported once: what it answers for folders. */
class Peer {
  readonly #process: ChildProcessWithoutNullStreams = spawn(python, [
    join(packageRoot, 'test/peers/torch_optimisers.py'),
  ]);
  readonly #lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  #told = '';

  constructor() {
    this.#process.stderr.on('data', (text) => {
      this.#told += String(text);
    });
  }

  /** Learning rates of all steps. */
  async move(folder: string): Promise<number[]> {
    this.#process.stdin.write(`${folder}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(this.#told);
    return JSON.parse(value) as number[];
  }

  close(): void {
    this.#process.stdin.end();
  }
}

let peer: Peer;
beforeAll(() => {
  if (hasTorch) peer = new Peer();
});
afterAll(() => peer?.close());

describe.skipIf(!hasTorch).each(engines)(
  '20 steps of %s are those of PyTorch on the same gradients, but for rounding',
  (_, network, open) => {
    const parameters = initialParameters(network, 1);
    const batches = [1, 2, 3, 4].map((seed) => batchOf(network, batch, seed));
    it.each(cases)('%s', async (_case, optimizer, [name, options], schedule, schedulers, milestones) => {
      const folder = testFolder();
      const write = (file: string, ...data: readonly Float32Array[]) =>
        writeFileSync(join(folder, file), Buffer.concat(data.map((one) => new Uint8Array(one.slice().buffer))));
      const rateOf = learningRates({ learningRate, schedule, epochs: steps }, 1);
      const [trainer, gradientsOf] = await open({ batch, threads: 1, optimizer });
      const gradients = new Map<string, Float32Array[]>();
      for (let step = 0; step < steps; step++) {
        const { images, labels } = batches[step % batches.length]!;
        await trainer.step(images, labels, rateOf(step));
        for (const [tensor, values] of gradientsOf()) gradients.set(tensor, [...(gradients.get(tensor) ?? []), values]);
      }
      const after = await trainer.parameters();
      await trainer.close();
      for (const [tensor, values] of gradients) {
        write(tensor, parameters.get(tensor)!);
        write(`${tensor}.gradients`, ...values);
      }
      const names = [...gradients.keys()];
      const asked = {
        names,
        steps,
        optimizer: [name, { lr: learningRate, ...options }],
        schedule: schedulers,
        milestones,
      };
      writeFileSync(join(folder, 'options.json'), JSON.stringify(asked));
      for (const [step, rate] of (await peer.move(folder)).entries())
        expect(Math.abs(rateOf(step) - rate)).toBeLessThan(1e-15);
      for (const tensor of names) {
        const { buffer } = Uint8Array.from(readFileSync(join(folder, `${tensor}.after`)));
        expect(relativeError(after.get(tensor)!, new Float32Array(buffer)), tensor).toBeLessThan(1e-5);
      }
    });
  },
);
