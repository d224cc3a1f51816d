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
  /** True if kernels may multiply it: they then need the weights themselves. */
  readonly multiplies: boolean;
}

/** Room for the integer gradients of a network's layers. */
export class IntegerGradients {
  readonly #fine = new Map<string, Address>();

  /** @param multiplies true if kernels may multiply them, in place of looking sums up */
  constructor(
    private readonly plan: MemoryPlan,
    private readonly images: number,
    private readonly multiplies: boolean,
  ) {}

  /** The gradient of the output of a convolution. */
  of(g: Geometry): IntegerGradient {
    const { plan, images, multiplies } = this;
    const width = gradientBlock(g, 'i16');
    const [fineMap, coarseMap] = [gradientMap(g, g.outChannels, 2), gradientMap(g, width, 2)];
    return {
      fine: this.#fineRoom(g, fineMap),
      fineMap,
      coarse: plan.alloc(times(images, coarseMap.imageBytes)),
      coarseMap,
      bounds: plan.floats(g.outChannels),
      largest: plan.halves(images * (g.outChannels / width)),
      multiplies,
    };
  }

  /**
   * The input gradient reads the 16 bits in the item that writes them, and nothing does later: layers whose maps are the same, borders
   * included, share their room.
   */
  #fineRoom({ outHeight, outWidth }: Geometry, map: BlockedMap): Address {
    const key = JSON.stringify([map, outHeight, outWidth]);
    const room = this.#fine.get(key) ?? this.plan.alloc(times(this.images, map.imageBytes));
    this.#fine.set(key, room);
    return room;
  }
}

/** Descriptor of the kernel that writes both. */
export function planQuantisation(
  plan: MemoryPlan,
  g: Geometry,
  { fine, fineMap, coarse, coarseMap, bounds, largest }: IntegerGradient,
  sources: Pick<DescriptorFields<'QuantiseGradient'>, 'g' | 'z' | 'integer' | 'a' | 'b' | 'd'>,
): Descriptor<'QuantiseGradient'> {
  return plan.descriptor('QuantiseGradient', {
    ...sources,
    ...{ bounds, dy: fine, dyImage: fineMap.imageBytes, largest },
    ...{ coarse, coarseImage: coarseMap.imageBytes, blockBytes: coarseMap.blockBytes, width: coarseMap.width },
    dyOffsets: plan.table(pixelOffsets(fineMap, g.outHeight, g.outWidth)),
    coarseOffsets: plan.table(pixelOffsets(coarseMap, g.outHeight, g.outWidth)),
    ...{ pixels: outputPixels(g), channels: g.outChannels, blocks: g.outChannels / coarseMap.width },
  });
}
