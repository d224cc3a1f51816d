// Noise of the spiking network as kernel calls: spikes deleted and inserted, membranes disturbed.
import { normalLines } from '../../data/normal.js';
import { type Purpose, purposes } from '../../data/random.js';
import type { Draw } from '../engine.js';
import { type Descriptor, fieldOffset } from './descriptor.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import { type Calls, calls, inOrder } from './program.js';
import { type Address, bytes, type Count, nowhere } from './units.js';
import { wholeNoiseCells } from './whole-noise.js';

const { tabledGaps, guideBits, openGap } = constants;
/** Values of a random word's highest bits, and of those that are left. */
const [guided, behindGuide] = [2 ** guideBits, 2 ** (32 - guideBits)];

/** Noise of a layer: `set` says before each batch whose random words it is. */
export interface PlannedNoise {
  /** By images. */
  readonly calls: Calls;
  set(buffer: ArrayBufferLike, draw: Draw): void;
}

/** A layer's spike counts [image][pixel][padded channel]. */
export interface NoisyLayer {
  readonly spikes: Address;
  readonly pixels: number;
  /** As many as there are, and padded. */
  readonly realChannels: number;
  readonly channels: number;
  /** Spikes of a neuron at most. */
  readonly levels: number;
  /** Its place among the layers that send spikes, from 0 on: random words are its own. */
  readonly layer: number;
}

/** Each spike is deleted with this probability; undefined if that is none, less than half a spike in 2^32. */
export function planDeletion(plan: MemoryPlan, layer: NoisyLayer, probability: number): PlannedNoise | undefined {
  return removal(plan, layer, probability, purposes.deleteSpikes);
}

/** Each spike that a neuron did not send appears with this probability: it is deleted from those that are missing. */
export function planInsertion(plan: MemoryPlan, layer: NoisyLayer, probability: number): PlannedNoise | undefined {
  const deletion = removal(plan, layer, probability, purposes.insertSpikes);
  if (deletion === undefined) return undefined;
  const { spikes, pixels, realChannels, channels, levels } = layer;
  const most = plan.table(Uint8Array.from({ length: channels }, (_, c) => (c < realChannels ? levels : 0)));
  const complement = calls('complementSpikes', plan.descriptor('ComplementSpikes', { spikes, most, pixels, channels }));
  return { calls: inOrder(complement, deletion.calls, complement), set: deletion.set };
}

function removal(
  plan: MemoryPlan,
  { spikes, pixels, channels, levels, layer }: NoisyLayer,
  probability: number,
  purpose: Purpose,
): PlannedNoise | undefined {
  const deleted = Math.round(probability * 2 ** 32) / 2 ** 32;
  if (deleted === 0) return undefined;
  const gaps = gapShares(deleted);
  const descriptor = plan.descriptor('DeleteSpikes', {
    ...{ spikes, gaps: plan.table(gaps), guide: plan.table(leastGaps(gaps)) },
    ...{ imageBytes: bytes(pixels * channels), levels, ...undrawn(purpose, layer) },
  });
  return { calls: calls('deleteSpikes', descriptor), set: setDraw(descriptor) };
}

/** Bytes of a membrane by what it is in. */
const membraneBytes = { i16: 2, i32: 4, f64: 8 } as const;
export type MembraneType = keyof typeof membraneBytes;

/** Room for the membranes of so many images. */
export function planMembranes(plan: MemoryPlan, type: MembraneType, count: Count): Address {
  return plan.bytes(count * membraneBytes[type]);
}

/**
 * Spikes of membranes with normal noise.
 * @param thresholds address of [level][padded channel]: doubles for membranes of doubles, or else integers of 32 bits
 * @param deviation standard deviation
 */
export function planNoisyFire(
  plan: MemoryPlan,
  { spikes, pixels, realChannels, channels, levels, layer }: NoisyLayer,
  membranes: { readonly type: MembraneType; readonly at: Address; readonly thresholds: Address },
  deviation: number,
): PlannedNoise {
  const descriptor = plan.descriptor('FireNoisy', {
    ...{ membranes: membranes.at, thresholds: membranes.thresholds, spikes },
    ...{ lines: plan.table(normalLines), deviation: plan.table(Float64Array.of(deviation)) },
    cells: membranes.type === 'f64' ? nowhere : plan.table(wholeNoiseCells(deviation)),
    ...{ pixels, channels, realChannels, levels, ...undrawn(purposes.membraneNoise, layer) },
  });
  return { calls: calls(`fireNoisy_${membranes.type}`, descriptor), set: setDraw(descriptor) };
}

const undrawn = (purpose: Purpose, layer: number) => ({ purpose, layer, seedLow: 0, seedHigh: 0, firstImage: 0 });

function setDraw({ name, address }: Descriptor<'DeleteSpikes'> | Descriptor<'FireNoisy'>): PlannedNoise['set'] {
  // Found once: to look for them takes longer than a simulation of few images should wait.
  const [low, high, image] = (['seedLow', 'seedHigh', 'firstImage'] as const).map((field) => fieldOffset(name, field));
  return (buffer, { seed, firstImage }) => {
    const view = new DataView(buffer, address);
    view.setUint32(low!, seed % 2 ** 32, true);
    view.setUint32(high!, Math.floor(seed / 2 ** 32), true);
    view.setUint32(image!, firstImage, true);
  };
}

/** P(gap ≥ g) = (1 − p)^g for g = 1 … as shares of 2^32, and 0 at the end. */
function gapShares(p: number): Uint32Array {
  const shares = new Uint32Array(tabledGaps + 1);
  // One product after the other: powers may differ between builds in the last bit.
  for (let g = 0, share = 1 - p; g < tabledGaps; g++, share *= 1 - p) shares[g] = Math.round(share * 2 ** 32);
  return shares;
}

/** For each value of a word's highest bits, how many shares all words with them are below; `openGap` more if some are below more. */
function leastGaps(shares: Uint32Array): Uint8Array {
  let gap: number = tabledGaps;
  return Uint8Array.from({ length: guided }, (_, high) => {
    while (gap > 0 && shares[gap - 1]! <= (high + 1) * behindGuide - 1) gap--;
    return gap < tabledGaps && shares[gap]! > high * behindGuide ? gap + openGap : gap;
  });
}
