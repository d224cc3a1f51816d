import { describe, expect, it } from 'vitest';
import type { Precision } from '../../src/network/architecture.js';
import { convert } from '../../src/spiking/convert.js';
import { faultyNetwork } from '../../src/spiking/faults.js';
import { type SpikeSource, type SpikingLayer, spikeSources } from '../../src/spiking/network.js';
import { isThreshold, noiseTerms, reportedTerm, spikeNoise, thresholdUnit } from '../../src/spiking/noise.js';
import { type NoiseKind, type NoiseRequest, noiseProblems } from '../../src/spiking/noise-kinds.js';
import { customNetwork, liveParameters, quantised } from '../engine/examples.js';

const small = (precision: Precision) => {
  const block = { kernel: [3, 3], padding: [1, 1], channels: 32 } as const;
  return customNetwork([8, 8, 3], [block, block, block], precision);
};
const ann = small(quantised(1, 2));
const network = convert(ann, liveParameters(ann, 3)).network;
const sources = spikeSources(network);
const names = sources.map(({ name }) => name);
const ternary = (layers: readonly unknown[]) => layers.filter((layer): layer is SpikingLayer => isTernary(layer));
const isTernary = (layer: unknown) => (layer as SpikeSource).kind === 'spiking';
const weightsOf = (one: typeof network) => ternary(one.layers).flatMap(({ weights }) => [...weights]);
const clean = weightsOf(network);

