import {
  type Able,
  type Capability,
  type Draw,
  gradientTypes,
  type LayerCounts,
  type Trainer,
} from '../../src/engine/engine.js';
import { blocksOf } from '../../src/network/layers.js';
import { adam } from '../../src/network/method.mjs';
import { countersOf, nextUpdate, paperOptimiser } from '../../src/network/optimiser.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { spikeSources } from '../../src/spiking/network.js';
import type { SpikeNoise } from '../../src/spiking/noise.js';
import { annForward } from '../network/reference-ann.js';
import { type Disturbance, simulate } from '../spiking/reference-simulator.js';
import { imageOf } from './examples.js';
import { withInserted, withMembraneNoise, withoutDeleted } from './reference-noise.js';
import { referenceStep } from './reference-trainer.js';

/** A third engine: plain loops in double precision. Slow, and all that an engine has to be. */
export const referenceEngine: Able<Capability> = {
  name: 'reference',
  identity: { sources: ['test/engine/reference-engine.ts'] },
  gradientTypes,
  describe: async () => ({ usable: true, text: 'plain loops' }),
  trainer: async (network, start, options) => trainerOf(network, start, options),

  async evaluator(network, parameters) {
    let current = parameters;
    return {
      async evaluate(images, count, wantLevels = false) {
        const each = Array.from({ length: count }, (_, i) =>
          annForward(network, current, Float32Array.from(imageOf(network, images, i))),
        );
        return {
          logits: joined(each.map(({ logits }) => logits)),
          levels: wantLevels
            ? blocksOf(network).map((_, i) => Uint8Array.from(joined(each.map(({ activations }) => activations[i]!))))
            : [],
        };
      },
      async load(next) {
        current = next;
      },
      close: async () => undefined,
    };
  },

  async simulator(network, { noise }) {
    const blocks = spikeSources(network);
    return {
      async simulate(images, count, draw, wantSpikes = false) {
        const each = Array.from({ length: count }, (_, i) => {
          const [height, width, channels] = network.input;
          const size = height * width * channels;
          const image = images.subarray(i * size, (i + 1) * size);
          return simulate(network, image, noise && disturbance(noise, network.levels, draw!, i));
        });
        const sum = (of: (one: (typeof each)[number]) => number) => each.reduce((total, one) => total + of(one), 0);
        return {
          logits: joined(each.map(({ logits }) => logits)),
          levels: wantSpikes ? blocks.map((_, i) => Uint8Array.from(joined(each.map(({ spikes }) => spikes[i]!)))) : [],
          counts: blocks.map(
            ({ name }, i): LayerCounts => ({
              name,
              spikes: sum((one) => one.spikesPerLayer[i]!),
              eventOperations: i === 0 ? 0 : sum((one) => one.operations[i - 1]!.event),
              effectiveOperations: i === 0 ? 0 : sum((one) => one.operations[i - 1]!.effective),
            }),
          ),
        };
      },
      close: async () => undefined,
    };
  },
};

/** Noise of a call's i-th image. */
function disturbance(noise: readonly SpikeNoise[], levels: number, { seed, firstImage }: Draw, i: number): Disturbance {
  const place = (layer: number) => ({ seed, image: firstImage + i, layer });
  return {
    membranes: (sums, layer, channels) => withMembraneNoise(sums, channels, noise[layer]!.membrane, place(layer)),
    spikes: (sent, layer) => {
      const { deletion, insertion } = noise[layer]!;
      const left = withoutDeleted([...sent], deletion, place(layer));
      return Uint8Array.from(withInserted(left, levels, insertion, place(layer)));
    },
  };
}

function trainerOf(...[network, start, options]: Parameters<Able<'train'>['trainer']>): Trainer {
  const { batch, gradients, optimizer: how = paperOptimiser } = options;
  const parameters = new Map([...start.parameters].map(([name, values]) => [name, values.slice()]));
  const fresh = () =>
    new Map(
      parameterShapes(network)
        .filter(({ trainable }) => trainable)
        .map(({ name }) => [name, new Float32Array(parameters.get(name)!.length)]),
    );
  const copy = (tensors: ReadonlyMap<string, Float32Array>) =>
    new Map([...tensors].map(([name, values]) => [name, values.slice()]));
  const m = start.optimizer ? copy(start.optimizer.m) : fresh();
  const v = start.optimizer?.kind === 'adam' ? copy(start.optimizer.v) : fresh();
  let counters = countersOf(start.optimizer);
  const ternary = new Set(parameterShapes(network).flatMap(({ name, ternary: latent }) => (latent ? name : [])));
  return {
    async step(images, labels, learningRate) {
      const each = Array.from({ length: batch }, (_, i) => imageOf(network, images, i));
      const result = referenceStep(network, parameters, each, [...labels.subarray(0, batch)], gradients);
      const next = nextUpdate(counters, learningRate);
      counters = next.counters;
      for (const [name, gradient] of result.gradients) {
        const [w, first, second] = [parameters.get(name)!, m.get(name)!, v.get(name)!];
        for (const [i, value] of gradient.entries()) {
          const decay = how.kind === 'adamw' ? 0 : how.weightDecay * w[i]!;
          const g = value * (ternary.has(name) ? 2 : 1) + decay;
          if (how.kind === 'sgd') {
            const velocity = how.momentum * first[i]! + g;
            first[i] = velocity;
            w[i] = w[i]! - learningRate * (how.nesterov ? g + how.momentum * velocity : velocity);
            continue;
          }
          const kept = how.kind === 'adamw' ? 1 - learningRate * how.weightDecay : 1;
          first[i] = adam.beta1 * first[i]! + (1 - adam.beta1) * g;
          second[i] = adam.beta2 * second[i]! + (1 - adam.beta2) * g * g;
          w[i] = w[i]! * kept - (next.rate * first[i]) / (Math.sqrt(second[i]) + adam.epsilon);
        }
      }
      for (const [name, values] of result.running) parameters.set(name, Float32Array.from(values));
      return { loss: result.loss, correct: result.correct };
    },
    parameters: async () => copy(parameters),
    optimizer: async () =>
      how.kind === 'sgd' ? { kind: 'sgd', m: copy(m) } : { kind: 'adam', ...counters, m: copy(m), v: copy(v) },
    close: async () => undefined,
  };
}

const joined = (parts: readonly Float64Array[] | readonly Uint8Array[]): Float64Array =>
  Float64Array.from(parts.flatMap((part) => [...part]));
