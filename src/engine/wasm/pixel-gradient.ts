// Weight gradients of layers that see images of one channel, as kernel calls.
import { type Geometry, inputPixels, type PaddedMap } from './geometry.js';
import { type MemoryPlan, split } from './plan.js';
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
  // The list of an image is written a pixel beyond its end.
  const listBytes = (inputPixels(g) + 1) * 8;
  const descriptor = plan.descriptor('PixelWeightGradient', {
    ...{ x: x + map.origin, xImage: map.imageBytes, xRow: map.rowBytes },
    ...{ height: g.inHeight, width: g.inWidth, images },
    ...{ starts: plan.alloc(images * (g.inHeight + 1) * 4), pixels: plan.alloc(images * listBytes), listBytes },
    ...{ padV: g.padV, padH: g.padH },
    ...{ dy: dy + dyMap.origin, dyImage: dyMap.imageBytes, dyRow: dyMap.rowBytes, dyPixel: dyMap.pixelBytes },
    ...{ outHeight: g.outHeight, kernelWidth: g.kernelWidth },
    ...{ dw, channels: g.outChannels },
  });
  const items = (g.kernelHeight * g.outChannels) / 16;
  return {
    lists: split(images, parts, (lo, hi) => [{ kernel: 'listPixels', descriptor, lo, hi }]),
    adds: true,
    scratchBytes: 0,
    sums: split(items, items, (lo, hi) => [{ kernel: 'pixelWeightGradient', descriptor, lo, hi }]),
  };
}
