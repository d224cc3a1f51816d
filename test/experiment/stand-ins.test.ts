import { describe, expect, it } from 'vitest';
import { standInAugmentation, standInNetwork, standInNoise, standInOptimiser } from '../../src/experiment/stand-ins.js';
import type { Precision } from '../../src/network/architecture.js';
import type { LayerSpec } from '../../src/network/layer-spec.js';
import { parseNotation } from '../../src/network/notation.js';
import { presetPlan } from '../../src/network/presets.js';

const quantised = (k: number, B: number): Precision => ({ kind: 'quantised', k, B });
const vgg = (precision: Precision, classes = 10) =>
  standInNetwork(presetPlan('vgg'), { input: [24, 24, 3], classes, precision, preprocessing: 'crops' });

describe('what is measured', () => {
  it('is one network for all bits, and another one for floats', () => {
    expect(vgg(quantised(0, 1))).toEqual(vgg(quantised(1, 4)));
    expect(vgg(quantised(1, 4)).precision).toEqual(quantised(1, 2));
    expect(vgg({ kind: 'fp32' }).precision).toEqual({ kind: 'fp32' });
  });

  it('is one network for any number of classes that hardly takes time, and of its own number where that does', () => {
    expect(vgg(quantised(1, 2), 100)).toEqual(vgg(quantised(1, 2)));
    const plan = { name: '4C3', layers: (parseNotation('4C3') as { readonly layers: readonly LayerSpec[] }).layers };
    const options = { input: [28, 28, 1], precision: quantised(1, 2) } as const;
    expect(standInNetwork(plan, { ...options, classes: 100 }).classes).toBe(100);
  });

  it('is one amount of noise, of the same kinds in the same layers', () => {
    expect([0, 0.05, 0.2].map(standInNoise)).toEqual([0, 0.1, 0.1]);
    expect(standInNoise([{ kind: 'deletion', probability: 0 }])).toBe(0);
    const membrane = { kind: 'membrane', layers: ['conv2'] } as const;
    expect(
      standInNoise([
        { ...membrane, sigma: 0.3 },
        { kind: 'insertion', probability: 0 },
      ]),
    ).toEqual([{ ...membrane, sigma: 0.1 }]);
    expect(standInNoise({ kind: 'deletion', probability: 0.5 })).toEqual([{ kind: 'deletion', probability: 0.1 }]);
  });

  it('is one optimiser for all of its rates, and one augmentation', () => {
    expect(standInOptimiser({ kind: 'adamw', weightDecay: 0.05 })).toEqual({ kind: 'adamw', weightDecay: 1e-4 });
    expect(standInOptimiser({ kind: 'sgd', momentum: 0.5, nesterov: true, weightDecay: 0 })).toEqual({
      ...{ kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0 },
    });
    expect([undefined, 'none', 'paper', { flip: true }].map((said) => standInAugmentation(said as 'none'))).toEqual([
      ...[undefined, 'none', 'paper', 'paper'],
    ]);
  });
});
