// Input gradients of ternary layers as kernel calls, from tables of sums.
import { type BlockedMap, type Geometry, weightCount } from './geometry.js';
import type { InputGradientBuffers, PlannedInputGradient } from './input-gradient.js';
import type { IntegerGradient } from './integer-gradient.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { calls, packItems } from './program.js';
import { type Address, behind, bytes, nowhere } from './units.js';

/**
 * dx = dy ∗ flipped Q(W) where the neuron was open, and 0 elsewhere.
 * @param buffers threshold: address of Q(W)'s t
 * @param integer the gradient in 16 bits, in place of the floats of `buffers`
 * @param floatLanes images that go side by side in floats
 */
export function tabledGradient(
  plan: MemoryPlan,
  g: Geometry,
  buffers: Omit<InputGradientBuffers, 'map'> & { readonly threshold: Address; readonly map: BlockedMap },
  integer?: IntegerGradient,
  floatLanes: number = constants.floatLanes,
): PlannedInputGradient {
  const lanes = integer ? constants.integerLanes : floatLanes;
  const { w, threshold, dx, open } = buffers;
  const { dy, map } = integer ? { dy: integer.fine, map: integer.fineMap } : buffers;
  const block = g.outChannels % 32 === 0 ? 32 : 16;
  const valueBytes = map.pixelBytes / map.width;
  // A block of the map has sixteen channels, or all that a block of tables wants.
  const dySixteen = map.width === 16 ? map.blockBytes : 16 * valueBytes;
  const dyBlock = map.width <= block ? (block / map.width) * map.blockBytes : block * valueBytes;
  const taps = g.kernelHeight * g.kernelWidth;
  const channels = g.inChannels;
  const places = plan.halves(weightCount(g) / 4);
  // Sums of integers are the same in any order.
  const weights = integer?.multiplies ? plan.bytes(weightCount(g)) : nowhere;
  const pack = plan.descriptor('PackTabled', {
    ...{ w, threshold, places, weights, taps, channels, outChannels: g.outChannels, block },
  });
  const descriptor = plan.descriptor('TabledGradient', {
    ...{ places, weights, open, dx, height: g.inHeight, width: g.inWidth, channels },
    ...{ kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: g.stride, padV: g.padV, padH: g.padH },
    ...{
      dy: behind(dy, map.origin),
      dyImage: map.imageBytes,
      dyRow: map.rowBytes,
      dyPixel: map.pixelBytes,
      dyBlock: bytes(dyBlock),
      dySixteen: bytes(dySixteen),
    },
    ...{ outHeight: g.outHeight, outWidth: g.outWidth, outChannels: g.outChannels, block },
    bounds: integer?.bounds ?? nowhere,
    // A float, or 32 bits, of each of as many images as go side by side at most.
    valueBytes: bytes(constants.integerLanes * 4),
  });
  return {
    pack: packItems(channels, calls('packTabled', pack)),
    calls: calls(`tabledGradient_${integer ? 'i16' : 'f32'}`, descriptor),
    images: { suited: lanes, least: lanes },
  };
}
