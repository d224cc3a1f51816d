// The gradient of a convolution's output in integers: 16 bits for the input gradient, 12 for the weight gradient.
import { type Geometry, gradientBorders, outputPixels, type PaddedMap, paddedMap, pixelOffsets } from './geometry.js';
import type { DescriptorFields, MemoryPlan } from './plan.js';
import { integerBlock } from './weight-gradient.js';

export interface IntegerGradient {
  /** [image][padded pixel][channel] in 16 bits. */
  readonly fine: number;
  readonly fineMap: PaddedMap;
  /** [image][block of channels][padded pixel][channel of the block] in 12 bits. */
  readonly coarse: number;
  readonly coarseMap: PaddedMap;
  readonly blockBytes: number;
  /** Channels of a block. */
  readonly width: number;
  /** Largest |dz| that a channel can have, as floats. */
  readonly bounds: number;
  /** [image][block of channels], the largest |dz| there in 12 bits, as 16-bit numbers. */
  readonly largest: number;
}

export function planIntegerGradient(plan: MemoryPlan, g: Geometry, images: number): IntegerGradient {
  const borders = gradientBorders(g);
  const width = integerBlock(g);
  const fineMap = paddedMap(g.outHeight, g.outWidth, g.outChannels, borders, 2);
  const block = paddedMap(g.outHeight, g.outWidth, width, borders, 2);
  const { imageBytes } = fineMap;
  return {
    fine: plan.alloc(images * imageBytes),
    fineMap,
    coarse: plan.alloc(images * imageBytes),
    coarseMap: { ...block, imageBytes },
    blockBytes: block.imageBytes,
    width,
    bounds: plan.alloc(g.outChannels * 4),
    largest: plan.alloc((images * g.outChannels * 2) / width),
  };
}

/** Descriptor of the kernel that writes both. */
export function planQuantisation(
  plan: MemoryPlan,
  g: Geometry,
  { fine, fineMap, coarse, coarseMap, blockBytes, width, bounds, largest }: IntegerGradient,
  sources: Pick<DescriptorFields<'QuantiseGradient'>, 'g' | 'z' | 'integer' | 'a' | 'b' | 'd'>,
): number {
  return plan.descriptor('QuantiseGradient', {
    ...sources,
    ...{ bounds, dy: fine, coarse, imageBytes: fineMap.imageBytes, blockBytes, width, largest },
    dyOffsets: plan.table(pixelOffsets(fineMap, g.outHeight, g.outWidth)),
    coarseOffsets: plan.table(pixelOffsets(coarseMap, g.outHeight, g.outWidth)),
    ...{ pixels: outputPixels(g), channels: g.outChannels },
  });
}
