// Integer convolutions of ternary layers by columns of weights, for processors with vectors of 256 bits.
import type { Descriptor } from './descriptor.js';
import { type SpikeBuffers, spikeShape } from './event-forward.js';
import type { Geometry } from './geometry.js';
import { constants } from './kernels/constants.mjs';
import type { MemoryPlan } from './memory-plan.js';
import type { Address } from './units.js';
import { inputsByColumn } from './weight-columns.js';

const { columnChannels, columnCount } = constants;

/** The largest sum of a column, and of the counts that are added before they are parted; how many of these the kernel adds at most. */
const [largestSum, largestCount, together] = [127, 15, 3];
/** The least share of the places of four windows that is to be used. */
const leastUsed = 0.8;
/** Inputs of a window that are added up at a time: as many as fit the first-level cache, for some windows side by side. */
const mostInputs = 600;

/** A layer in blocks of its input channels: see ColumnForward. */
interface Blocks {
  readonly block: number;
  /** Places of a row, of half of the map. */
  readonly places: number;
  readonly rows: number;
}

/**
 * A layer's convolution as lists of inputs, for each four output channels and each column of weights that they can have.
 * @param thresholds address of 16-bit thresholds [level][channel]
 * @param weights HWIO, −1, 0 and 1
 * @returns undefined for a layer whose map is too small to pay, or with so large windows that 16 bits can't hold the places
 */
export function planColumns(
  plan: MemoryPlan,
  g: Geometry,
  { spikes, y }: SpikeBuffers,
  levels: number,
  thresholds: Address,
  weights: Float32Array,
): Descriptor<'ColumnForward'> | undefined {
  const { inChannels, outHeight, outWidth, kernelHeight, kernelWidth, stride } = g;
  const [below, right] = [Math.ceil(outHeight / 2), Math.ceil(outWidth / 2)];
  const used = (outHeight * outWidth) / (4 * below * right);
  const block = blockOf(inChannels, Math.floor(mostInputs / (kernelHeight * kernelWidth)));
  const blocks = { block, places: (right - 1) * stride + kernelWidth, rows: (below - 1) * stride + kernelHeight };
  if (used < leastUsed || ((kernelHeight - 1) * blocks.places + kernelWidth) * (block + 1) > 2 ** 16) return undefined;
  return plan.descriptor('ColumnForward', {
    ...{ spikes, y, thresholds, lists: plan.table(listsOf(g, blocks, levels, weights)) },
    ...{ inChannels, levels, ...blocks, blocks: inChannels / block, ...spikeShape(g) },
  });
}

/** The most channels in blocks of sixteens that are alike, of about `wanted` each. */
function blockOf(channels: number, wanted: number): number {
  let block = channels;
  for (let parts = 1; block > wanted && block > 16; parts++)
    if (channels % (16 * parts) === 0) block = channels / parts;
  return block;
}

function listsOf(g: Geometry, blocks: Blocks, levels: number, weights: Float32Array): Int16Array {
  const most = Math.floor(largestSum / levels);
  const atOnce = Math.min(together, Math.floor(largestCount / levels));
  const none = blocks.block;
  /** Inputs in threes, each of which has as many as can be added up before they are parted. */
  const threes = (inputs: readonly number[]): number[] => {
    const filled: number[] = [];
    for (let from = 0; from < inputs.length; from += atOnce)
      for (let k = 0; k < together; k++) filled.push((k < atOnce ? inputs[from + k] : undefined) ?? none);
    return [filled.length, ...filled];
  };
  const lists: number[] = [];
  for (let first = 0; first < g.inChannels; first += blocks.block)
    for (let co = 0; co < g.outChannels; co += columnChannels) {
      // Behind the channels of each place is one of zeros.
      const byColumn = inputsByColumn(
        g,
        weights,
        { first, channels: blocks.block, co },
        (ci, ky, kx) => (ky * blocks.places + kx) * (blocks.block + 1) + ci,
      );
      const own = (column: number) => byColumn.get(column) ?? [];
      const columns = Array.from({ length: columnCount }, (_, i) => {
        const both = [i + 1, -i - 1].map((column) => threes(own(column).slice(0, most)));
        return { at: i, both, order: both.map((list) => list.length) as [number, number] };
      });
      // A processor foresees where a list ends that is as long as the one before.
      columns.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1]);
      for (const { at, both } of columns) lists.push(at, ...both.flat());
      const rest = [...byColumn].flatMap(([column, inputs]) =>
        column === 0 ? [] : leftOver(inputs, most).map((some) => ({ column, some })),
      );
      lists.push(rest.length, ...rest.flatMap(({ column, some }) => [columnCount + column, ...threes(some)]));
    }
  return new Int16Array(Uint16Array.from(lists).buffer);
}

/** What is behind the first `most`, in as many or fewer. */
const leftOver = (inputs: readonly number[], most: number): number[][] =>
  Array.from({ length: Math.ceil(inputs.length / most) - 1 }, (_, i) => inputs.slice((i + 1) * most, (i + 2) * most));
