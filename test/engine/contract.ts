import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Able, type Engine, isAble, type StepResult } from '../../src/engine/engine.js';
import { argmax } from '../../src/experiment/images.js';
import { elements } from '../../src/formats/shape.js';
import type { Network, Precision } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import type { AdamState, Optimiser, OptimiserState } from '../../src/network/optimiser.js';
import { parameterShapes } from '../../src/network/parameters.js';
import { packageRoot } from '../../src/paths.js';
import { convert } from '../../src/spiking/convert.js';
import { type SpikeSource, spikeSources } from '../../src/spiking/network.js';
import type { SpikeNoise } from '../../src/spiking/noise.js';
import { batchOf, customNetwork, fp32, liveParameters, quantised, settledParameters } from './examples.js';

/** All kinds of blocks – same, valid, strided, padded on two sides only, a whole map – and few neurons. */
export const smallNetwork = (precision: Precision): Network =>
  customNetwork(
    [6, 6, 2],
    [
      { kernel: [3, 3], padding: [1, 1], channels: 6 },
      { kernel: [3, 3], padding: [1, 0], channels: 6 },
      { kernel: [2, 2], stride: 2, channels: 8 },
      { kernel: [3, 2], channels: 12 },
    ],
    precision,
  );

/** How many threads there are changes no bit of the default engine. */
const options = { batch: 8, threads: 1 };
const rate = 1e-3;

/**
 * With seeds of the parameters. Both engines compute in single precision and round differently: a neuron within 1e-7 of
 * a threshold may fire in one and not in the other, and Adam makes two trainings of that. With these seeds the nearest
 * one, in all steps, is 1e-5 to 6e-5 away (computed in double precision, as `referenceStep` does). One of them takes as many
 * steps as it takes until its predictions are several, and has noise of each kind alone; what a step is, and all kinds at
 * once, is tried with the others, too.
 */
const cases = [
  ['k1B2', quantised(1, 2), 13, 12],
  ['k0B1', quantised(0, 1), 17, 6],
  ['k0B4', quantised(0, 4), 32, 6],
  ['fp32', fp32, 1, 6],
] as const;

/**
 * What every engine has to do, held to what another one does: the same losses but for rounding, the same level of every
 * neuron, the same spikes.
 */
