// How gradients of a convolution lie in memory, and in which order inputs find their taps there.
import { type BlockedMap, type Borders, blockedMap, type Geometry } from './geometry.js';
import { gradientKernels } from './kernels/describe-gradients.mjs';
import { type Bytes, bytes, times } from './units.js';

/** Input pixels with the same (i + padding) mod stride: they see the same taps, phase, phase + stride, … */
export interface StridePhase {
  readonly phaseY: number;
  readonly phaseX: number;
  readonly tapsY: number;
  readonly tapsX: number;
  /** [input row, input column, quotient row, quotient column]: dy rows quotient − (taps − 1) … quotient. */
  readonly pixels: readonly (readonly [number, number, number, number])[];
}

export function stridePhases(g: Geometry): StridePhase[] {
  const phases: StridePhase[] = [];
  for (let phaseY = 0; phaseY < g.stride; phaseY++)
    for (let phaseX = 0; phaseX < g.stride; phaseX++) {
      const pixels: [number, number, number, number][] = [];
      for (let y = 0; y < g.inHeight; y++)
        for (let x = 0; x < g.inWidth; x++)
          if ((y + g.padV) % g.stride === phaseY && (x + g.padH) % g.stride === phaseX)
            pixels.push([y, x, Math.floor((y + g.padV) / g.stride), Math.floor((x + g.padH) / g.stride)]);
      const taps = (kernel: number, phase: number) => Math.max(0, Math.ceil((kernel - phase) / g.stride));
      if (pixels.length > 0)
        phases.push({
          phaseY,
          phaseX,
          tapsY: taps(g.kernelHeight, phaseY),
          tapsX: taps(g.kernelWidth, phaseX),
          pixels,
        });
    }
  return phases;
}

/** Zero borders that dy needs so that every input pixel finds all its taps there. */
export function gradientBorders(g: Geometry): Borders {
  let [top, bottom, left, right] = [0, 0, 0, 0];
  for (const { tapsY, tapsX, pixels } of stridePhases(g))
    for (const [, , qy, qx] of pixels) {
      top = Math.max(top, tapsY - 1 - qy);
      bottom = Math.max(bottom, qy - (g.outHeight - 1));
      left = Math.max(left, tapsX - 1 - qx);
      right = Math.max(right, qx - (g.outWidth - 1));
    }
  return { top, bottom, left, right };
}

/** The gradient of a convolution's output, in blocks of so many channels, between zeros where inputs look for their taps. */
export function gradientMap(
  g: Geometry,
  width = g.outChannels,
  valueBytes = 4,
  borders = gradientBorders(g),
): BlockedMap {
  const map = blockedMap(g.outHeight, g.outWidth, g.outChannels, width, borders, valueBytes);
  return { ...map, imageBytes: apart(map.imageBytes, times(g.kernelHeight, map.rowBytes)) };
}

/** A line of the first-level cache, and how many lines on the next one is that takes the same place in it. */
const [lineBytes, cacheSets] = [64, 64];

/**
 * The distance from image to image of so many bytes, of which so many images' rows are read in turns: in the first-level cache they lie
 * beside each other, where distances that are powers of two have them drive each other out.
 */
function apart(image: Bytes, rows: Bytes): Bytes {
  const reach = Math.min(Math.ceil(rows / lineBytes), cacheSets / 2 - 1);
  let lines = Math.ceil(image / lineBytes);
  // All places come in turn where their number and the distance have no divisor in common.
  while (lines % 2 === 0 || lines % cacheSets < reach || cacheSets - (lines % cacheSets) < reach) lines++;
  return bytes(lines * lineBytes);
}

/** Pixels of the largest phase in so many images, in whole sixty-fours: as many as kernels list at a time. */
export const rowPixels = (phasePixels: ArrayLike<number>, images: number): number =>
  Math.ceil((Math.max(0, ...Array.from(phasePixels)) * images) / 64) * 64;

/**
 * Output channels that the sparse kernels take at a time, so that their dy lies side by side: as many as registers hold, or
 * fewer where the kernel takes neighbouring taps together, as their pixels are neighbours.
 * @param type of the gradient
 */
export function gradientBlock(g: Geometry, type: 'f32' | 'i16'): number {
  const manyTaps = g.kernelWidth > 1 && g.stride === 1;
  const suited = gradientKernels[type].filter(
    ([width, [most]]) => g.outChannels % width === 0 && (most > 1 || !manyTaps),
  );
  return suited[0]![0];
}
