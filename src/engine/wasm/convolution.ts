// Convolutions of floats as kernel calls.
import { type Geometry, outputPixels, type PaddedMap, windowOffsets } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Call, type Item, split } from './program.js';

/** What a planned convolution needs done: once a weight change, and per range of images. */
export interface PlannedConvolution {
  /** Packs the weights; independent items. */
  readonly pack: readonly Item[];
  readonly calls: (lo: number, hi: number) => Call[];
  /** Private memory a thread needs for it. */
  readonly scratchBytes: number;
}

/** Packing is split so that a large layer does not keep one thread alone. */
const packParts = 8;

/** y = x ∗ w in single precision, exact for integers below 2^24. x: padded map; w: HWIO floats; y: [image][pixel][channel]. */
export function denseForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly x: number; readonly map: PaddedMap; readonly w: number; readonly y: number },
): PlannedConvolution {
  const run = g.kernelWidth * g.inChannels;
  const rows = g.kernelHeight * run;
  const packed = plan.alloc(rows * g.outChannels * 4);
  const pixelBytes = g.outChannels * 4;
  const pixels = outputPixels(g);
  const pack = plan.descriptor('PackForward', { w: buffers.w, packed, rows, channels: g.outChannels });
  const conv = plan.descriptor('DenseConv', {
    x: buffers.x,
    xImage: buffers.map.imageBytes,
    xOffsets: plan.table(windowOffsets(g, buffers.map)),
    w: packed,
    y: buffers.y,
    yImage: pixels * pixelBytes,
    yOffsets: plan.table(Uint32Array.from({ length: pixels }, (_, i) => i * pixelBytes)),
    pixels,
    rows: g.kernelHeight,
    run,
    rowSkip: buffers.map.rowBytes - run * 4,
    channels: g.outChannels,
  });
  return {
    pack: split(g.outChannels / 8, packParts, (lo, hi) => [{ kernel: 'packForward', descriptor: pack, lo, hi }]),
    calls: (lo, hi) => [{ kernel: 'denseConv', descriptor: conv, lo, hi }],
    scratchBytes: 0,
  };
}

/** Weights [row][channel] as doubles, and what makes them of the floats at `w`. */
export function doubleWeights(
  plan: MemoryPlan,
  w: number,
  rows: number,
  channels: number,
): { readonly address: number; readonly pack: readonly Item[] } {
  const address = plan.alloc(rows * channels * 8);
  const descriptor = plan.descriptor('PackReal', { w, packed: address, channels });
  return { address, pack: split(rows, packParts, (lo, hi) => [{ kernel: 'packReal', descriptor, lo, hi }]) };
}

/** y = x ∗ w in double precision; y: [image][pixel][channel] doubles. For layer 1 and the classifier of the ANN's inference. */
export function realForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly x: number; readonly map: PaddedMap; readonly w: number; readonly y: number },
): PlannedConvolution {
  const run = g.kernelWidth * g.inChannels;
  const weights = doubleWeights(plan, buffers.w, g.kernelHeight * run, g.outChannels);
  const conv = plan.descriptor('RealConv', {
    x: buffers.x,
    xImage: buffers.map.imageBytes,
    xOffsets: plan.table(windowOffsets(g, buffers.map)),
    w: weights.address,
    y: buffers.y,
    pixels: outputPixels(g),
    rows: g.kernelHeight,
    run,
    rowSkip: buffers.map.rowBytes - run * 4,
    channels: g.outChannels,
  });
  return {
    pack: weights.pack,
    calls: (lo, hi) => [{ kernel: 'realConv', descriptor: conv, lo, hi }],
    scratchBytes: 0,
  };
}
