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

it('refuses a column of zeros and ones for each class, and other marks than commas', () => {
  const said = (text: string) => {
    try {
      return readLabels(Buffer.from(text), 'y.csv');
    } catch (error) {
      return (error as Error).message;
    }
  };
  const oneHot = 'y.csv has 2 columns of zeros and ones, and none is called label: are its rows one-hot?';
  expect(said('cat,dog\n1,0\n0,1\n0,1\n')).toBe(oneHot);
  expect(said('image,cat,dog\na,1.0,0.0\nb,0.0,1.0\nc,0.0,1.0\n')).toBe(oneHot);
  expect(said('old,label\n1,0\n0,1\n0,1\n')).toMatchObject({ shape: [3] });
  expect(said('0,1\n1,0\n2,1\n')).toMatchObject({ shape: [3] });
  expect(said('1;cat\n2;dog\n')).toBe('y.csv has no commas, but semicolons in all of its rows.');
  expect(said('id\tlabel\n1\tcat\n')).toBe('y.csv has no commas, but tabs in all of its rows.');
});
