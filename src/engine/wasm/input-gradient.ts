// Input gradients as kernel calls: of all neurons, or of the open ones only.
import type { PlannedConvolution } from './convolution.js';
import { type Geometry, inputPixels, type PaddedMap, type StridePhase, stridePhases } from './geometry.js';
import { type MemoryPlan, split } from './plan.js';

interface GradientBuffers {
  /** Zero-bordered gradient of the convolution's output. */
  readonly dy: number;
  readonly map: PaddedMap;
  /** HWIO floats that the convolution computed with. */
  readonly w: number;
  /** [image][pixel][channel] */
  readonly dx: number;
}

/** Where the neurons before the convolution were open: 0 < scale·z + shift ≤ bound. */
export interface OpenNeurons {
  readonly z: number;
  readonly scale: number;
  readonly shift: number;
  readonly bound: number;
  /** Channels of scale and shift: those of the layer before. */
  readonly normChannels: number;
}

/** Packed weights that are read once a pixel must stay in the second-level cache. */
const maskedWeightBytes = 1 << 20;
/** Fewer values than this a pixel don't pay for listing its open channels. */
const maskedWindow = 128;
const packParts = 8;

/** dx = dy ∗ flipped w. Neurons that are not open may be left as they are: nothing reads their gradient. */
export function inputGradient(
  plan: MemoryPlan,
  g: Geometry,
  buffers: GradientBuffers,
  open: OpenNeurons,
): PlannedConvolution {
  const bytes = g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels * 4;
  const window = Math.ceil(g.kernelHeight / g.stride) * Math.ceil(g.kernelWidth / g.stride) * g.outChannels;
  return bytes <= maskedWeightBytes && window >= maskedWindow
    ? maskedInputGradient(plan, g, buffers, open)
    : denseInputGradient(plan, g, buffers);
}

function maskedInputGradient(
  plan: MemoryPlan,
  g: Geometry,
  { dy, map, w, dx }: GradientBuffers,
  open: OpenNeurons,
): PlannedConvolution {
  const lanes = g.inChannels < 64 ? 4 : 6;
  const phases = stridePhases(g).map((phase) => {
    const { phaseY, phaseX, tapsY, tapsX, pixels } = phase;
    const channelBytes = tapsY * tapsX * g.outChannels * 4;
    const packed = plan.alloc(channelBytes * g.inChannels);
    const pack = plan.descriptor('PackMasked', {
      ...{ w, packed, kernelWidth: g.kernelWidth, inChannels: g.inChannels, outChannels: g.outChannels },
      ...{ stride: g.stride, phaseY, phaseX, tapsY, tapsX },
    });
    const conv = plan.descriptor('MaskedGradient', {
      ...open,
      channels: g.inChannels,
      imageBytes: inputPixels(g) * g.inChannels * 4,
      pixels: pixels.length,
      windows: plan.table(maskedWindows(g, phase, map)),
      w: packed,
      channelBytes,
      weightRow: tapsX * g.outChannels * 4,
      dy,
      dyImage: map.imageBytes,
      dyRow: map.rowBytes,
      dx,
    });
    return { pack, conv };
  });
  return {
    pack: phases.flatMap(({ pack }) =>
      split(g.inChannels, packParts, (lo, hi) => [{ kernel: 'packMasked', descriptor: pack, lo, hi }]),
    ),
    calls: (lo, hi) => phases.map(({ conv }) => ({ kernel: `maskedGradient${lanes}`, descriptor: conv, lo, hi })),
    // The list of a pixel's open channels, padded to full lanes.
    scratchBytes: (g.inChannels + lanes + 1) * 4,
  };
}

/**
 * Per pixel: byte offset of its channels in z and dx; byte offset of its window in dy; byte offset in a channel's packed
 * weights; rows; bytes of a row. Windows end at the borders of dy, where all is zero.
 */
function maskedWindows(g: Geometry, { tapsY, tapsX, pixels }: StridePhase, map: PaddedMap): Uint32Array {
  const clip = (quotient: number, taps: number, size: number) => {
    const first = Math.max(0, quotient - (taps - 1));
    const last = Math.min(size - 1, quotient);
    return { first, count: Math.max(0, last - first + 1), skipped: first - (quotient - (taps - 1)) };
  };
  return Uint32Array.from(
    pixels.flatMap(([y, x, qy, qx]) => {
      const rows = clip(qy, tapsY, g.outHeight);
      const columns = clip(qx, tapsX, g.outWidth);
      const empty = rows.count === 0 || columns.count === 0;
      return [
        (y * g.inWidth + x) * g.inChannels * 4,
        empty ? 0 : map.origin + rows.first * map.rowBytes + columns.first * map.pixelBytes,
        empty ? 0 : (rows.skipped * tapsX + columns.skipped) * g.outChannels * 4,
        empty ? 0 : rows.count,
        columns.count * g.outChannels * 4,
      ];
    }),
  );
}

/** Of all neurons: one dense convolution for each stride phase, with the taps that it sees. */
function denseInputGradient(plan: MemoryPlan, g: Geometry, buffers: GradientBuffers): PlannedConvolution {
  const { map } = buffers;
  const pixelBytes = g.inChannels * 4;
  const phases = stridePhases(g).map(({ phaseY, phaseX, tapsY, tapsX, pixels }) => {
    const packed = plan.alloc(tapsY * tapsX * g.outChannels * g.inChannels * 4);
    const pack = plan.descriptor('PackBackward', {
      w: buffers.w,
      packed,
      kernelWidth: g.kernelWidth,
      inChannels: g.inChannels,
      outChannels: g.outChannels,
      stride: g.stride,
      ...{ phaseY, phaseX, tapsY, tapsX },
    });
    const run = tapsX * g.outChannels;
    const corner = ([, , qy, qx]: readonly number[]) =>
      map.origin + (qy! - (tapsY - 1)) * map.rowBytes + (qx! - (tapsX - 1)) * map.pixelBytes;
    const conv = plan.descriptor('DenseConv', {
      x: buffers.dy,
      xImage: map.imageBytes,
      // A phase without taps reads nothing, and writes zeros.
      xOffsets: plan.table(Uint32Array.from(pixels, (pixel) => (tapsY * tapsX > 0 ? corner(pixel) : 0))),
      w: packed,
      y: buffers.dx,
      yImage: inputPixels(g) * pixelBytes,
      yOffsets: plan.table(Uint32Array.from(pixels, ([y, x]) => (y * g.inWidth + x) * pixelBytes)),
      pixels: pixels.length,
      rows: tapsX > 0 ? tapsY : 0,
      run,
      rowSkip: map.rowBytes - run * 4,
      channels: g.inChannels,
    });
    return { pack, conv };
  });
  return {
    pack: phases.flatMap(({ pack }) =>
      split(g.inChannels / 8, packParts, (lo, hi) => [{ kernel: 'packBackward', descriptor: pack, lo, hi }]),
    ),
    calls: (lo, hi) => phases.map(({ conv }) => ({ kernel: 'denseConv', descriptor: conv, lo, hi })),
    scratchBytes: 0,
  };
}
