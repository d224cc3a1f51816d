// Input gradients of ternary layers as kernel calls, from tables of sums.
import { type BlockedMap, type Geometry, weightCount } from './geometry.js';
import type { InputGradientBuffers, PlannedInputGradient } from './input-gradient.js';
import type { IntegerGradient } from './integer-gradient.js';
import type { MemoryPlan } from './memory-plan.js';
import { split } from './program.js';

/** Images that the kernels take side by side, and the bytes of a value of dx of theirs. */
const floats = { lanes: 8, bytes: 32 };
const integers = { lanes: 16, bytes: 64 };
/** Tables of eight groups of channels, and their gradients; see kernels/tabled.ts. */
const tableBytes = 8 * 81 * 32 + 32 * 32;
const packParts = 8;

/**
 * dx = dy ∗ flipped Q(W) where the neuron was open, and 0 elsewhere.
 * @param buffers threshold: address of Q(W)'s t
 * @param integer the gradient in 16 bits, in place of the floats of `buffers`
 */
export function tabledGradient(
  plan: MemoryPlan,
  g: Geometry,
  buffers: Omit<InputGradientBuffers, 'map'> & { readonly threshold: number; readonly map: BlockedMap },
  integer?: IntegerGradient,
): PlannedInputGradient {
  const { w, threshold, dx, open } = buffers;
  const { dy, map } = integer ? { dy: integer.fine, map: integer.fineMap } : buffers;
  const block = g.outChannels % 32 === 0 ? 32 : 16;
  const valueBytes = map.pixelBytes / map.width;
  // A block of the map has sixteen channels, or all that a block of tables wants.
  const dySixteen = map.width === 16 ? map.blockBytes : 16 * valueBytes;
  const dyBlock = map.width <= block ? (block / map.width) * map.blockBytes : block * valueBytes;
  const taps = g.kernelHeight * g.kernelWidth;
  const channels = g.inChannels;
  const places = plan.alloc(weightCount(g) / 2);
  const pack = plan.descriptor('PackTabled', {
    ...{ w, threshold, places, taps, channels, outChannels: g.outChannels, block },
  });
  const descriptor = plan.descriptor('TabledGradient', {
    ...{ places, open, dx, height: g.inHeight, width: g.inWidth, channels },
    ...{ kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: g.stride, padV: g.padV, padH: g.padH },
    ...{
      dy: dy + map.origin,
      dyImage: map.imageBytes,
      dyRow: map.rowBytes,
      dyPixel: map.pixelBytes,
      dyBlock,
      dySixteen,
    },
    ...{ outHeight: g.outHeight, outWidth: g.outWidth, outChannels: g.outChannels, block },
    bounds: integer?.bounds ?? 0,
  });
  const { lanes, bytes } = integer ? integers : floats;
  const kernel = `tabledGradient_${integer ? 'i16' : 'f32'}`;
  return {
    pack: split(channels, packParts, (lo, hi) => [{ kernel: 'packTabled', descriptor: pack, lo, hi }]),
    calls: (lo, hi) => [{ kernel, descriptor, lo, hi }],
    images: { suited: lanes, least: lanes },
    scratchBytes: tableBytes + g.kernelHeight * g.inWidth * channels * bytes,
  };
}
