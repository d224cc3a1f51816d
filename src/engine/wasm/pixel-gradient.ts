// Weight gradients of layers that see images of one channel, as kernel calls.
import { type Geometry, inputPixels, type PaddedMap, weightCount } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { split } from './program.js';
import type { GradientBuffers, PlannedWeightGradient } from './weight-gradient.js';

/** Images of one channel have much black, which weights of stride 1 can pass over. */
export const suitsPixels = (g: Geometry): boolean => g.inChannels === 1 && g.stride === 1;

/** dw from a padded map of such images. */
export function pixelGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly x: number; readonly map: PaddedMap },
): PlannedWeightGradient {
  const { x, map, dy, dyMap, dw } = buffers;
  const values = weightCount(g);
  const sums = plan.alloc(images * values * 4);
  const descriptor = plan.descriptor('PixelWeightGradient', {
    ...{ x: x + map.origin, xImage: map.imageBytes, xRow: map.rowBytes },
    ...{ height: g.inHeight, width: g.inWidth, padV: g.padV, padH: g.padH },
    ...{ dy: dy + dyMap.origin, dyImage: dyMap.imageBytes, dyRow: dyMap.rowBytes, dyPixel: dyMap.pixelBytes },
    ...{ outHeight: g.outHeight, kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth },
    ...{ channels: g.outChannels, sums },
  });
  const total = plan.descriptor('ImageSums', { sums, images, values, total: dw });
  return {
    images: (lo, hi) => [{ kernel: 'pixelWeightGradient', descriptor, lo, hi }],
    lists: [],
    sums: split(values / 4, parts, (lo, hi) => [{ kernel: 'imageSums', descriptor: total, lo, hi }]),
    adds: false,
    // The list of an image is written a pixel beyond its end.
    scratchBytes: (g.inHeight + 1) * 4 + (inputPixels(g) + 1) * 8,
  };
}
