import {
  readoutOf,
  type SpikeSource,
  type SpikingLayer,
  type SpikingNetwork,
  spikeSources,
} from '../../../spiking/network.js';
import type { Draw, LayerCounts, Simulation, Simulator, SimulatorOptions } from '../../engine.js';
import { padChannels } from '../../wasm/geometry.js';
import { spikeCosts } from './costs.js';
import { EncodingOnHost, NoiseOnHost, paddedThresholds, unpadded } from './host.js';
import { addTo, DeviceMemory, type Dispatch } from './memory.js';
import { convolutionGroups, convolutionProgram, countingGroups, countingProgram } from './shaders.js';

/** Bytes of a layer's sums – spikes, windows and synapses in 64 bits each – and from one layer's to the next one's. */
const [sumBytes, sumStride] = [24, 256];

/** A layer that sends spikes, on the device. */
interface DeviceLayer {
  readonly block: SpikeSource;
  /** [image][pixel][padded channel], bytes */
  readonly spikes: GPUBuffer;
  /** Neurons of an image, padding channels included. */
  readonly neurons: number;
  /** None for the encoding layer. */
  readonly convolution?: Dispatch;
  readonly noise?: NoiseOnHost;
  /** Where membranes are that get noise. */
  readonly membranes?: GPUBuffer;
  readonly count: Dispatch;
}

/**
 * Simulates the spiking network in one time step on a graphics processor. Spikes, membranes and counts are integers, and
 * the same as those of the default engine; what is real, the encoding layer and the readout, and what is random is computed
 * on the processor, where there is double precision.
 */
export class WebGpuSimulator implements Simulator {
  private constructor(
    private readonly network: SpikingNetwork,
    private readonly device: GPUDevice,
    private readonly encoding: EncodingOnHost,
    private readonly layers: readonly DeviceLayer[],
    /** Every buffer, to be given back. */
    private readonly memory: DeviceMemory,
    private readonly images: GPUBuffer,
    private readonly sums: GPUBuffer,
  ) {}

  static async create(device: GPUDevice, network: SpikingNetwork, options: SimulatorOptions): Promise<WebGpuSimulator> {
    const blocks = spikeSources(network);
    const memory = new DeviceMemory(device);
    const images = memory.buffer(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    const sums = memory.buffer(blocks.length * sumStride);
    const layers: DeviceLayer[] = [];
    for (const [number, block] of blocks.entries()) {
      const [height, width, channels] = block.output;
      const neurons = height * width * padChannels(channels);
      const spikes = memory.buffer(options.batch * neurons);
      const next = blocks[number + 1];
      const costs = spikeCosts(block, next?.kind === 'spiking' ? next : undefined, network.levels);
      const count = await memory.dispatch(
        countingProgram(block.output),
        [
          spikes,
          memory.table(costs.windows),
          memory.table(costs.synapses),
          { buffer: sums, offset: number * sumStride, size: sumBytes },
          images,
        ],
        (count) => countingGroups(count * neurons),
      );
      const made =
        block.kind === 'spiking'
          ? await layerOnDevice(memory, block, number, network, options, {
              arriving: layers.at(-1)!.spikes,
              spikes,
              images,
            })
          : {};
      layers.push({ block, spikes, neurons, count, ...made });
    }
    const encoding = await EncodingOnHost.create(network, blocks[0]!, options);
    return new WebGpuSimulator(network, device, encoding, layers, memory, images, sums);
  }

  async simulate(images: Float32Array, count: number, draw?: Draw, wantSpikes = false): Promise<Simulation> {
    const { queue } = this.device;
    queue.writeBuffer(this.images, 0, Uint32Array.of(count, 0, 0, 0));
    const encoded = await this.encoding.encode(images, count, draw);
    queue.writeBuffer(this.layers[0]!.spikes, 0, encoded, 0, count * this.layers[0]!.neurons);
    let commands = this.device.createCommandEncoder();
    commands.clearBuffer(this.sums);
    for (const layer of this.layers) {
      if (layer.convolution !== undefined) addTo(commands, layer.convolution, count);
      if (layer.noise !== undefined) {
        const { noise, membranes, spikes, neurons } = layer;
        if (draw === undefined)
          throw new TypeError('a simulation with noise needs to know whose random words it takes');
        queue.submit([commands.finish()]);
        const [before] = await this.memory.read([
          membranes === undefined ? [spikes, count * neurons] : [membranes, 4 * count * neurons],
        ]);
        queue.writeBuffer(spikes, 0, noise.disturb(before!, count, draw).slice());
        commands = this.device.createCommandEncoder();
      }
      addTo(commands, layer.count, count);
    }
    queue.submit([commands.finish()]);
    const wanted = wantSpikes ? this.layers : this.layers.slice(-1);
    const [sums, ...spikes] = await this.memory.read([
      [this.sums, this.layers.length * sumStride],
      ...wanted.map(({ spikes, neurons }) => [spikes, count * neurons] as const),
    ]);
    const sent = spikes.map((bytes, i) => unpadded(bytes, wanted[i]!.block.output[2]));
    return {
      logits: readout(this.network, sent.at(-1)!, count),
      levels: wantSpikes ? sent : [],
      counts: this.#counts(sums!),
    };
  }

  async close(): Promise<void> {
    this.memory.free();
    await Promise.all([this.encoding.close(), ...this.layers.map(({ noise }) => noise?.close())]);
  }

  #counts(sums: Uint8Array): LayerCounts[] {
    const view = new DataView(sums.buffer, sums.byteOffset);
    const sum = (layer: number, which: number) => Number(view.getBigUint64(layer * sumStride + 8 * which, true));
    return this.layers.map(({ block: { name, output } }, i) => ({
      name,
      spikes: sum(i, 0),
      // What the block before sends arrives here: a spike is added once for each window it lies in and channel out.
      eventOperations: i === 0 ? 0 : sum(i - 1, 1) * output[2],
      effectiveOperations: i === 0 ? 0 : sum(i - 1, 2),
    }));
  }
}

