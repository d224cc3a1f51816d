import {
  type ReadoutLayer,
  readoutOf,
  type SpikeSource,
  type SpikingNetwork,
  spikeSources,
} from '../../spiking/network.js';
import type { Draw, LayerCounts, Simulation, Simulator, SimulatorOptions } from '../engine.js';
import { doubleWeights } from './convolution.js';
import { unpadLevels, unpadLogits } from './evaluator.js';
import {
  convolutionGeometry,
  denseGeometry,
  type Geometry,
  inputBorders,
  outputPixels,
  padChannels,
  paddedMap,
  padWeights,
} from './geometry.js';
import { constants } from './kernels/constants.mjs';
import { planImages } from './layer-plan.js';
import { MemoryPlan } from './memory-plan.js';
import { chooseNative } from './native/choice.js';
import type { Level } from './native/level.js';
import { type NoisyLayer, type PlannedNoise, planDeletion, planInsertion } from './noise.js';
import { Pool } from './pool.js';
import { calls, inOrder, ofLayer, type Program, splitBy } from './program.js';
import { imagesTogether } from './spike-forward.js';
import { planBlock, planNoisyBlock } from './spiking-block.js';
import { synapseTables } from './synapses.js';
import type { Observer } from './threads.js';
import { type Address, nowhere, times } from './units.js';

/** Programs of the pool: weights once, then images. */
const [prepare, infer] = [0, 1];
const { countFields } = constants;

interface SimulationPlan {
  readonly programs: readonly Program[];
  /** Where images are handed over, and numbers of one. */
  readonly images: Address;
  readonly values: number;
  /** Addresses by block: spike counts [image][pixel][padded channel], and CountSpikes' doubles per image. */
  readonly spikes: readonly Address[];
  readonly counts: readonly Address[];
  readonly noise: readonly PlannedNoise[];
  readonly logits: Address;
}

/**
 * Simulates the spiking network in one time step. Layer 1's membranes are sums of real pixels in double precision; all
 * others add ternary weights of arriving spikes into integer membranes. A neuron sends one spike for every threshold
 * that its membrane reaches. Nothing is normalised, rounded or clipped here: conversion put that into the thresholds.
 */
export class WasmSimulator implements Simulator {
  private constructor(
    private readonly network: SpikingNetwork,
    private readonly plan: SimulationPlan,
    private readonly pool: Pool,
  ) {}

  /** @param observer is told of every kernel call, all of which are then made by the calling thread */
  static async create(network: SpikingNetwork, options: SimulatorOptions, observer?: Observer): Promise<WasmSimulator> {
    const memoryPlan = new MemoryPlan();
    const { level } = await chooseNative();
    const plan = planSimulation(memoryPlan, network, options, level);
    const pool = await Pool.start(memoryPlan, plan.programs, options.threads, observer);
    pool.run(prepare);
    return new WasmSimulator(network, plan, pool);
  }

  async simulate(images: Float32Array, count: number, draw?: Draw, wantSpikes = false): Promise<Simulation> {
    const { buffer } = this.pool.memory;
    const { spikes, logits, values } = this.plan;
    new Float32Array(buffer, this.plan.images, count * values).set(images.subarray(0, count * values));
    for (const noise of this.plan.noise) {
      if (draw === undefined) throw new TypeError('a simulation with noise needs to know whose random words it takes');
      noise.set(buffer, draw);
    }
    this.pool.run(infer);
    const blocks = spikeSources(this.network);
    return {
      logits: unpadLogits(buffer, logits, this.network.classes, count),
      levels: wantSpikes ? blocks.map((block, i) => unpadLevels(buffer, spikes[i]!, block, count)) : [],
      counts: this.#counts(blocks, count),
    };
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  #counts(blocks: readonly SpikeSource[], images: number): LayerCounts[] {
    const sums = blocks.map((_, i) => {
      const values = new Float64Array(this.pool.memory.buffer, this.plan.counts[i], images * countFields);
      let [spikes, windows, synapses] = [0, 0, 0];
      for (let at = 0; at < values.length; at += countFields) {
        spikes += values[at]!;
        windows += values[at + 1]!;
        synapses += values[at + 2]!;
      }
      return { spikes, windows, synapses };
    });
    return blocks.map(({ name, output }, i) => ({
      name,
      spikes: sums[i]!.spikes,
      // What the block before sends arrives here: a spike is added once for each window it lies in and channel out.
      eventOperations: i === 0 ? 0 : sums[i - 1]!.windows * output[2],
      effectiveOperations: i === 0 ? 0 : sums[i - 1]!.synapses,
    }));
  }
}

