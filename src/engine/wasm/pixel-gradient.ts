// Weight gradients of layers that see images of one channel, as kernel calls.
import { type Borders, type Geometry, type PaddedMap, weightCount } from './geometry.js';
import { gradientBorders } from './gradient-geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, split } from './program.js';
import { type Address, behind } from './units.js';
import type { GradientBuffers, PlannedWeightGradient } from './weight-gradient.js';

/** Images of one channel have much black, which weights of stride 1 can pass over. */
export const suitsPixels = (g: Geometry): boolean => g.inChannels === 1 && g.stride === 1;

/** Zero borders that dy needs for it: beside its rows, where pixels add taps that no output has. */
export const pixelBorders = (g: Geometry): Borders => ({ ...gradientBorders(g), top: 0, bottom: 0 });

/** dw from a padded map of such images. */
export function pixelGradient(
  plan: MemoryPlan,
  g: Geometry,
  images: number,
  parts: number,
  buffers: GradientBuffers & { readonly x: Address; readonly map: PaddedMap },
): PlannedWeightGradient {
  const { x, map, dy, dyMap, dw } = buffers;
  const values = weightCount(g);
  const sums = plan.floats(images * values);
  const descriptor = plan.descriptor('PixelWeightGradient', {
    ...{ x: behind(x, map.origin), xImage: map.imageBytes, xRow: map.rowBytes },
    ...{ height: g.inHeight, width: g.inWidth, padV: g.padV, padH: g.padH },
    ...{ dy: behind(dy, dyMap.origin), dyImage: dyMap.imageBytes, dyRow: dyMap.rowBytes, dyPixel: dyMap.pixelBytes },
    ...{ outHeight: g.outHeight, kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth },
    ...{ channels: g.outChannels, sums },
  });
  const total = plan.descriptor('ImageSums', { sums, images, values, total: dw });
  return {
    images: calls('pixelWeightGradient', descriptor),
    lists: [],
    sums: split(values / 4, parts, calls('imageSums', total)),
    adds: false,
  };
}