async function layerOnDevice(
  memory: DeviceMemory,
  layer: SpikingLayer,
  number: number,
  { levels }: SpikingNetwork,
  options: SimulatorOptions,
  buffers: { readonly arriving: GPUBuffer; readonly spikes: GPUBuffer; readonly images: GPUBuffer },
): Promise<Pick<DeviceLayer, 'convolution' | 'noise' | 'membranes'>> {
  const { arriving, spikes, images } = buffers;
  const noise = await NoiseOnHost.create(layer, number, levels, options);
  const membranes = noise?.fires ? memory.buffer(4 * spikes.size) : undefined;
  const thresholds = memory.table(paddedThresholds(layer, levels));
  const convolution = await memory.dispatch(
    convolutionProgram(layer, levels, membranes === undefined),
    // Membranes are compared where noise is added to them.
    [arriving, memory.table(packedWeights(layer)), membranes ? undefined : thresholds, membranes ?? spikes, images],
    (count) => convolutionGroups(layer, count),
  );
  return { convolution, ...(noise && { noise }), ...(membranes && { membranes }) };
}

/** HWIO weights as [tap][four inputs][padded output], four signed bytes a word. */
function packedWeights({ weights, kernel, input, output }: SpikingLayer): Int8Array {
  const [inputs, outputs] = [input[2], output[2]];
  const [words, width] = [padChannels(inputs) / 4, padChannels(outputs)];
  const packed = new Int8Array(kernel[0] * kernel[1] * words * width * 4);
  for (let tap = 0; tap < kernel[0] * kernel[1]; tap++)
    for (let ci = 0; ci < inputs; ci++)
      for (let co = 0; co < outputs; co++)
        packed[((tap * words + (ci >> 2)) * width + co) * 4 + (ci & 3)] = weights[(tap * inputs + ci) * outputs + co]!;
  return packed;
}

/** Logits [image][class] in double precision, added up in the order in which the default engine does. */
function readout(network: SpikingNetwork, spikes: Uint8Array, count: number): Float64Array {
  const { weights } = readoutOf(network);
  const { classes } = network;
  const inputs = spikes.length / count;
  const logits = new Float64Array(count * classes);
  for (let image = 0; image < count; image++)
    for (let i = 0; i < inputs; i++) {
      const sent = spikes[image * inputs + i]!;
      if (sent === 0) continue;
      for (let c = 0; c < classes; c++) logits[image * classes + c]! += sent * weights[i * classes + c]!;
    }
  return logits;
}