function planSimulation(
  plan: MemoryPlan,
  network: SpikingNetwork,
  { batch, threads, noise }: SimulatorOptions,
  level?: Level,
): SimulationPlan {
  const { levels } = network;
  const blocks = spikeSources(network);
  const geometries = blocks.map((block) => convolutionGeometry(block, block.kind === 'encoding'));
  const spikes = blocks.map(({ output: [height, width, channels] }) =>
    plan.bytes(batch * height * width * padChannels(channels)),
  );
  const counts = blocks.map(() => plan.doubles(batch * countFields));
  const [height, width, channels] = network.input;
  const map = paddedMap(height, width, channels, inputBorders(geometries[0]!));
  const input = plan.alloc(times(batch, map.imageBytes));
  const placed = planImages(plan, network, { x: input, map }, batch, 2 ** network.k);

  // Weights are ternary already.
  const one = plan.table(Float32Array.of(1));
  const planned = blocks.map((block, layer) => {
    const g = geometries[layer]!;
    const buffers = {
      ...{ x: input, map, arriving: spikes[layer - 1], threshold: one, spikes: spikes[layer]! },
      ...{ levels, images: batch, level },
    };
    const noisy = noisyLayer(g, block, { spikes: spikes[layer]!, levels, layer });
    const { deletion = 0, insertion = 0, membrane = 0 } = noise?.[layer] ?? {};
    const { convolution, fire } =
      membrane > 0
        ? planNoisyBlock(plan, block, g, buffers, { noisy, deviation: membrane })
        : { convolution: planBlock(plan, block, g, buffers) };
    const all = [fire, planDeletion(plan, noisy, deletion), planInsertion(plan, noisy, insertion)];
    return { convolution, noise: all.flatMap((own) => own ?? []) };
  });
  const count = blocks.map((_, i) =>
    planCounts(plan, geometries[i]!, blocks[i + 1], { levels, spikes: spikes[i]!, counts: counts[i]! }),
  );
  const last = readoutOf(network);
  const readout = planReadout(plan, last, batch, spikes.at(-1)!);

  const images = inOrder(
    ofLayer(blocks[0]!.name, placed.calls),
    ...planned.map(({ convolution, noise: own }, i) =>
      ofLayer(blocks[i]!.name, inOrder(convolution.calls, ...own.map((one) => one.calls), count[i])),
    ),
    ofLayer(last.name, readout.calls),
  );
  const programs = [
    [[...planned.flatMap(({ convolution }) => convolution.pack), ...readout.pack]],
    [splitBy(batch, imagesTogether(level), threads, images)],
  ];
  const all = planned.flatMap((block) => block.noise);
  return { programs, images: placed.images, values: placed.values, spikes, counts, noise: all, logits: readout.logits };
}

const noisyLayer = (
  g: Geometry,
  block: SpikeSource,
  own: Pick<NoisyLayer, 'spikes' | 'levels' | 'layer'>,
): NoisyLayer => ({
  ...{ ...own, pixels: outputPixels(g), channels: g.outChannels, realChannels: block.output[2] },
});

/** Counts a block's spikes, and what they cause in the next block, if it is one of spikes. */
function planCounts(
  plan: MemoryPlan,
  g: Geometry,
  next: SpikeSource | undefined,
  { levels, spikes, counts }: { readonly levels: number; readonly spikes: Address; readonly counts: Address },
) {
  const tables = next?.kind === 'spiking' ? synapseTables(next, g.outChannels, levels) : undefined;
  const descriptor = plan.descriptor('CountSpikes', {
    spikes,
    pixels: outputPixels(g),
    channels: g.outChannels,
    windows: tables ? plan.table(tables.windows) : nowhere,
    synapses: tables ? plan.table(tables.synapses) : nowhere,
    synapseParts: tables?.parts ?? 0,
    counts,
  });
  return calls('countSpikes', descriptor);
}

function planReadout(plan: MemoryPlan, layer: ReadoutLayer, batch: number, spikes: Address) {
  const g = denseGeometry(layer);
  const [height, width, channels] = layer.input;
  const [, , classes] = layer.output;
  const raw = padWeights(layer.weights, height * width, channels, classes, padChannels(channels), g.outChannels);
  const weights = doubleWeights(plan, plan.table(raw), g.inChannels, g.outChannels);
  const logits = plan.doubles(batch * g.outChannels);
  const inputs = g.inChannels;
  const descriptor = plan.descriptor('Readout', {
    spikes,
    w: weights.address,
    logits,
    inputs,
    channels: g.outChannels,
  });
  return { calls: calls('readout', descriptor), logits, pack: weights.pack };
}