export function describeEngine(engine: Able<'train' | 'evaluate'>, other: Able<'train' | 'evaluate'>): void {
  it('says what it is', async () => {
    expect(engine.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(engine.identity.sources.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
    expect(engine.gradientTypes).toContain('float32');
    const { usable, text } = await engine.describe();
    expect([typeof usable, text.length > 0]).toEqual(['boolean', true]);
  });

  describe.each(cases)('%s', (_, precision, seed, steps) => {
    const network = smallNetwork(precision);

    it('has the losses of the first steps, and the predictions after them', async () => {
      const [ours, theirs] = await Promise.all([other, engine].map((one) => trained(one, network, seed, steps)));
      for (const [step, { loss, correct }] of ours!.results.entries()) {
        expect(Math.abs(theirs!.results[step]!.loss / loss - 1), `step ${step + 1}`).toBeLessThan(1e-3);
        expect(theirs!.results[step]!.correct, `step ${step + 1}`).toBe(correct);
      }
      if (steps > 6) expect(new Set(ours!.predictions).size).toBeGreaterThan(1);
      expect(theirs!.predictions).toEqual(ours!.predictions);
    });

    it('makes the same of one step: parameters, running statistics and moments', async () => {
      const start = { parameters: liveParameters(network, seed), optimizer: settledMoments(network) };
      const { images, labels } = batchOf(network, options.batch, seed);
      const state = async (from: Able<'train'>) => {
        const trainer = await from.trainer(network, start, options);
        await trainer.step(images, labels, rate);
        const { m, v, ...counters } = (await trainer.optimizer()) as AdamState;
        const parameters = await trainer.parameters();
        await trainer.close();
        return { counters, tensors: { parameters, m, v } };
      };
      const [ours, theirs] = await Promise.all([state(other), state(engine)]);
      expect(theirs.counters).toEqual(ours.counters);
      for (const [kind, tensors] of Object.entries(ours.tensors)) {
        const others = theirs.tensors[kind as keyof typeof ours.tensors];
        expect([...others.keys()]).toEqual([...tensors.keys()]);
        for (const [name, values] of tensors)
          expect(relativeError(others.get(name)!, values), `${kind} ${name}`).toBeLessThan(1e-5);
      }
    });

    it.each(optimisers)('moves weights by $kind and what else there is to say of it', async (optimizer) => {
      const moments = settledMoments(network);
      const start = {
        parameters: liveParameters(network, seed),
        optimizer: optimizer.kind === 'sgd' ? ({ kind: 'sgd', m: moments.m } as const) : moments,
      };
      const { images, labels } = batchOf(network, options.batch, seed);
      const state = async (from: Able<'train'>) => {
        const trainer = await from.trainer(network, start, { ...options, optimizer });
        await trainer.step(images, labels, 0.1);
        const after = { parameters: await trainer.parameters(), ...momentsOf(await trainer.optimizer()) };
        await trainer.close();
        return after;
      };
      const [ours, theirs] = await Promise.all([state(other), state(engine)]);
      for (const [kind, tensors] of Object.entries(ours))
        for (const [name, values] of tensors)
          expect(relativeError(theirs[kind as 'm'].get(name)!, values), `${kind} ${name}`).toBeLessThan(2e-5);
    });

    it('goes on from saved parameters and moments', async () => {
      const { images, labels } = batchOf(network, options.batch, seed);
      const first = await engine.trainer(network, { parameters: initialParameters(network, seed) }, options);
      for (let step = 0; step < 3; step++) await first.step(images, labels, rate);
      const saved = { parameters: await first.parameters(), optimizer: await first.optimizer() };
      const second = await engine.trainer(network, saved, options);
      expect({ parameters: await second.parameters(), optimizer: await second.optimizer() }).toEqual(saved);
      expect((await second.step(images, labels, rate)).loss).toBeCloseTo(
        (await first.step(images, labels, rate)).loss,
        6,
      );
      for (const [name, values] of await first.parameters())
        expect(relativeError((await second.parameters()).get(name)!, values), name).toBeLessThan(1e-6);
      await Promise.all([first.close(), second.close()]);
    });

    it('has the logits of inference, and the level of every neuron', async () => {
      const { images } = batchOf(network, options.batch, seed);
      const parameters = await settledParameters(network, liveParameters(network, seed), images, options.batch);
      const [ours, theirs] = await Promise.all(
        [other, engine].map((one) => one.evaluator(network, parameters, options)),
      );
      const quantised = precision.kind === 'quantised';
      // A part of a batch, as the last images of a data set are.
      for (const count of [options.batch, 3]) {
        const expected = await ours!.evaluate(images, count, quantised);
        const found = await theirs!.evaluate(images, count, quantised);
        expect(found.levels).toEqual(expected.levels);
        expect(found.logits).toHaveLength(count * network.classes);
        expect(relativeError(found.logits, expected.logits)).toBeLessThan(1e-5);
      }
      const others = liveParameters(network, seed + 1);
      for (const one of [ours!, theirs!]) await one.load(others);
      expect(
        relativeError((await theirs!.evaluate(images, 3)).logits, (await ours!.evaluate(images, 3)).logits),
      ).toBeLessThan(1e-5);
      await Promise.all([ours!.close(), theirs!.close()]);
    });

    it.skipIf(!canSimulate(engine, other) || precision.kind === 'fp32')(
      'sends the same spikes, with noise too',
      async () => {
        const { images } = batchOf(network, options.batch, seed);
        const parameters = await settledParameters(network, liveParameters(network, seed), images, options.batch);
        const spiking = convert(network, parameters).network;
        const all = noises(spikeSources(spiking));
        for (const noise of steps > 6 ? all : [all[0], ...all.slice(-2)]) {
          const simulators = await Promise.all(
            [other, engine].map((one) =>
              (one as Able<'simulate'>).simulator(spiking, { ...options, ...(noise && { noise }) }),
            ),
          );
          const [expected, found] = await Promise.all(
            simulators.map(async (one) => {
              const { logits, levels, counts } = await one.simulate(
                images,
                5,
                { seed: 2 ** 33 + 5, firstImage: 40 },
                true,
              );
              return { logits: [...logits], levels: levels.map((spikes) => spikes.slice()), counts };
            }),
          );
          expect(found!.levels).toEqual(expected!.levels);
          expect(found!.counts).toEqual(expected!.counts);
          expect(found!.counts.every(({ spikes }) => spikes > 0)).toBe(true);
          expect(relativeError(found!.logits, expected!.logits)).toBeLessThan(1e-12);
          await Promise.all(simulators.map((one) => one.close()));
        }
      },
    );
  });
}

/** None; the paper's; each kind in every layer; and all in one layer or another. */
const noises = (sources: readonly SpikeSource[]): readonly (readonly SpikeNoise[] | undefined)[] => {
  const none = { deletion: 0, insertion: 0, membrane: 0 };
  const all = { deletion: 0.2, insertion: 0.05, membrane: 2.5 };
  const everywhere = (noise: SpikeNoise) => sources.map(() => noise);
  return [
    ...[undefined, sources.map((_, i) => (i === 0 ? { ...none, deletion: 0.3 } : none))],
    ...[everywhere({ ...none, deletion: 0.3 }), everywhere({ ...none, insertion: 0.1 })],
    ...[everywhere({ ...none, membrane: 0.7 }), sources.map((_, i) => (i % 2 === 0 ? all : none)), everywhere(all)],
  ];
};

const canSimulate = (...engines: readonly Engine[]) => engines.every((engine) => isAble(engine, ['simulate']));

async function trained(engine: Able<'train' | 'evaluate'>, network: Network, seed: number, steps: number) {
  const trainer = await engine.trainer(network, { parameters: liveParameters(network, seed) }, options);
  const batches = [1, 2].map((number) => batchOf(network, options.batch, number));
  const results: StepResult[] = [];
  for (let step = 0; step < steps; step++) {
    const { images, labels } = batches[step % batches.length]!;
    results.push(await trainer.step(images, labels, rate));
  }
  const count = batches.length * options.batch;
  const evaluator = await engine.evaluator(network, await trainer.parameters(), { ...options, batch: count });
  const images = Float32Array.from(batches.flatMap((batch) => [...batch.images]));
  const { logits } = await evaluator.evaluate(images, count);
  await Promise.all([trainer.close(), evaluator.close()]);
  const predictions = Array.from({ length: count }, (_, i) => argmax(logits, i * network.classes, network.classes));
  return { results, predictions };
}

const momentsOf = (state: OptimiserState) => (state.kind === 'sgd' ? { m: state.m } : { m: state.m, v: state.v });

const optimisers: readonly Optimiser[] = [
  { kind: 'adam', weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1 },
  { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0 },
  { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.1 },
];

/** Moments that are large beside a gradient: from none, Adam would make whole steps of what is rounding in a gradient. */
function settledMoments(network: Network): AdamState {
  const shapes = parameterShapes(network).filter(({ trainable }) => trainable);
  const all = (value: number) =>
    new Map(shapes.map(({ name, shape }) => [name, new Float32Array(elements(shape)).fill(value)]));
  return { kind: 'adam', step: 3, beta1Power: 0.9 ** 3, beta2Power: 0.999 ** 3, m: all(1e-3), v: all(1e-4) };
}

/** The largest difference, in units of the largest value. */
function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, largest] = [0, 1e-12];
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error / largest;
}
