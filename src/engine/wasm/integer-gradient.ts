// The gradient of a convolution's output in integers: 16 bits for the input gradient, 12 for the weight gradient.

import type { Descriptor, DescriptorFields } from './descriptor.js';
import { type BlockedMap, type Geometry, outputPixels, pixelOffsets } from './geometry.js';
import { gradientBlock, gradientMap } from './gradient-geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { type Address, times } from './units.js';

export interface IntegerGradient {
  /** [image][padded pixel][channel] in 16 bits: all channels are one block. */
  readonly fine: Address;
  readonly fineMap: BlockedMap;
  /** [image][block of channels][padded pixel][channel of the block] in 12 bits. */
  readonly coarse: Address;
  readonly coarseMap: BlockedMap;
  /** Largest |dz| that a channel can have, as floats. */
  readonly bounds: Address;
  /** [image][block of channels], the largest |dz| there in 12 bits, as 16-bit numbers. */
  readonly largest: Address;
}

export function planIntegerGradient(plan: MemoryPlan, g: Geometry, images: number): IntegerGradient {
  const width = gradientBlock(g, 'i16');
  const [fineMap, coarseMap] = [gradientMap(g, g.outChannels, 2), gradientMap(g, width, 2)];
  return {
    fine: plan.alloc(times(images, fineMap.imageBytes)),
    fineMap,
    coarse: plan.alloc(times(images, fineMap.imageBytes)),
    coarseMap,
    bounds: plan.floats(g.outChannels),
    largest: plan.halves(images * (g.outChannels / width)),
  };
}

/** Descriptor of the kernel that writes both. */
export function planQuantisation(
  plan: MemoryPlan,
  g: Geometry,
  { fine, fineMap, coarse, coarseMap, bounds, largest }: IntegerGradient,
  sources: Pick<DescriptorFields<'QuantiseGradient'>, 'g' | 'z' | 'integer' | 'a' | 'b' | 'd'>,
): Descriptor<'QuantiseGradient'> {
  const { blockBytes, width } = coarseMap;
  return plan.descriptor('QuantiseGradient', {
    ...sources,
    ...{ bounds, dy: fine, coarse, imageBytes: fineMap.imageBytes, blockBytes, width, largest },
    dyOffsets: plan.table(pixelOffsets(fineMap, g.outHeight, g.outWidth)),
    coarseOffsets: plan.table(pixelOffsets(coarseMap, g.outHeight, g.outWidth)),
    ...{ pixels: outputPixels(g), channels: g.outChannels, blocks: g.outChannels / width },
  });
}
