// The t of Q(W) as kernel calls.
import { constants } from './kernels/constants.mjs';
import type { Layer } from './layer-plan.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, itemsOfLayer, type Phase, split } from './program.js';

/** Channels whose weights one item adds up. */
const channelsPerSum = 256;

/** The t of Q(W) of all ternary layers: sums of channels, then of tensors. */
export function thresholdPhases(plan: MemoryPlan, layers: readonly Layer[]): Phase[] {
  const { channelBlock } = constants;
  const planned = layers
    .filter(({ ternary }) => ternary)
    .map(({ name, g, weight: { w, count, realCount }, threshold }) => {
      const channels = g.outChannels;
      const sums = plan.doubles(channels);
      const add = plan.descriptor('ChannelMagnitudes', { w, sums, rows: count / channels, channels });
      const finish = plan.descriptor('TernaryThreshold', { sums, threshold, channels, realCount });
      const magnitudes = calls('channelMagnitudes', add);
      const blocks = split(channels / channelBlock, channels / channelsPerSum, (lo, hi) =>
        magnitudes(lo * channelBlock, hi * channelBlock),
      );
      const total = [calls('ternaryThreshold', finish)(0, 1)];
      return { sums: itemsOfLayer(name, blocks), totals: itemsOfLayer(name, total) };
    });
  return [planned.flatMap(({ sums }) => sums), planned.flatMap(({ totals }) => totals)];
}
