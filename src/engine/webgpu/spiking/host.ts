// What the processor does for a simulation on a graphics processor, by the default engine's kernels: what takes double
// precision or random words, so that results are the same.
import {
  type ReadoutLayer,
  readoutOf,
  type SpikeSource,
  type SpikingLayer,
  type SpikingNetwork,
} from '../../../spiking/network.js';
import type { SpikeNoise } from '../../../spiking/noise.js';
import type { Draw, SimulatorOptions } from '../../engine.js';
import { padChannels } from '../../wasm/geometry.js';
import { constants } from '../../wasm/kernels/constants.mjs';
import { MemoryPlan } from '../../wasm/memory-plan.js';
import { type PlannedNoise, planDeletion, planInsertion, planMembranes, planNoisyFire } from '../../wasm/noise.js';
import { Pool } from '../../wasm/pool.js';
import { inOrder, splitBy } from '../../wasm/program.js';
import { WasmSimulator } from '../../wasm/simulator.js';
import type { Address } from '../../wasm/units.js';

/** Thresholds [level][padded channel]; those of padding channels are never reached. */
export function paddedThresholds({ thresholds, output: [, , channels] }: SpikingLayer, levels: number): Int32Array {
  const padded = padChannels(channels);
  const table = new Int32Array(levels * padded).fill(2 ** 31 - 1);
  for (let c = 0; c < channels; c++)
    for (let level = 0; level < levels; level++) table[level * padded + c] = thresholds[c * levels + level]!;
  return table;
}

/** Spike counts or levels [pixel][channel] with zeros behind the channels of each pixel. */
export function padded(values: Uint8Array, channels: number): Uint8Array {
  const width = padChannels(channels);
  if (width === channels) return values;
  const all = new Uint8Array((values.length / channels) * width);
  for (let from = 0, to = 0; from < values.length; from += channels, to += width)
    all.set(values.subarray(from, from + channels), to);
  return all;
}

/** The same without them. */
export function unpadded(values: Uint8Array, channels: number): Uint8Array {
  const width = padChannels(channels);
  if (width === channels) return values;
  const all = new Uint8Array((values.length / width) * channels);
  for (let from = 0, to = 0; to < all.length; from += width, to += channels)
    all.set(values.subarray(from, from + channels), to);
  return all;
}

/** The layer that makes spikes of real pixels, with its noise. */
export class EncodingOnHost {
  private constructor(
    private readonly simulator: WasmSimulator,
    private readonly channels: number,
  ) {}

  static async create(network: SpikingNetwork, first: SpikeSource, options: SimulatorOptions): Promise<EncodingOnHost> {
    const [height, width, channels] = first.output;
    const nothing: ReadoutLayer = {
      ...{ ...readoutOf(network), input: first.output, output: [1, 1, 1] },
      weights: new Float32Array(height * width * channels),
    };
    const { noise, ...others } = options;
    const own = noise === undefined ? others : { ...others, noise: noise.slice(0, 1) };
    const alone = { ...network, classes: 1, layers: [first, nothing] };
    return new EncodingOnHost(await WasmSimulator.create(alone, own), channels);
  }

  /** Spikes [image][pixel][padded channel]. */
  async encode(images: Float32Array, count: number, draw: Draw | undefined): Promise<Uint8Array> {
    const { levels } = await this.simulator.simulate(images, count, draw, true);
    return padded(levels[0]!, this.channels);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

/** The noise of one of the layers behind it. */
export class NoiseOnHost {
  private constructor(
    /** True if it is given membranes of 32 bits and compares them with their thresholds; false if it is given spikes. */
    readonly fires: boolean,
    private readonly pool: Pool,
    private readonly noise: readonly PlannedNoise[],
    private readonly from: Address,
    private readonly spikes: Address,
    /** Of an image. */
    private readonly neurons: number,
  ) {}

  /**
   * @param number of the layer among those that send spikes
   * @returns undefined for a layer without noise
   */
  static async create(
    layer: SpikingLayer,
    number: number,
    levels: number,
    { noise, batch, threads }: SimulatorOptions,
  ): Promise<NoiseOnHost | undefined> {
    const { deletion, insertion, membrane } = noise?.[number] ?? none;
    const plan = new MemoryPlan();
    const [height, width, channels] = layer.output;
    const pixels = height * width;
    const neurons = pixels * padChannels(channels);
    const spikes = plan.bytes(batch * neurons);
    const noisy = { spikes, pixels, realChannels: channels, channels: padChannels(channels), levels, layer: number };
    const membranes = membrane > 0 ? planMembranes(plan, 'i32', batch * neurons) : undefined;
    const fire =
      membranes &&
      planNoisyFire(
        plan,
        noisy,
        { type: 'i32', at: membranes, thresholds: plan.table(paddedThresholds(layer, levels)) },
        membrane,
      );
    const all = [fire, planDeletion(plan, noisy, deletion), planInsertion(plan, noisy, insertion)].flatMap(
      (one) => one ?? [],
    );
    if (all.length === 0) return undefined;
    const work = inOrder(...all.map((one) => one.calls));
    const pool = await Pool.start(plan, [[splitBy(batch, [constants.forwardLanes], threads, work)]], threads);
    return new NoiseOnHost(fire !== undefined, pool, all, membranes ?? spikes, spikes, neurons);
  }

  /**
   * @param values bytes of spikes or of membranes, [image][pixel][padded channel]
   * @returns spikes, valid until the next call
   */
  disturb(values: Uint8Array, count: number, draw: Draw): Uint8Array {
    const { buffer } = this.pool.memory;
    new Uint8Array(buffer, this.from, values.length).set(values);
    for (const noise of this.noise) noise.set(buffer, draw);
    this.pool.run(0);
    return new Uint8Array(buffer, this.spikes, count * this.neurons);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

const none: SpikeNoise = { deletion: 0, insertion: 0, membrane: 0 };
