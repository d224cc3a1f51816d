import type { Network, NetworkLayer } from '../../network/architecture.js';
import { parameterName } from '../../network/parameters.js';
import { levels, spikesPerUnit } from '../../network/precision.js';
import {
  type Geometry,
  inputBorders,
  layerGeometry,
  noBorders,
  outputPixels,
  type PaddedMap,
  padChannels,
  paddedMap,
  pixelOffsets,
} from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls } from './program.js';
import { needsWideSums } from './spike-forward.js';
import type { Tensor } from './tensors.js';
import { type Address, type Bytes, behind, bytes, nowhere, times } from './units.js';

/** n, L and B of a network; at fp32 there are no levels. */
export interface Quantiser {
  readonly n: number;
  readonly levels: number;
  readonly bound: number;
}

export function quantiser(network: Network): Quantiser {
  const { precision } = network;
  if (precision.kind === 'fp32') return { n: 1, levels: 0, bound: Number.POSITIVE_INFINITY };
  return { n: spikesPerUnit(precision.k), levels: levels(precision), bound: precision.B };
}

/** What a layer reads and writes. */
export interface Layer {
  readonly of: NetworkLayer;
  readonly name: string;
  readonly g: Geometry;
  readonly weight: Tensor;
  readonly ternary: boolean;
  /** Address of the t of Q(W), a float; 0 where it computes with W itself. */
  readonly threshold: Address;
  /** Its input as floats in a padded map; address 0 if nobody reads it. */
  readonly x: Address;
  readonly map: PaddedMap;
  /** Byte offsets of the input's pixels in that map, as the layer before counts them. */
  readonly xOffsets: Address;
  /** Its input as spike counts; address 0 for the image and at fp32. */
  readonly spikes: Address;
  /** Which neurons before it were open, as bytes; address 0 for the image. */
  readonly open: Address;
  /** Pre-activations [image][pixel][channel]; the classifier's are the logits. */
  readonly z: Address;
  /** What 1 of z stands for where z is in 16-bit integers; undefined where it is in single precision. */
  readonly unit: number | undefined;
}

/**
 * Lays out inputs and pre-activations of all layers for a batch.
 * @param floatInputs does every layer read its input as floats, as in inference? In training only float layers do, and
 * the others write integers.
 */
export function planLayers(
  plan: MemoryPlan,
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  batch: number,
  floatInputs: boolean,
): Layer[] {
  const training = !floatInputs;
  const quantised = network.precision.kind === 'quantised';
  const { n, levels } = quantiser(network);
  return network.layers.map((of): Layer => {
    const [height, width, raw] = of.input;
    const readsActivations = of.reads === 'activations';
    const channels = readsActivations ? padChannels(raw) : raw;
    const g = layerGeometry(of);
    const weight = tensors.get(parameterName(of, 'weight'))!;
    const { ternary } = weight;
    const unit = training && ternary && !needsWideSums(g, levels) ? 1 / n : undefined;
    // A layer that covers its whole input reads it as one pixel, but the layer before writes a map of pixels.
    const borders = g.inHeight === height && g.inWidth === width ? inputBorders(g) : noBorders;
    const written = paddedMap(height, width, channels, borders);
    const map = g.inHeight === height ? written : paddedMap(1, 1, g.inChannels, noBorders);
    return {
      of,
      name: of.name,
      g,
      weight,
      ternary,
      threshold: ternary ? plan.floats(1) : nowhere,
      x: !ternary || floatInputs ? plan.alloc(times(batch, written.imageBytes)) : nowhere,
      map,
      xOffsets: plan.table(pixelOffsets(written, height, width)),
      spikes: quantised && readsActivations ? plan.bytes(batch * height * width * channels) : nowhere,
      open: training && readsActivations ? plan.bytes(batch * height * width * channels) : nowhere,
      z: plan.alloc(times(batch * outputPixels(g) * g.outChannels, bytes(unit === undefined ? 4 : 2))),
      unit,
    };
  });
}

/** Bytes from one row of an image to the next in the first layer's map. */
function imageRowBytes({ input: [height, width, channels] }: Pick<Network, 'input'>, map: PaddedMap): Bytes {
  // A layer that covers the image sees it as one pixel, and a pixel's values lie side by side.
  const covered = height > 1 && map.rowBytes === map.imageBytes;
  return covered ? bytes(width * channels * 4) : map.rowBytes;
}

/**
 * Room for a batch of images as they come, and the calls by which threads write them into the first layer's padded map.
 * @param factor what pixels are multiplied with: n for spikes, 1 otherwise
 */
export function planImages(
  plan: MemoryPlan,
  network: Pick<Network, 'input'>,
  { x, map }: Pick<Layer, 'x' | 'map'>,
  batch: number,
  factor: number,
): { readonly images: Address; readonly values: number; readonly calls: Calls } {
  const [height, width, channels] = network.input;
  const [rowValues, values] = [width * channels, height * width * channels];
  const images = plan.floats(batch * values);
  const descriptor = plan.descriptor('PlaceImages', {
    ...{ images, x: behind(x, map.origin), xImage: map.imageBytes, xRow: imageRowBytes(network, map) },
    ...{ height, rowValues, factor },
  });
  return { images, values, calls: calls('placeImages', descriptor) };
}

/** Writes images into the first layer's padded map. */
export class ImageWriter {
  readonly #map: Float32Array;
  readonly #size: readonly [height: number, rowValues: number];
  readonly #rowBytes: number;
  readonly #padded: PaddedMap;

  constructor(
    network: Pick<Network, 'input'>,
    buffer: SharedArrayBuffer,
    first: Pick<Layer, 'x' | 'map'>,
    batch: number,
  ) {
    const [height, width, channels] = network.input;
    this.#size = [height, width * channels];
    this.#padded = first.map;
    this.#rowBytes = imageRowBytes(network, first.map);
    this.#map = new Float32Array(buffer, first.x, (batch * first.map.imageBytes) / 4);
  }

  /** @param factor what pixels are multiplied with: n for spikes, 1 otherwise */
  write(images: Float32Array, count: number, factor: number): void {
    const [height, rowValues] = this.#size;
    const { imageBytes, origin } = this.#padded;
    // Not a field: it would be read anew for every pixel. The threads wait meanwhile, and places that go on by one take half as long as
    // places that are added up.
    const map = this.#map;
    for (let n = 0, from = 0; n < count; n++)
      for (let y = 0; y < height; y++) {
        let to = (n * imageBytes + origin + y * this.#rowBytes) / 4;
        for (const end = from + rowValues; from < end; ) map[to++] = images[from++]! * factor;
      }
  }
}
