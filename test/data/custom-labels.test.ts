import { expect, it } from 'vitest';
import { classesOf } from '../../src/data/custom-labels.js';
import { readLabels } from '../../src/data/formats/label-table.js';

it('tells labels that name classes by fractions from measurements', () => {
  const hintOf = (data: Float64Array) => {
    try {
      classesOf({ shape: [data.length], data }, 'y.npy');
    } catch (error) {
      return (error as { hint: string }).hint;
    }
    throw new Error('nothing is wrong');
  };
  expect(hintOf(Float64Array.from({ length: 1000 }, (_, i) => (i % 10) + 0.5))).toContain('numpy.unique(y,');
  expect(hintOf(Float64Array.from({ length: 1000 }, (_, i) => Math.sqrt(i)))).toContain('numpy.digitize(y, edges)');
});

it('knows a heading from a class of its name, which comes again', () => {
  const labels = (text: string) => readLabels(Buffer.from(text), 'y.csv');
  expect(labels('y\nn\nn\ny\n')).toEqual(['y', 'n', 'n', 'y']);
  expect(labels('y\ncat\ndog\n')).toEqual(['cat', 'dog']);
});
