// Small networks that between them have all kernels called: for comparing what kernels make of the same call.
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
import { wasmEngine } from '../engine.js';

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

/** Sizes are multiples of what a vector holds, and are not. */
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

/** Layers that fill matrices and leave some, and as many images as are multiplied at a time: for kernels that do. */
export const matrixTrial: Trial = {
  notation: '64C3-64C3-48C3v-32C3v',
  input: [7, 6, 1],
  precision: quantised(1, 2),
  batch: 32,
  gradients: 'int16',
};

/** Whole pixels, as images have them, of 0 to 1: a third of them 0. */
function imagesOf(count: number, stream: number): Float32Array {
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream });
  return Float32Array.from({ length: count }, () => Math.max(0, words.below(384) - 128) / 255);
}

/** What is told of what was computed. */
type See = (values: NodeJS.TypedArray) => void;

/**
 * Trains, evaluates and simulates each of them by the default engine.
 * @param see is given what comes out, piece by piece: losses, parameters, logits, and counts of spikes
 * @param more trials after those that all kernels have
 */
export async function runTrials(see: See = () => undefined, more: readonly Trial[] = []): Promise<void> {
  for (const [index, trial] of [...trials, ...more].entries()) await run(trial, index, see);
}

async function run(trial: Trial, index: number, see: See): Promise<void> {
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
  for (let step = 0; step < 3; step++) see(Float64Array.of((await trainer.step(images, labels, 1e-2)).loss));
  const parameters = await trainer.parameters();
  for (const values of parameters.values()) see(values);
  await trainer.close();
  const evaluator = await wasmEngine.evaluator(network, parameters, { batch, threads: 1 });
  see((await evaluator.evaluate(images, batch)).logits);
  await evaluator.close();
  if (trial.spiking !== false) await simulate(network, parameters, images, batch, see);
}

async function simulate(network: Network, parameters: Parameters, images: Float32Array, batch: number, see: See) {
  const spiking = convert(network, parameters).network;
  const noise = spikeSources(spiking).map(() => ({ deletion: 0.3, insertion: 0.1, membrane: 2.5 }));
  for (const options of [{}, { noise: noise.map((one) => ({ ...one, membrane: 0 })) }, { noise }]) {
    const simulator = await wasmEngine.simulator(spiking, { batch, threads: 1, ...options });
    for (const count of [batch - 1, batch]) {
      const { logits, counts } = await simulator.simulate(images, count, { seed: 5, firstImage: 40 });
      see(logits);
      see(Float64Array.from(counts.flatMap(({ spikes, effectiveOperations }) => [spikes, effectiveOperations])));
    }
    await simulator.close();
  }
}
