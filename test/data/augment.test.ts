import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Augmentation, fillTest, fillTraining, paperAugmentation, type Recipe } from '../../src/data/augment.js';
import { purposes, RandomWords } from '../../src/data/random.js';
import { ImageSource } from '../../src/experiment/images.js';

type Shape = readonly [number, number, number];

const crop = 24;
const recipeOf = (shape: Shape): Recipe => ({ shape, size: [crop, crop], values: 'standardised' });
const imageOf = ([height, width, channels]: Shape, seed: number): Uint8Array => {
  const words = new RandomWords({ seed, purpose: purposes.sample, stream: 9 });
  // Channels of different means and contrasts, as photographs have them.
  return Uint8Array.from({ length: height * width * channels }, (_, i) =>
    Math.floor(words.uniform() * (60 + 60 * (i % channels)) + 30 * (i % channels)),
  );
};

/** What the method says, word by word, on [y][x][c] in double precision. */
function reference(
  image: Uint8Array,
  [, width, channels]: Shape,
  draw: { readonly top: number; readonly left: number; readonly flip: boolean } & Partial<
    Record<'brightness' | 'contrast', number>
  >,
): number[] {
  const pixel = (y: number, x: number, c: number) => image[(y * width + x) * channels + c]!;
  const size = [...Array(crop).keys()];
  // Random crop.
  let rows = size.map((y) =>
    size.map((x) => [...Array(channels).keys()].map((c) => pixel(draw.top + y, draw.left + x, c))),
  );
  // Left-right flip.
  if (draw.flip) rows = rows.map((row) => [...row].reverse());
  // Brightness.
  rows = rows.map((row) => row.map((values) => values.map((value) => value + (draw.brightness ?? 0))));
  // Contrast about each channel's mean.
  const means = [...Array(channels).keys()].map((c) => mean(rows.flatMap((row) => row.map((values) => values[c]!))));
  const contrast = draw.contrast ?? 1;
  rows = rows.map((row) => row.map((values) => values.map((value, c) => (value - means[c]!) * contrast + means[c]!)));
  // Standardise over all values.
  const all = rows.flat(2);
  const middle = mean(all);
  const deviation = Math.sqrt(mean(all.map((value) => (value - middle) ** 2)));
  return all.map((value) => (value - middle) / Math.max(deviation, 1 / Math.sqrt(all.length)));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The random numbers of an image, in the method's order. */
function drawOf([height, width]: Shape, seed: number, epoch: number, index: number) {
  const words = new RandomWords({ seed, purpose: purposes.augment, stream: epoch }, index * 16);
  return {
    top: Math.floor(words.uniform() * (height - crop + 1)),
    left: Math.floor(words.uniform() * (width - crop + 1)),
    flip: words.uniform() < 0.5,
    brightness: -63 + 126 * words.uniform(),
    contrast: 0.2 + 1.6 * words.uniform(),
  };
}

function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  const off = expected.reduce((most, value, i) => Math.max(most, Math.abs(found[i]! - value)), 0);
  // Single precision of values that are a few units large.
  expect(off).toBeLessThan(1e-6);
}

const shapes: readonly Shape[] = [
  [32, 32, 3],
  [28, 28, 1],
  [24, 30, 3],
];