const faulty = (request: NoiseRequest, seed = 1) => faultyNetwork(network, noiseTerms(request, network), seed);
const mistake = (request: NoiseRequest | readonly NoiseRequest[]) => {
  try {
    noiseTerms(request, network);
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code}: ${message} ${hint}`;
  }
  throw new Error('nothing is wrong');
};

/** So many of n with this probability, within five standard deviations. */
function expectShare(found: number, n: number, p: number): void {
  expect(Math.abs(found - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
}

describe('noiseTerms', () => {
  it('takes a number as the paper does, and kinds for layers by name, by number, or all that can have them', () => {
    const placed = (request: number | NoiseRequest) => noiseTerms(request, network)[0]!.layers;
    expect(noiseTerms(0.1, network)).toEqual([{ kind: 'deletion', amount: 0.1, layers: [names[0]] }]);
    expect(placed({ kind: 'insertion', probability: 0.1 })).toEqual(names);
    expect(placed({ kind: 'sign-flip', probability: 0.1 })).toEqual(names.slice(1));
    expect(placed({ kind: 'membrane', sigma: 1, layers: 2 })).toEqual([names[1]]);
    expect(placed({ kind: 'membrane', sigma: 1, layers: [3, names[0]!] })).toEqual([names[0], names[2]]);
    expect(noiseTerms({ kind: 'membrane', sigma: 0.5 }, network).map(reportedTerm)).toEqual([
      { kind: 'membrane', sigma: 0.5, layers: names },
    ]);
  });

  it('says which layers there are, which can have a kind, and which has it twice', () => {
    expect(mistake({ kind: 'deletion', probability: 0.1, layers: 'conv9' })).toBe(
      `E_NOISE: The network has no layer "conv9" that sends spikes, to have the noise "deletion". Layers that can have it: ${names.map((name, i) => `${name} (${i + 1})`).join(', ')}; or all.`,
    );
    expect(mistake({ kind: 'stuck-at-0', probability: 0.1, layers: 1 })).toContain(
      `The layer "${names[0]}" has real weights, but "stuck-at-0" is a fault of ternary ones.`,
    );
    const twice = { kind: 'deletion', probability: 0.1 } as const;
    expect(mistake([twice, { ...twice, layers: 2 }])).toContain(`"${names[1]}" is given the noise "deletion" twice.`);
    expect(mistake({ ...twice, layers: [2, names[1]!] })).toContain('twice');
  });

  it('wants the amount that a kind has', () => {
    expect(noiseProblems(0.1)).toEqual([]);
    expect(noiseProblems({ kind: 'deletion', probability: 0.1 })).toEqual([]);
    expect(
      noiseProblems([
        { kind: 'deletion', sigma: 0.1 },
        { kind: 'membrane', sigma: 1, probability: 1 },
      ]),
    ).toEqual(['the noise "deletion" needs `probability`', 'the noise "membrane" takes `sigma`, and no `probability`']);
  });
});

describe('spikeNoise', () => {
  it('has membranes in their own units, and is nothing where all amounts are 0', () => {
    const of = (request: number | NoiseRequest) => spikeNoise(noiseTerms(request, network), network);
    expect(of(0)).toBeUndefined();
    expect(of({ kind: 'membrane', sigma: 0 })).toBeUndefined();
    expect(of({ kind: 'threshold', sigma: 1 })).toBeUndefined();
    expect(of({ kind: 'membrane', sigma: 0.5, layers: 2 })!.map(({ membrane }) => membrane)).toEqual(
      sources.map((source, i) => (i === 1 ? 0.5 * thresholdUnit(source) : 0)),
    );
  });
});

describe('a device with faults', () => {
  it('is the same network at 0, and has every weight at fault at 1', () => {
    for (const kind of ['sign-flip', 'stuck-at-0', 'stuck-at-1'] as const)
      expect(faulty({ kind, probability: 0 })).toBe(network);
    expect(faulty({ kind: 'threshold', sigma: 0 })).toBe(network);
    expect(faulty({ kind: 'deletion', probability: 1 })).toBe(network);
    expect(
      weightsOf(faulty({ kind: 'sign-flip', probability: 1 })).every((weight, i) => weight === 0 - clean[i]!),
    ).toBe(true);
    expect(weightsOf(faulty({ kind: 'stuck-at-0', probability: 1 })).every((weight) => weight === 0)).toBe(true);
    const stuck = weightsOf(faulty({ kind: 'stuck-at-1', probability: 1 }));
    expect(stuck.every((weight) => Math.abs(weight) === 1)).toBe(true);
    expectShare(stuck.filter((weight) => weight === 1).length, stuck.length, 0.5);
  });

  it.each<NoiseKind>(['sign-flip', 'stuck-at-0', 'stuck-at-1'])(
    'has as many weights at fault as the probability says, by the seed: %s',
    (kind) => {
      const [one, again, other] = [1, 1, 2].map((seed) => weightsOf(faulty({ kind, probability: 0.2 }, seed)));
      expect(again).toEqual(one);
      expect(other).not.toEqual(one);
      // Where the fault would show.
      const shows = (weight: number) => (kind === 'stuck-at-1' ? weight === 0 : weight !== 0);
      const candidates = clean.flatMap((weight, i) => (shows(weight) ? [i] : []));
      expectShare(candidates.filter((i) => one![i] !== clean[i]).length, candidates.length, 0.2);
      expect(one!.every((weight) => weight >= -1 && weight <= 1 && !Object.is(weight, -0))).toBe(true);
    },
  );

  it('leaves other layers as they are', () => {
    const found = ternary(faulty({ kind: 'stuck-at-0', probability: 1, layers: 2 }).layers);
    const before = ternary(network.layers);
    expect(found[0]!.weights.every((weight) => weight === 0)).toBe(true);
    expect(found.slice(1).map(({ weights }) => weights)).toEqual(before.slice(1).map(({ weights }) => weights));
  });

  it('has thresholds off by the standard deviation, in order, and whole where membranes are', () => {
    const found = spikeSources(faulty({ kind: 'threshold', sigma: 0.5 }));
    for (const [i, { thresholds, kind, output }] of found.entries()) {
      const before = sources[i]!.thresholds;
      const levels = thresholds.length / output[2];
      const off: number[] = [];
      for (const [at, threshold] of thresholds.entries()) {
        if (at % levels > 0) expect(threshold).toBeGreaterThanOrEqual(thresholds[at - 1]!);
        if (isThreshold(before[at]!)) off.push(threshold - before[at]!);
        if (kind === 'spiking') expect(Number.isInteger(threshold)).toBe(true);
      }
      expect(off.some((difference) => difference !== 0)).toBe(true);
    }
  });

  it('has the standard deviation that was asked for, in units of the layer', () => {
    // Of one level, so that order moves nothing.
    const single = small(quantised(0, 1));
    const spiking = convert(single, liveParameters(single, 3)).network;
    const found = spikeSources(faultyNetwork(spiking, noiseTerms({ kind: 'threshold', sigma: 2 }, spiking), 1));
    for (const [i, source] of spikeSources(spiking).entries()) {
      const unit = thresholdUnit(source);
      const moves = [...source.thresholds].flatMap((threshold, c) =>
        isThreshold(threshold) ? [(found[i]!.thresholds[c]! - threshold) / (2 * unit)] : [],
      );
      const square = moves.reduce((sum, move) => sum + move ** 2, 0) / moves.length;
      // Five standard deviations of χ²/n, and what rounding to whole numbers adds.
      const rounding = source.kind === 'spiking' ? 2 / (2 * unit) : 0;
      expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / moves.length) + rounding);
    }
  });

  it('keeps thresholds in 32 bits however large the noise', () => {
    for (const { thresholds, kind } of spikeSources(faulty({ kind: 'threshold', sigma: 1e12 })))
      if (kind === 'spiking')
        for (const threshold of thresholds) expect(Math.abs(threshold)).toBeLessThanOrEqual(2 ** 31);
  });
});
