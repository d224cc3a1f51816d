// Noise of the spiking network, as a kernel call: each spike of layer 1 may be deleted.
import { purposes } from '../../data/random.js';
import type { Noise } from '../engine.js';
import { type Descriptor, fieldOffset } from './descriptor.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { calls } from './program.js';
import type { Address, Bytes } from './units.js';

const { tabledGaps, guideBits } = constants;
/** Values of a random word's highest bits, and of those that are left. */
const [guided, behindGuide] = [2 ** guideBits, 2 ** (32 - guideBits)];

/** Plans the deletion of layer 1's spikes. How many and which, `set` says before each batch. */
export class PlannedNoise {
  readonly #gaps: Address;
  readonly #guide: Address;
  readonly #descriptor: Descriptor<'DeleteSpikes'>;

  /** @param layer address of spike counts [image][pixel][padded channel]; bytes of an image; spikes of a neuron at most */
  constructor(
    plan: MemoryPlan,
    layer: {
      readonly spikes: Address;
      readonly imageBytes: Bytes;
      readonly levels: number;
    },
  ) {
    this.#gaps = plan.floats(tabledGaps + 1);
    this.#guide = plan.bytes(guided);
    this.#descriptor = plan.descriptor('DeleteSpikes', {
      ...{ ...layer, gaps: this.#gaps, guide: this.#guide, purpose: purposes.deleteSpikes },
      ...{ seedLow: 0, seedHigh: 0, firstImage: 0 },
    });
  }

  /** By images. */
  get calls() {
    return calls('deleteSpikes', this.#descriptor);
  }

  /** Writes what the kernel needs to know of this noise. False if it deletes nothing: less than half a spike in 2^32. */
  set(buffer: ArrayBufferLike, { probability, seed, firstImage }: Noise): boolean {
    const deleted = Math.round(probability * 2 ** 32) / 2 ** 32;
    if (deleted === 0) return false;
    const gaps = gapShares(deleted);
    new Uint32Array(buffer, this.#gaps, tabledGaps + 1).set(gaps);
    new Uint8Array(buffer, this.#guide, guided).set(leastGaps(gaps));
    const view = new DataView(buffer, this.#descriptor.address);
    const set = (field: 'seedLow' | 'seedHigh' | 'firstImage', value: number) =>
      view.setUint32(fieldOffset('DeleteSpikes', field), value, true);
    set('seedLow', seed % 2 ** 32);
    set('seedHigh', Math.floor(seed / 2 ** 32));
    set('firstImage', firstImage);
    return true;
  }
}

/** P(gap ≥ g) = (1 − p)^g for g = 1 … as shares of 2^32, and 0 at the end. */
function gapShares(p: number): Uint32Array {
  const shares = new Uint32Array(tabledGaps + 1);
  // One product after the other: powers may differ between builds in the last bit.
  for (let g = 0, share = 1 - p; g < tabledGaps; g++, share *= 1 - p) shares[g] = Math.round(share * 2 ** 32);
  return shares;
}

/** For each value of a word's highest bits, how many shares all words with them are below. */
function leastGaps(shares: Uint32Array): Uint8Array {
  let gap: number = tabledGaps;
  return Uint8Array.from({ length: guided }, (_, high) => {
    while (gap > 0 && shares[gap - 1]! <= (high + 1) * behindGuide - 1) gap--;
    return gap;
  });
}
