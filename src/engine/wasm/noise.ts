// Noise of the spiking network, as a kernel call: each spike of layer 1 may be deleted.
import { purposes } from '../../data/random.js';
import type { Noise } from '../engine.js';
import { fieldOffset, type MemoryPlan } from './memory-plan.js';

/** Gaps that the kernel's table knows. */
const tabled = 64;
/** Values of a random word's highest bits. */
const guided = 4096;
/** Words that the kernel draws at a time, and the gaps that they make, in bytes. */
export const noiseScratchBytes = 128;

/** Plans the deletion of layer 1's spikes. How many and which, `set` says before each batch. */
export class PlannedNoise {
  readonly #gaps: number;
  readonly #guide: number;
  readonly #descriptor: number;

  /** @param layer address of spike counts [image][pixel][padded channel]; bytes of an image; spikes of a neuron at most */
  constructor(
    plan: MemoryPlan,
    layer: {
      readonly spikes: number;
      readonly imageBytes: number;
      readonly levels: number;
    },
  ) {
    this.#gaps = plan.alloc((tabled + 1) * 4);
    this.#guide = plan.alloc(guided);
    this.#descriptor = plan.descriptor('DeleteSpikes', {
      ...{ ...layer, gaps: this.#gaps, guide: this.#guide, purpose: purposes.deleteSpikes },
      ...{ seedLow: 0, seedHigh: 0, firstImage: 0 },
    });
  }

  call(lo: number, hi: number) {
    return { kernel: 'deleteSpikes', descriptor: this.#descriptor, lo, hi };
  }

  /** Writes what the kernel needs to know of this noise. False if it deletes nothing: less than half a spike in 2^32. */
  set(buffer: ArrayBufferLike, { probability, seed, firstImage }: Noise): boolean {
    const deleted = Math.round(probability * 2 ** 32) / 2 ** 32;
    if (deleted === 0) return false;
    const gaps = gapShares(deleted);
    new Uint32Array(buffer, this.#gaps, tabled + 1).set(gaps);
    new Uint8Array(buffer, this.#guide, guided).set(leastGaps(gaps));
    const view = new DataView(buffer, this.#descriptor);
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
  const shares = new Uint32Array(tabled + 1);
  // One product after the other: powers may differ between builds in the last bit.
  for (let g = 0, share = 1 - p; g < tabled; g++, share *= 1 - p) shares[g] = Math.round(share * 2 ** 32);
  return shares;
}

/** For each value of a word's highest bits, how many shares all words with them are below. */
function leastGaps(shares: Uint32Array): Uint8Array {
  let gap = tabled;
  return Uint8Array.from({ length: guided }, (_, high) => {
    while (gap > 0 && shares[gap - 1]! <= high * 2 ** 20 + 0xfffff) gap--;
    return gap;
  });
}
