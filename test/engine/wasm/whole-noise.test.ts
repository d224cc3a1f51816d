import { expect, it } from 'vitest';
import { normalOf } from '../../../src/data/normal.js';
import { purposes, RandomWords } from '../../../src/data/random.js';
import { constants } from '../../../src/engine/wasm/kernels/constants.mjs';
import { wholeNoiseCells } from '../../../src/engine/wasm/whole-noise.js';

const { noiseCellBits, noCell } = constants;
const cellWords = 2 ** (32 - noiseCellBits);

function tableOf(deviation: number) {
  const view = new DataView(wholeNoiseCells(deviation).buffer);
  return (word: number): number | undefined => {
    const at = 8 * Math.floor(word / cellWords);
    const first = view.getInt16(at + 4, true);
    if (first === noCell) return undefined;
    return word < view.getUint32(at, true) ? first : view.getInt16(at + 6, true);
  };
}

it('has for every word the noise rounded down, or leaves it to be computed', () => {
  const random = new RandomWords({ seed: 5, purpose: purposes.membraneNoise, stream: 0 });
  const drawn = Array.from({ length: 20_000 }, () => random.word());
  const edges = Array.from({ length: 2 ** noiseCellBits }, (_, i) => [
    ...[i * cellWords, i * cellWords + 1, (i + 1) * cellWords - 1, i * cellWords + cellWords / 32],
  ]).flat();
  // Nothing, less than a unit, what there is of layers, and more than fits.
  for (const [deviation, most] of [
    [0, 0.003],
    [0.01, 0.01],
    [1, 0.05],
    [7.3, 0.1],
    [40, 0.3],
    [1e4, 1],
    [1e9, 1],
  ] as const) {
    const table = tableOf(deviation);
    const words = [...drawn, ...edges];
    const expected = words.map((word) =>
      table(word) === undefined ? undefined : Math.floor(deviation * normalOf(word)),
    );
    expect(words.map(table)).toEqual(expected.map((value) => (value === undefined ? undefined : value + 0)));
    expect(drawn.filter((word) => table(word) === undefined).length / drawn.length).toBeLessThanOrEqual(most);
  }
});

it('changes from one word to the next where the noise does', () => {
  const deviation = 3;
  const view = new DataView(wholeNoiseCells(deviation).buffer);
  let cuts = 0;
  for (let i = 0; i < 2 ** noiseCellBits; i++) {
    const [cut, first, second] = [
      view.getUint32(8 * i, true),
      view.getInt16(8 * i + 4, true),
      view.getInt16(8 * i + 6, true),
    ];
    if (first === second) continue;
    cuts++;
    expect([cut - 1, cut].map((word) => Math.floor(deviation * normalOf(word)))).toEqual([first, second]);
  }
  // From −10 to 10, some of them in the tails.
  expect(cuts).toBeGreaterThan(10);
});
