import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerSpec } from '../../src/network/layer-spec.js';
import { blocksOf } from '../../src/network/layers.js';
import { formatNotation, parseNotation } from '../../src/network/notation.js';
import { buildNetwork, network, presetPlan } from '../../src/network/presets.js';

const layersOf = (text: string): readonly LayerSpec[] => {
  const read = parseNotation(text);
  if ('message' in read) throw new Error(read.message);
  return read.layers;
};

const spec: fc.Arbitrary<LayerSpec> = fc.oneof(
  fc.record({
    kind: fc.constant('conv' as const),
    channels: fc.integer({ min: 1, max: 999 }),
    kernel: fc.integer({ min: 0, max: 5 }).map((half) => 2 * half + 1),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    stride: fc.integer({ min: 1, max: 3 }),
    float: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('downsample' as const), kernel: fc.integer({ min: 2, max: 4 }), float: fc.boolean() }),
  fc.record({ kind: fc.constant('dense' as const), channels: fc.integer({ min: 1, max: 999 }), float: fc.boolean() }),
);

describe("the paper's notation", () => {
  it('has convolutions, downsampling, dense layers and repetition', () => {
    expect(layersOf('16C5-32c3v/2-2P2-8C3fv*2-P3f-256')).toEqual([
      { kind: 'conv', channels: 16, kernel: 5, padding: 'same', stride: 1, float: false },
      { kind: 'conv', channels: 32, kernel: 3, padding: 'valid', stride: 2, float: false },
      { kind: 'downsample', kernel: 2, float: false },
      { kind: 'downsample', kernel: 2, float: false },
      { kind: 'conv', channels: 8, kernel: 3, padding: 'valid', stride: 1, float: true },
      { kind: 'conv', channels: 8, kernel: 3, padding: 'valid', stride: 1, float: true },
      { kind: 'downsample', kernel: 3, float: true },
      { kind: 'dense', channels: 256, float: false },
    ]);
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 20 }), (layers) => {
        expect(layersOf(formatNotation(layers))).toEqual(layers);
      }),
    );
  });

  it('has one text for the same layers', () => {
    expect(formatNotation(layersOf('64c3 - 64C3-64C3*2 - 2P2-512'))).toBe('64C3*4-P2*2-512');
    expect(formatNotation(presetPlan('vgg').layers)).toBe('64C3*3-P2-128C3*2-P2-256C3*2-P2-512C3-512C3v');
  });

  it('knows where each layer is said', () => {
    const text = '16C5 - P2*2-256';
    const read = parseNotation(text);
    const places = 'places' in read ? read.places : [];
    expect(places.map((place) => 'start' in place && text.slice(place.start, place.end))).toEqual([
      ...['16C5', 'P2*2', 'P2*2', '256'],
    ]);
  });

  it.each([
    ['16C5-16X5', '"16X5" is not a layer', '16X5'],
    ['16C5-C5', '"C5" is not a layer', 'C5'],
    ['16C5--P2', 'A layer is missing here', '--'],
    ['16C5-', 'A layer is missing here', '-'],
    ['', 'A layer is missing here', ''],
    ['16C5-0C3', '"0C3" has a 0: its numbers must be 1 or more', '0C3'],
    ['16C5*0', '"16C5*0" has a 0: its numbers must be 1 or more', '16C5*0'],
    ['16C5-P1', '"P1" would leave the map as large as it is', 'P1'],
    ['16C4-P2', "A kernel of 4×4 has no middle: it can't keep the map's size", '16C4'],
    ['16C3*999999', 'A network has at most 200 layers', '16C3*999999'],
    ['99999C3', 'A layer has at most 8192 channels', '99999C3'],
    ['16C999', 'A kernel is at most 255 wide', '16C999'],
  ])('refuses %s', (text, message, part) => {
    const problem = parseNotation(text);
    if (!('message' in problem) || !('start' in problem.place)) throw new Error('it was taken');
    expect([problem.message, text.slice(problem.place.start, problem.place.end)]).toEqual([message, part]);
  });
});

describe('networks in the notation', () => {
  const precision = { kind: 'quantised', k: 1, B: 2 } as const;
  const shapes = (text: string, input: readonly [number, number, number]) =>
    blocksOf(buildNetwork({ name: text, layers: layersOf(text) }, { input, classes: 10, precision })).map(
      ({ output }) => output.join('×'),
    );

  it('are the presets, if they are written so', () => {
    for (const [name, text, input] of [
      ['lenet', '16C5-16C5v-P2-32C5v-P2-256', [28, 28, 1]],
      ['vgg', '64C3*3-P2-128C3*2-P2-256C3*2-P2-512C3-512', [24, 24, 3]],
    ] as const)
      expect(buildNetwork({ name, layers: layersOf(text) }, { input, classes: 10, precision }).layers).toEqual(
        network(name, { precision }).layers,
      );
  });

  it("take the names of the authors' README, which are other networks", () => {
    expect(shapes('16C5-P2-16C5-P2-256', [28, 28, 1])).toEqual([
      ...['28×28×16', '14×14×16', '14×14×16', '7×7×16', '1×1×256'],
    ]);
    expect(shapes('64C3*2-2P2-128C3*2-P2-256C3*2-P2-512C3-512', [32, 32, 3]).slice(-4)).toEqual([
      ...['4×4×256', '2×2×256', '2×2×512', '1×1×512'],
    ]);
  });

  it('have float weights in the first layer and where the text says so', () => {
    const weights = (kind: 'fp32' | 'quantised') =>
      blocksOf(
        buildNetwork(
          { name: 'n', layers: layersOf('4C3*2-P2f-8') },
          { input: [8, 8, 1], classes: 2, precision: kind === 'fp32' ? { kind } : precision },
        ),
      ).map((layer) => layer.weights);
    expect(weights('quantised')).toEqual(['float', 'ternary', 'float', 'ternary']);
    expect(weights('fp32')).toEqual(['float', 'float', 'float', 'float']);
  });

  it('name the layer that an image is too small for', () => {
    expect(() => shapes('16C5-P2-32C5v-P2*4-256', [28, 28, 1])).toThrow(
      `can't take 28×28×1 images: layer 7, P2, is given 1×1×32, and its kernel is 2×2.`,
    );
  });
});
