// Trains VGG (k1B2) on 20,000 images of Fashion-MNIST for two epochs with the default engine, by the code of the stage
// `train`, and the same in PyTorch: PyTorch gets the same first weights and the same augmented images in the same order.
// `SPIKELINE_PYTHON=… npm run peers:curve` writes test/peers/CURVE.md; SEEDS=1,2 chooses the seeds.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { acquire, subset } from '../../src/data/acquire.js';
import type { Dataset } from '../../src/data/dataset.js';
import type { Able, Parameters } from '../../src/engine/engine.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { ImageSource } from '../../src/experiment/images.js';
import { freshCheckpoint, train } from '../../src/experiment/train.js';
import { network } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/text/table.js';

const seeds = (process.env.SEEDS ?? '1,2').split(',').map(Number);
const schedule = { epochs: 2, learningRate: 1e-3, batch: 200, heldOut: 0, gradients: 'float32' } as const;
const images = 20_000;
/** Steps between two rows of the table of losses, each the mean over these steps. */
const window = 25;

/** PyTorch's side. Commands are queued; its answers come when they come. */
class Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly losses: number[] = [];
  readonly correct: number[] = [];
  readonly #asked: number[][] = [];
  version = '';

  constructor(python: string, channels: number, threads: number) {
    const script = join(packageRoot, 'test/peers/torch_lockstep.py');
    this.#child = spawn(python, [script, 'vgg', 'k1B2', String(channels), String(threads)]);
    this.#child.stderr.pipe(process.stderr);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('ready')) this.version = line.split(' ')[1]!;
      else this.#asked.shift()!.push(Number(line));
    });
  }

  load(parameters: Parameters): void {
    for (const [name, values] of parameters) this.#send(`weights ${name}`, values);
  }

  step(batch: Float32Array, labels: Int32Array, rate: number): void {
    this.#asked.push(this.losses);
    this.#send(`step ${labels.length} ${rate}`, batch, labels);
  }

  test(batch: Float32Array, labels: Int32Array): void {
    this.#asked.push(this.correct);
    this.#send(`test ${labels.length}`, batch, labels);
  }

  /** Waits for all answers. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) =>
        code === 0 ? resolve(code) : reject(new Error(`PyTorch ended with ${code}`)),
      );
    });
  }

  #send(command: string, ...data: readonly (Float32Array | Int32Array)[]): void {
    this.#child.stdin.write(`${command}\n`);
    // Copies, because the caller uses its arrays again.
    for (const { buffer, byteOffset, byteLength } of data)
      this.#child.stdin.write(Buffer.from(Buffer.from(buffer, byteOffset, byteLength)));
  }
}

/** The default engine, whose trainer passes every batch on and notes its losses, and whose evaluator has PyTorch tested too. */
function passingOn(peer: Peer, source: ImageSource, losses: number[]): Able<'train' | 'evaluate'> {
  return {
    ...wasmEngine,
    async trainer(net, start, options) {
      peer.load(start.parameters);
      const trainer = await wasmEngine.trainer(net, start, options);
      return {
        async step(batch, labels, rate) {
          peer.step(batch, labels, rate);
          const result = await trainer.step(batch, labels, rate);
          losses.push(result.loss);
          return result;
        },
        parameters: () => trainer.parameters(),
        optimizer: () => trainer.optimizer(),
        close: () => trainer.close(),
      };
    },
    async evaluator(net, parameters, options) {
      const evaluator = await wasmEngine.evaluator(net, parameters, options);
      return {
        evaluate: (batch, count, levels) => evaluator.evaluate(batch, count, levels),
        async load(next) {
          const { test } = source.dataset;
          const count = 1000;
          const batch = { images: new Float32Array(count * source.size), labels: new Int32Array(count) };
          for (let first = 0; first < test.count; first += count) {
            source.fill({ split: 'test', first, count }, batch);
            peer.test(batch.images, batch.labels);
          }
          await evaluator.load(next);
        },
        close: () => evaluator.close(),
      };
    },
  };
}

interface Curve {
  readonly seed: number;
  readonly version: string;
  readonly losses: { readonly ours: readonly number[]; readonly torch: readonly number[] };
  readonly accuracies: readonly { readonly ours: number; readonly torch: number }[];
}

