import { expect, it, vi } from 'vitest';
import { convolutionGeometry, inputBorders, paddedMap } from '../../../src/engine/wasm/geometry.js';
import { MemoryPlan } from '../../../src/engine/wasm/memory-plan.js';
import { planBlock } from '../../../src/engine/wasm/spiking-block.js';
import { nowhere } from '../../../src/engine/wasm/units.js';
import type { SpikingLayer } from '../../../src/spiking/network.js';

/** True if a layer of 3 × 3 is planned to be added up bit by bit. */
function isSliced(channels: number, padding: number, matrices?: true): boolean {
  const [size, levels] = [8, 4];
  const out = size - 2 + 2 * padding;
  const shape = { name: 'conv2', kernel: [3, 3], stride: 1, padding: [padding, padding] } as const;
  const block: SpikingLayer = {
    ...{ ...shape, kind: 'spiking', input: [size, size, channels], output: [out, out, 16] },
    ...{ weights: new Int8Array(9 * channels * 16), thresholds: new Int32Array(16 * levels) },
  };
  const plan = new MemoryPlan();
  const described = vi.spyOn(plan, 'descriptor');
  const g = convolutionGeometry(block, false);
  planBlock(plan, block, g, {
    ...{ x: nowhere, map: paddedMap(size, size, channels, inputBorders(g)), arriving: nowhere, threshold: nowhere },
    ...{ spikes: nowhere, levels, images: 1, level: { slices: 0.5, ...(matrices ? { matrices } : {}) } },
  });
  return described.mock.calls.some(([name]) => name === 'SlicedForward');
}

it('adds nothing up bit by bit that is multiplied as matrices: rows of windows that lie inside, or whole rows of matrices', () => {
  expect([isSliced(64, 1), isSliced(48, 1), isSliced(48, 0)]).toEqual([true, true, true]);
  expect([isSliced(64, 1, true), isSliced(48, 1, true), isSliced(48, 0, true)]).toEqual([false, true, false]);
});
