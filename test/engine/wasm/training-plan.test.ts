import { expect, it } from 'vitest';
import { gradientTypes } from '../../../src/engine/engine.js';
import { MemoryPlan } from '../../../src/engine/wasm/memory-plan.js';
import { planTraining } from '../../../src/engine/wasm/training-plan.js';
import { network } from '../../../src/network/presets.js';

it('lists spikes where gradients of activations lay, and has borders only where something looks for zeros', () => {
  const lenet = network('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
  for (const gradients of gradientTypes) {
    const plan = new MemoryPlan();
    planTraining(plan, lenet, { batch: 200, threads: 2, gradients });
    // With lists and borders of their own it was 112 and 114 MB.
    expect(plan.create().buffer.byteLength).toBeLessThan(93e6);
  }
});
