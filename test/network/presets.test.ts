import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/error.js';
import type { Precision } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { denseMacs, neuronCount, parameterCount, parameterShapes } from '../../src/network/parameters.js';
import { checkPrecision, levels, precisionLabel } from '../../src/network/precision.js';
import { network } from '../../src/network/presets.js';

const fp32: Precision = { kind: 'fp32' };
const k1B2: Precision = { kind: 'quantised', k: 1, B: 2 };

describe('networks of the paper', () => {
  it('LeNet has the shapes of the paper', () => {
    const lenet = network('lenet', { precision: k1B2 });
    expect(blocksOf(lenet).map(({ name, kernel, output, weights }) => [name, kernel[0], ...output, weights])).toEqual([
      ['conv1', 5, 28, 28, 16, 'float'],
      ['conv2', 5, 24, 24, 16, 'ternary'],
      ['conv3', 2, 12, 12, 16, 'ternary'],
      ['conv4', 5, 8, 8, 32, 'ternary'],
      ['conv5', 2, 4, 4, 32, 'ternary'],
      ['conv6', 4, 1, 1, 256, 'ternary'],
    ]);
    expect(lenet.layers[0]).toEqual({
      kind: 'convolution',
      name: 'conv1',
      kernel: [5, 5],
      stride: 1,
      padding: [2, 2],
      input: [28, 28, 1],
      output: [28, 28, 16],
      weights: 'float',
      reads: 'pixels',
    });
    expect(lenet.layers.at(-1)).toEqual({
      kind: 'classifier',
      name: 'dense',
      input: [1, 1, 256],
      output: [1, 1, 10],
      reads: 'activations',
    });
  });

  it('VGG has the shapes of the paper', () => {
    const vgg = network('vgg', { precision: k1B2 });
    expect(blocksOf(vgg).map(({ output }) => output.join('×'))).toEqual([
      ...['24×24×64', '24×24×64', '24×24×64', '12×12×64'],
      ...['12×12×128', '12×12×128', '6×6×128'],
      ...['6×6×256', '6×6×256', '3×3×256'],
      ...['3×3×512', '1×1×512'],
    ]);
  });

  it('sizes are those of the paper', () => {
    const sizes = (['lenet', 'vgg'] as const).map((name) => {
      const net = network(name, { precision: k1B2 });
      const blocks = blocksOf(net);
      const inner = blocks.filter(({ reads }) => reads === 'activations');
      return { parameters: parameterCount(net), neurons: neuronCount(blocks), macs: denseMacs(inner) };
    });
    expect(sizes).toEqual([
      { parameters: 159_824, neurons: 26_880, macs: 4_849_664 },
      { parameters: 5_079_232, neurons: 187_136, macs: 126_222_336 },
    ]);
  });

  it('is float throughout at fp32', () => {
    expect(new Set(blocksOf(network('vgg', { precision: fp32 })).map(({ weights }) => weights))).toEqual(
      new Set(['float']),
    );
  });

  it('takes other inputs and numbers of classes', () => {
    const net = network('vgg', { precision: k1B2, input: [24, 24, 1], classes: 100 });
    expect(parameterShapes(net)[0]?.shape).toEqual([3, 3, 1, 64]);
    expect(parameterShapes(net).at(-1)).toMatchObject({
      name: 'dense.weight',
      shape: [512, 100],
      role: 'weight',
      layer: { kind: 'classifier', input: [1, 1, 512], output: [1, 1, 100] },
      trainable: true,
      ternary: false,
    });
  });

  it('refuses images that are too small', () => {
    expect(() => network('lenet', { precision: k1B2, input: [16, 16, 1] })).toThrow(
      new UserError(
        'E_NETWORK',
        `The network "lenet" can't take 16×16×1 images: layer 6, 256C4v, is given 1×1×32, and its kernel is 4×4.`,
        'Use larger images, or a network that shrinks them less.',
      ),
    );
  });
});

describe('precision', () => {
  it('has a label and a number of levels', () => {
    expect([fp32, k1B2].map(precisionLabel)).toEqual(['fp32', 'k1B2']);
    expect(levels({ k: 1, B: 4 })).toBe(8);
  });

  it.each([
    [-1, 1, 'k must be a whole number, 0 or more, not -1.'],
    [0.5, 1, 'k must be a whole number, 0 or more, not 0.5.'],
    [1, 0, 'B must be a whole number, 1 or more, not 0.'],
    [8, 1, 'k = 8 and B = 1 give 256 levels, but at most 255 are possible.'],
  ])('refuses k = %s, B = %s', (k, B, message) => {
    expect(() => checkPrecision({ kind: 'quantised', k, B })).toThrow(message);
  });
});
