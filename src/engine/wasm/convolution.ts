// Convolutions of floats as kernel calls.
import { type Geometry, outputPixels, type PaddedMap, windowOffsets } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls, type Item, packItems } from './program.js';
import { type Address, bytes } from './units.js';

const { channelBlock } = constants;

/** Output pixels, of several images where these have few, that weights are laid side by side for. */
const pixelsTogether = 576;

/** What a planned convolution needs done: once a weight change, and per range of images. */
export interface PlannedConvolution {
  /** Packs the weights; independent items. */
  readonly pack: readonly Item[];
  readonly calls: Calls;
}

interface FloatBuffers {
  /** A padded map. */
  readonly x: Address;
  readonly map: PaddedMap;
  /** HWIO floats. */
  readonly w: Address;
  /** [image][pixel][channel] */
  readonly y: Address;
}

/** The runs of neighbouring values that a window is made of. */
function windowRuns(g: Geometry, map: PaddedMap) {
  const run = g.kernelWidth * g.inChannels;
  return { rows: g.kernelHeight, run, rowSkip: bytes(map.rowBytes - run * 4) };
}

/** y = x ∗ w in single precision, exact for integers below 2^24. */
export function denseForward(plan: MemoryPlan, g: Geometry, { x, map, w, y }: FloatBuffers): PlannedConvolution {
  const { rows, run, rowSkip } = windowRuns(g, map);
  const channels = g.outChannels;
  const packed = plan.floats(rows * run * channels);
  const pixels = outputPixels(g);
  const pack = plan.descriptor('PackForward', { w, packed, rows: rows * run, channels });
  const conv = plan.descriptor('DenseConv', {
    ...{ x, xImage: map.imageBytes, xOffsets: plan.table(windowOffsets(g, map)), w: packed },
    ...{ y, yImage: bytes(pixels * channels * 4) },
    yOffsets: plan.table(Uint32Array.from({ length: pixels }, (_, i) => i * channels * 4)),
    ...{ inChannels: g.inChannels, pixels, rows, run, rowSkip, channels },
    together: Math.max(1, Math.round(pixelsTogether / pixels)),
    // A bit for each value.
    markBytes: bytes(Math.ceil(map.imageBytes / 32)),
  });
  return { pack: packItems(channels / channelBlock, calls('packForward', pack)), calls: calls('denseConv', conv) };
}

/** Weights [row][channel] as doubles, and what makes them of the floats at `w`. */
export function doubleWeights(
  plan: MemoryPlan,
  w: Address,
  rows: number,
  channels: number,
): { readonly address: Address; readonly pack: readonly Item[] } {
  const packed = plan.doubles(rows * channels);
  const pack = plan.descriptor('PackReal', { w, packed, channels });
  return { address: packed, pack: packItems(rows, calls('packReal', pack)) };
}

/** y = x ∗ w in double precision; y in doubles. For layer 1 and the classifier of the ANN's inference. */
export function realForward(plan: MemoryPlan, g: Geometry, { x, map, w, y }: FloatBuffers): PlannedConvolution {
  const { rows, run, rowSkip } = windowRuns(g, map);
  const channels = g.outChannels;
  const weights = doubleWeights(plan, w, rows * run, channels);
  const conv = plan.descriptor('RealConv', {
    ...{ x, xImage: map.imageBytes, xOffsets: plan.table(windowOffsets(g, map)), w: weights.address, y },
    ...{ pixels: outputPixels(g), rows, run, rowSkip, channels },
  });
  return { pack: weights.pack, calls: calls('realConv', conv) };
}
