// Compares a library of native kernels with WebAssembly's, call by call, and prints the name of the level that it was compiled
// for. A process of its own: code that a compiler got wrong may end it.
import { purposes, RandomWords } from '../../../data/random.js';
import { elements } from '../../../formats/shape.js';
import type { Network, Precision } from '../../../network/architecture.js';
import { initialParameters } from '../../../network/initialise.js';
import { parseNotation } from '../../../network/notation.js';
import type { Optimiser } from '../../../network/optimiser.js';
import { buildNetwork } from '../../../network/presets.js';
import { convert } from '../../../spiking/convert.js';
import { spikeSources } from '../../../spiking/network.js';
import type { GradientType, Parameters } from '../../engine.js';
import type { Kernel } from '../descriptor.js';
import { wasmEngine } from '../engine.js';
import { type Description, descriptions, names } from '../kernels/description.mjs';
import { useNative } from './choice.js';
import { comparedKernels } from './comparison.js';
import { levels } from './level.js';
import { openLibrary } from './library.js';

interface Trial {
  readonly notation: string;
  readonly input: readonly [number, number, number];
  readonly precision: Precision;
  readonly batch: number;
  readonly gradients?: GradientType;
  readonly optimizer?: Optimiser;
  /** False for networks that no spikes can stand for. */
  readonly spiking?: boolean;
  /** What initial weights are multiplied with: so small that they are denormal, or so large that little is left to add. */
  readonly weights?: number;
}

const quantised = (k: number, B: number) => ({ kind: 'quantised', k, B }) as const;
const fp32 = { kind: 'fp32' } as const;
const decayed: Optimiser = { kind: 'adamw', weightDecay: 0.1 };
const nesterov: Optimiser = { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.1 };

/** Between them they have all kernels called, with sizes that are and that are not multiples of what a vector holds. */
const trials: readonly Trial[] = [
  { notation: '16C3-P2-32C3-64C3v', input: [12, 12, 1], precision: quantised(1, 2), batch: 5 },
  { notation: '64C3-P2-64C3-128C3v', input: [6, 7, 3], precision: quantised(1, 2), batch: 17, gradients: 'int16' },
  { notation: '24C5v-70C3/2-40C3v', input: [14, 15, 2], precision: quantised(0, 1), batch: 3, gradients: 'int16' },
  { notation: '16C3-64C3-32C3-16C3v', input: [9, 7, 1], precision: quantised(2, 2), batch: 3 },
  { notation: '16C3-48C3-130C1', input: [5, 7, 1], precision: quantised(4, 8), batch: 2 },
  {
    notation: '16C3-P2-33C3f-24C3v',
    input: [11, 10, 3],
    precision: quantised(1, 4),
    batch: 4,
    spiking: false,
    optimizer: decayed,
  },
  { notation: '17C3-P2-40C3-32', input: [10, 10, 3], precision: fp32, batch: 7, spiking: false, optimizer: nesterov },
  { notation: '16C3-32C3-16C3v', input: [8, 8, 1], precision: quantised(1, 1), batch: 3, weights: 1e-38 },
  { notation: '16C3-32C3-16C3v', input: [7, 9, 1], precision: quantised(1, 1), batch: 3, weights: 1e12 },
];

/** Whole pixels, as images have them, of 0 to 1: a third of them 0. */
function imagesOf(count: number, stream: number): Float32Array {
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream });
  return Float32Array.from({ length: count }, () => Math.max(0, words.below(384) - 128) / 255);
}

const [library, name] = process.argv.slice(2);
const level = Object.values(levels)
  .flat()
  .find((one) => one.name === name);
if (level === undefined) throw new Error(`no level ${name}`);
useNative({ library: library!, level, comparing: true });
for (const [index, trial] of trials.entries()) await run(trial, index);
/** They are compared with those that call them. */
const inner = Object.values<Description>(descriptions).flatMap((one) => (one.inner ? names(one.kernels) : []));
const all = Object.keys(openLibrary(library!, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })));
const missed = all.filter((kernel) => !comparedKernels.has(kernel as Kernel) && !inner.includes(kernel));
if (missed.length > 0) throw new Error(`nothing was compared of ${missed.join(', ')}`);
console.log(name);

async function run(trial: Trial, index: number): Promise<void> {
  const { batch, gradients = 'float32', optimizer, precision, weights = 1 } = trial;
  const plan = parseNotation(trial.notation);
  if ('message' in plan) throw new TypeError(plan.message);
  const network = buildNetwork({ name: 'probe', ...plan }, { input: [...trial.input], classes: 10, precision });
  const start = new Map(
    [...initialParameters(network, index)].map(([name, values]) => [name, values.map((value) => value * weights)]),
  );
  const images = imagesOf(batch * elements(network.input), index);
  const options = { batch, threads: 1, gradients, ...(optimizer === undefined ? {} : { optimizer }) };
  const trainer = await wasmEngine.trainer(network, { parameters: start }, options);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 10);
  for (let step = 0; step < 3; step++) await trainer.step(images, labels, 1e-2);
  const parameters = await trainer.parameters();
  await trainer.close();
  await evaluate(network, parameters, images, batch);
  if (trial.spiking !== false) await simulate(network, parameters, images, batch);
}

async function evaluate(network: Network, parameters: Parameters, images: Float32Array, batch: number): Promise<void> {
  const evaluator = await wasmEngine.evaluator(network, parameters, { batch, threads: 1 });
  await evaluator.evaluate(images, batch);
  await evaluator.close();
}

async function simulate(network: Network, parameters: Parameters, images: Float32Array, batch: number): Promise<void> {
  const spiking = convert(network, parameters).network;
  const noise = spikeSources(spiking).map(() => ({ deletion: 0.3, insertion: 0.1, membrane: 2.5 }));
  for (const options of [{}, { noise: noise.map((one) => ({ ...one, membrane: 0 })) }, { noise }]) {
    const simulator = await wasmEngine.simulator(spiking, { batch, threads: 1, ...options });
    await simulator.simulate(images, batch - 1, { seed: 5, firstImage: 40 });
    await simulator.simulate(images, batch, { seed: 5, firstImage: 40 });
    await simulator.close();
  }
}
