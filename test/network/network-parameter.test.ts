import { describe, expect, it } from 'vitest';
import { readNetwork } from '../../src/network/network-parameter.js';

const problemOf = (...args: Parameters<typeof readNetwork>) => {
  const read = readNetwork(...args);
  return 'message' in read ? [read.message, read.place] : undefined;
};

describe('a network in a pipeline file', () => {
  it('is the same as a list of layers and in the notation', () => {
    const list = readNetwork([
      { conv: 16, kernel: 5 },
      { conv: 16, kernel: 5, padding: 'valid', stride: 2, repeat: 2 },
      { downsample: 2, weights: 'float' },
      { dense: 256 },
    ]);
    const { places: _, ...notation } = readNetwork('16C5-16C5v/2*2-P2f-256') as Exclude<
      typeof list,
      { message: string }
    >;
    expect(list).toMatchObject(notation);
    expect(list).toMatchObject({
      name: '16C5-16C5v/2*2-P2f-256',
      places: [{ path: [0] }, { path: [1] }, { path: [1] }, { path: [2] }, { path: [3] }],
    });
  });

  it('is a preset by its name', () => {
    expect(readNetwork('vgg')).toMatchObject({ name: 'vgg', crop: 24 });
    expect(problemOf('vggg')).toEqual(['There is no network "vggg"', { start: 0, end: 4 }]);
  });

  it.each([
    [[{ kernel: 3 }], 'A layer is one of `conv`, `downsample` and `dense`', [0]],
    [
      [
        { conv: 4, kernel: 3 },
        { conv: 4, dense: 3 },
      ],
      'A layer is conv or dense, not both',
      [1, 'dense'],
    ],
    [[{ conv: 4 }], 'A convolution needs `kernel`, its height and width', [0]],
    [
      [
        { conv: 4, kernel: 3 },
        { downsample: 2, stride: 3 },
      ],
      '`stride` belongs to `conv`, not to `downsample`',
      [1, 'stride'],
    ],
    [[{ conv: 4, kernel: 4 }], "A kernel of 4×4 has no middle: it can't keep the map's size", [0]],
    [
      [{ conv: 4, kernel: 3, weights: 'ternary' as const }],
      'The first layer turns pixels into spikes: its weights are float',
      [0, 'weights'],
    ],
    [
      [
        { conv: 4, kernel: 3, repeat: 150 },
        { dense: 4, repeat: 51 },
      ],
      'A network has at most 200 layers',
      [1],
    ],
  ])('refuses %j', (list, message, path) => {
    expect(problemOf(list)).toEqual([message, { path }]);
  });
});