describe.each(shapes)('crops of %i×%i×%i images', (...shape) => {
  const size = crop * crop * shape[2];
  const train = (image: Uint8Array, seed: number, epoch: number, index: number) => {
    const target = new Float32Array(size + 2).fill(7);
    fillTraining(image, recipeOf(shape), paperAugmentation, { index, epoch, seed }, target, 1);
    expect([target[0], target.at(-1)]).toEqual([7, 7]);
    return target.subarray(1, -1);
  };

  it('in training are what the method says', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(400), fc.nat(59_999), (seed, epoch, index) => {
        const image = imageOf(shape, seed);
        expectClose(train(image, seed, epoch, index), reference(image, shape, drawOf(shape, seed, epoch, index)));
      }),
      { numRuns: 30 },
    );
  });

  it('in tests are the middle, standardised', () => {
    const image = imageOf(shape, 3);
    const target = new Float32Array(size);
    fillTest(image, recipeOf(shape), target, 0);
    const middle = { top: (shape[0] - crop) / 2, left: (shape[1] - crop) / 2, flip: false };
    expectClose(target, reference(image, shape, middle));
    expect(mean([...target])).toBeCloseTo(0, 6);
    expect(mean([...target].map((value) => value * value))).toBeCloseTo(1, 5);
  });

  it('depend on seed, epoch and index, and on nothing else', () => {
    const image = imageOf(shape, 4);
    const first = train(image, 1, 2, 3);
    expect(train(image, 1, 2, 3)).toEqual(first);
    for (const other of [train(image, 2, 2, 3), train(image, 1, 3, 3), train(image, 1, 2, 4)])
      expect(other).not.toEqual(first);
  });
});

describe('random crops', () => {
  const shape = [32, 32, 3] as const;
  const draws = Array.from({ length: 4000 }, (_, index) => drawOf(shape, 1, 0, index));

  it('come from all places, flipped half of the time, with brightness and contrast from their whole ranges', () => {
    expect(new Set(draws.map(({ top, left }) => `${top} ${left}`)).size).toBe(81);
    // Five standard deviations of a fair coin.
    expect(Math.abs(draws.filter(({ flip }) => flip).length - 2000)).toBeLessThan(5 * Math.sqrt(1000));
    for (const [key, low, high] of [
      ['brightness', -63, 63],
      ['contrast', 0.2, 1.8],
    ] as const) {
      const values = draws.map((draw) => draw[key]);
      const width = high - low;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThan(high);
      expect(Math.min(...values)).toBeLessThan(low + width / 100);
      expect(Math.max(...values)).toBeGreaterThan(high - width / 100);
    }
  });

  it('of one colour are 0: the deviation is at least 1/√1728', () => {
    const target = new Float32Array(1728);
    const draw = { index: 0, epoch: 0, seed: 1 };
    fillTraining(new Uint8Array(3072).fill(80), recipeOf(shape), paperAugmentation, draw, target, 0);
    expect([...target].every((value) => Math.abs(value) < 1e-10)).toBe(true);
    // One pixel of a thousandth's weight: its deviation is below the bound, where it is not rounded up to 1.
    const image = new Uint8Array(3072);
    image[(16 * 32 + 16) * 3] = 1;
    fillTest(image, recipeOf(shape), target, 0);
    expectClose(target, reference(image, shape, { top: 4, left: 4, flip: false }));
    expect(Math.max(...target)).toBeCloseTo((1 - 1 / 1728) * Math.sqrt(1728), 2);
  });
});

