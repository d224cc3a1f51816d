import fc from 'fast-check';
import {
  type BlockedMap,
  type Geometry,
  inputPixels,
  outputPixels,
  type PaddedMap,
  paddedMap,
  weightCount,
} from '../../src/engine/wasm/geometry.js';
import { convolve } from '../network/reference-ann.js';
import { geometry, layerOf, plain } from './kernel-bench.js';
import { correlate } from './reference-trainer.js';

/** Convolutions of any kernel, stride and padding that leave at least one output pixel. */
export const geometries = (): fc.Arbitrary<Geometry> => geometriesOf([16, 32, 48]);

/** The same, with images among the inputs, whose channels are not padded. */
export const imageGeometries = (): fc.Arbitrary<Geometry> => geometriesOf([1, 2, 3, 16, 48]);

function geometriesOf(inChannels: readonly number[]): fc.Arbitrary<Geometry> {
  return fc
    .record({
      kernel: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.tuple(fc.nat(3), fc.nat(3)),
      input: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.constantFrom(...inChannels)),
      channels: fc.constantFrom(16, 32, 48, 64, 80, 128),
    })
    .map(geometry)
    .filter(({ outHeight, outWidth }) => outHeight > 0 && outWidth > 0);
}

/** [image][pixel][channel] values in a zero-bordered map, in blocks of channels or not. */
export function intoMap(
  { inHeight, inWidth, inChannels }: Pick<Geometry, 'inHeight' | 'inWidth' | 'inChannels'>,
  map: PaddedMap & Partial<BlockedMap>,
  values: readonly number[],
  images: number,
): Float32Array {
  const { width = inChannels, blockBytes = 0 } = map;
  const inPixel = (c: number) => (Math.floor(c / width) * blockBytes) / 4 + (c % width);
  const filled = new Float32Array((images * map.imageBytes) / 4);
  for (let n = 0, from = 0; n < images; n++)
    for (let y = 0; y < inHeight; y++)
      for (let x = 0; x < inWidth; x++)
        for (let c = 0; c < inChannels; c++, from++)
          filled[(n * map.imageBytes + map.origin + y * map.rowBytes + x * map.pixelBytes) / 4 + inPixel(c)] =
            values[from]!;
  return filled;
}

/** The reference's convolution of every image, one after the other. */
export function convolveAll(g: Geometry, images: number, weights: readonly number[], x: readonly number[]): number[] {
  const size = inputPixels(g) * g.inChannels;
  return Array.from({ length: images }, (_, n) => [
    ...convolve(layerOf(g), weights, x.slice(n * size, (n + 1) * size)),
  ]).flat();
}

/** Gradients of weights by the reference, summed over images. */
export function weightGradients(g: Geometry, x: readonly number[], dy: readonly number[], images: number): number[] {
  const [inputs, outputs] = [inputPixels(g) * g.inChannels, outputPixels(g) * g.outChannels];
  const dw = new Float64Array(weightCount(g));
  for (let n = 0; n < images; n++)
    correlate(layerOf(g), [], x.slice(n * inputs, (n + 1) * inputs), dy.slice(n * outputs, (n + 1) * outputs), { dw });
  return plain([...dw]);
}

/** Gradients of inputs by the reference, image by image. */
export function inputGradients(g: Geometry, w: readonly number[], dy: readonly number[], images: number): number[] {
  const [inputs, outputs] = [inputPixels(g) * g.inChannels, outputPixels(g) * g.outChannels];
  const each = Array.from({ length: images }, (_, n) => {
    const dx = new Float64Array(inputs);
    correlate(layerOf(g), w, [], dy.slice(n * outputs, (n + 1) * outputs), { dx });
    return [...dx];
  });
  return plain(each.flat());
}

/** Feature maps for element-wise kernels, and values of such maps as floats between borders. */
export const smallMaps = (() => {
  const [images, height, width, channels] = [3, 3, 2, 48];
  const pixels = height * width;
  // Of unequal widths, so that no offset is right by chance.
  const map = paddedMap(height, width, channels, { top: 1, bottom: 2, left: 1, right: 0 });
  const inMap = (all: readonly number[]) =>
    plain([...intoMap({ inHeight: height, inWidth: width, inChannels: channels }, map, all, images)]);
  const sizes = { images, height, width, channels, pixels, values: images * pixels * channels };
  return { ...sizes, map, mapValues: (images * map.imageBytes) / 4, inMap };
})();
