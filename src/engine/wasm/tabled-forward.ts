// Integer convolutions of ternary layers from tables of sums.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import { type Geometry, weightCount } from './geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, type Item, packItems } from './program.js';
import type { Address } from './units.js';

/** True if eight sums, of four channels each, fit a byte. */
export const suitsTables = (levels: number): boolean => 32 * levels <= 255;

/** What spikeForward makes of many spikes, as a descriptor of the kernels in kernels/tabled-forward.c. */
export function planTables(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, w, threshold, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
): { readonly descriptor: Descriptor<'TabledForward'>; readonly pack: readonly Item[] } {
  const { inChannels: channels, outChannels } = g;
  const block = [64, 32, 16].find((width) => channels % width === 0)!;
  const taps = g.kernelHeight * g.kernelWidth;
  const places = plan.halves(weightCount(g) / 4);
  const negatives = plan.floats(taps * outChannels);
  const pack = plan.descriptor('PackTabledForward', {
    ...{ w, threshold, places, negatives, taps, channels, outChannels, block },
  });
  const descriptor = plan.descriptor('TabledForward', {
    ...{ spikes, places, negatives, y, channels, ...spikeShape(g) },
    ...{ block, thresholds, levels, waiting: Math.ceil(g.kernelHeight / g.stride) },
  });
  return { descriptor, pack: packItems(taps, calls('packTabledForward', pack)) };
}
