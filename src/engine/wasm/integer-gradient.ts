// The gradient of a convolution's output in integers: 16 bits for the input gradient, 12 for the weight gradient.
import { type BlockedMap, type Geometry, gradientBlock, gradientMap, outputPixels, pixelOffsets } from './geometry.js';
import type { DescriptorFields, MemoryPlan } from './memory-plan.js';

export interface IntegerGradient {
  /** [image][padded pixel][channel] in 16 bits: all channels are one block. */
  readonly fine: number;
  readonly fineMap: BlockedMap;
  /** [image][block of channels][padded pixel][channel of the block] in 12 bits. */
  readonly coarse: number;
  readonly coarseMap: BlockedMap;
  /** Largest |dz| that a channel can have, as floats. */
  readonly bounds: number;
  /** [image][block of channels], the largest |dz| there in 12 bits, as 16-bit numbers. */
  readonly largest: number;
}

export function planIntegerGradient(plan: MemoryPlan, g: Geometry, images: number): IntegerGradient {
  const width = gradientBlock(g, 64);
  const [fineMap, coarseMap] = [gradientMap(g, g.outChannels, 2), gradientMap(g, width, 2)];
  return {
    fine: plan.alloc(images * fineMap.imageBytes),
    fineMap,
    coarse: plan.alloc(images * fineMap.imageBytes),
    coarseMap,
    bounds: plan.alloc(g.outChannels * 4),
    largest: plan.alloc((images * g.outChannels * 2) / width),
  };
}

/** Descriptor of the kernel that writes both. */
export function planQuantisation(
  plan: MemoryPlan,
  g: Geometry,
  { fine, fineMap, coarse, coarseMap, bounds, largest }: IntegerGradient,
  sources: Pick<DescriptorFields<'QuantiseGradient'>, 'g' | 'z' | 'integer' | 'a' | 'b' | 'd'>,
): number {
  const { blockBytes, width } = coarseMap;
  return plan.descriptor('QuantiseGradient', {
    ...sources,
    ...{ bounds, dy: fine, coarse, imageBytes: fineMap.imageBytes, blockBytes, width, largest },
    dyOffsets: plan.table(pixelOffsets(fineMap, g.outHeight, g.outWidth)),
    coarseOffsets: plan.table(pixelOffsets(coarseMap, g.outHeight, g.outWidth)),
    ...{ pixels: outputPixels(g), channels: g.outChannels },
  });
}