describe('augmentation by choice', () => {
  const shape = [6, 5, 2] as const;
  const values = { scale: 256 } as const;
  const recipe: Recipe = { shape, size: [6, 5], values };
  const image = imageOf(shape, 8);
  const pixel = (y: number, x: number, c: number) =>
    y < 0 || y >= 6 || x < 0 || x >= 5 ? 0 : image[(y * 5 + x) * 2 + c]!;
  const filled = (how: Augmentation, index: number, own = recipe) => {
    const target = new Float32Array(60);
    fillTraining(image, own, how, { index, epoch: 2, seed: 9 }, target, 0);
    return target;
  };
  const plain = new Float32Array(60);
  fillTest(image, recipe, plain, 0);
  const indices = Array.from({ length: 40 }, (_, index) => index);
  const drawn = (index: number) => {
    const words = new RandomWords({ seed: 9, purpose: purposes.augment, stream: 2 }, index * 16);
    return Array.from({ length: 5 }, () => words.uniform()) as [number, number, number, number, number];
  };

  it('does nothing that is not named', () => {
    for (const how of [{}, { flip: false }, { randomCrop: 0 }]) expect(filled(how, 3)).toEqual(plain);
  });

  it('flips, and cuts from an image with black around it', () => {
    for (const index of indices) {
      const [top, left, flip] = drawn(index);
      const [y0, x0] = [Math.floor(top * 5) - 2, Math.floor(left * 5) - 2];
      const expected = (how: Augmentation) =>
        Float32Array.from({ length: 60 }, (_, i) => {
          const [y, x, c] = [Math.floor(i / 10), Math.floor(i / 2) % 5, i % 2];
          const column = how.flip && flip < 0.5 ? 4 - x : x;
          return (how.randomCrop === undefined ? pixel(y, column, c) : pixel(y + y0, column + x0, c)) / 256;
        });
      for (const how of [{ flip: true }, { randomCrop: 2 }, { flip: true, randomCrop: 2 }])
        expect(filled(how, index)).toEqual(expected(how));
    }
  });

  it('adds brightness and stretches contrast within their ranges, each by numbers of its own', () => {
    for (const index of indices) {
      const [, , , ofBrightness, ofContrast] = drawn(index);
      const [added, factor] = [-10 + 40 * ofBrightness, 0.5 + ofContrast];
      const bright = filled({ brightness: [-10, 30] }, index);
      const both = filled({ brightness: [-10, 30], contrast: [0.5, 1.5] }, index);
      const of = (c: number) => [...image].filter((_, i) => i % 2 === c);
      for (const [i, byte] of image.entries()) {
        expect(bright[i]).toBeCloseTo((byte + added) / 256, 6);
        const middle = mean(of(i % 2)) + added;
        expect(both[i]).toBeCloseTo(((byte + added - middle) * factor + middle) / 256, 6);
      }
    }
  });

  it('comes before normalisation by channel, which tests have, too', () => {
    const normalise = { mean: [0.25, 0.5], std: [0.5, 0.125] };
    const own: Recipe = { ...recipe, values: { scale: 256, normalise } };
    const target = new Float32Array(60);
    fillTest(image, own, target, 0);
    const normalised = (value: number, i: number) => (value - normalise.mean[i % 2]!) / normalise.std[i % 2]!;
    expect(target).toEqual(Float32Array.from(image, (byte, i) => normalised(byte / 256, i)));
    for (const [i, value] of filled({ flip: true, randomCrop: 1 }, 5, own).entries())
      expect(value).toBeCloseTo(normalised(filled({ flip: true, randomCrop: 1 }, 5)[i]!, i), 5);
  });
});

describe('an image source', () => {
  const shape = [28, 28, 1] as const;
  const images = Buffer.concat([0, 1, 2].map((n) => imageOf(shape, n)));
  const half = { count: 3, images, labels: Uint8Array.of(2, 0, 1) };
  const dataset = { name: 'd', shape, classes: 3, scale: 256, source: 's', train: half, test: half } as const;

  it('cuts images of one channel for networks that take crops, and scales them for others', () => {
    const crops = new ImageSource({ input: [24, 24, 1], preprocessing: 'crops', classes: 3 }, dataset);
    const [inputs, labels] = [new Float32Array(2 * 576), new Int32Array(2)];
    crops.fill({ split: 'train', indices: Uint32Array.of(2, 0), seed: 5, epoch: 6 }, { images: inputs, labels });
    expect([...labels]).toEqual([1, 2]);
    expectClose(inputs.subarray(0, 576), reference(imageOf(shape, 2), shape, drawOf(shape, 5, 6, 2)));
    expectClose(inputs.subarray(576), reference(imageOf(shape, 0), shape, drawOf(shape, 5, 6, 0)));
    const whole = new ImageSource({ input: [28, 28, 1], classes: 3 }, dataset);
    const scaled = new Float32Array(784);
    whole.fill({ split: 'test', first: 1, count: 1 }, { images: scaled, labels });
    expect(labels[0]).toBe(0);
    expect([...scaled]).toEqual([...imageOf(shape, 1)].map((value) => value / 256));
  });

  it('refuses images that are smaller than the crops', () => {
    expect(() => new ImageSource({ input: [30, 30, 1], preprocessing: 'crops', classes: 3 }, dataset)).toThrow(
      'The network takes crops of 30×30×1, but the images of d are 28×28×1.',
    );
  });
});