async function curve(python: string, dataset: Dataset, seed: number): Promise<Curve> {
  const net = network('vgg', { precision: { kind: 'quantised', k: 1, B: 2 }, input: [24, 24, 1] });
  const source = new ImageSource(net, dataset);
  // Both compute at the same time.
  const threads = Math.max(1, availableParallelism() >> 1);
  const peer = new Peer(python, 1, threads);
  const ours: number[] = [];
  const result = await train(passingOn(peer, source, ours), source, freshCheckpoint(net, seed), schedule, threads, {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: (line) => console.log(`seed ${seed}: ${line}`),
    warn: (line) => console.log(`seed ${seed}: ${line}`),
    resume: { load: async () => undefined, save: async () => undefined },
  });
  await peer.end();
  const tests = result.history.trim().split('\n').slice(1);
  const perEpoch = dataset.test.count / 1000;
  const accuracies = tests.map((line, epoch) => ({
    ours: Number(line.split(',')[4]),
    torch: peer.correct.slice(epoch * perEpoch, (epoch + 1) * perEpoch).reduce((a, b) => a + b) / dataset.test.count,
  }));
  console.log(JSON.stringify({ seed, accuracies }));
  return { seed, version: peer.version, losses: { ours, torch: peer.losses }, accuracies };
}

const python = process.env.SPIKELINE_PYTHON;
if (python === undefined) throw new Error('SPIKELINE_PYTHON must name a Python that has PyTorch and NumPy');
const abort = new AbortController();
const log = (line: string) => console.log(line);
const whole = await acquire('fashion-mnist', { scale: 255, signal: abort.signal, progress: () => undefined, log });
const dataset = { ...whole, train: subset(whole.train, images, whole.classes) };
const curves: Curve[] = [];
for (const seed of seeds) curves.push(await curve(python, dataset, seed));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const lossRows = curves[0]!.losses.torch.flatMap((_, step) => {
  if ((step + 1) % window !== 0) return [];
  const cells = curves.flatMap(({ seed, losses }) => [
    [`ours${seed}`, mean(losses.ours.slice(step + 1 - window, step + 1)).toFixed(3)],
    [`torch${seed}`, mean(losses.torch.slice(step + 1 - window, step + 1)).toFixed(3)],
  ]);
  return [{ steps: `${step + 2 - window}–${step + 1}`, ...Object.fromEntries(cells) } as Record<string, string>];
});
const lossColumns = curves.flatMap(({ seed }) => [
  { key: `ours${seed}`, title: `Spikeline, seed ${seed}` },
  { key: `torch${seed}`, title: `PyTorch, seed ${seed}` },
]);
const percent = (value: number) => (100 * value).toFixed(2);
const accuracyRows = curves.flatMap(({ seed, accuracies }) =>
  accuracies.map(({ ours, torch }, epoch) => ({
    ...{ seed: String(seed), epoch: String(epoch + 1), ours: percent(ours), torch: percent(torch) },
    difference: (100 * (ours - torch)).toFixed(2),
  })),
);
await writeFile(
  join(packageRoot, 'test/peers/CURVE.md'),
  `# VGG on Fashion-MNIST, beside PyTorch

VGG at k1B2 on 24×24 crops of one channel: ${schedule.epochs} epochs of ${images} images, Adam at ${schedule.learningRate}, batches of ${schedule.batch}; float32 gradients.
PyTorch ${curves[0]!.version} starts from the same weights and gets the same augmented images in the same order, and uses its own
arithmetic. Roundings differ, a neuron at a threshold then sends another level, and the trainings part: the curves are to
agree, not the numbers. Written by \`npm run peers:curve\`.

Accuracy on the 10,000 test images, %:

${renderTable(accuracyRows, [{ key: 'seed' }, { key: 'epoch' }, { key: 'ours', title: 'Spikeline' }, { key: 'torch', title: 'PyTorch' }, { key: 'difference', title: 'difference, points' }], 'md').trimEnd()}

Loss in training, means of ${window} steps:

${renderTable(lossRows, [{ key: 'steps' }, ...lossColumns], 'md')}`,
);
