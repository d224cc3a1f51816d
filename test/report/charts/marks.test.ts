import { expect, it } from 'vitest';
import { referenceLine } from '../../../src/report/charts/marks.js';

it('a line across the chart has its name above its right end, or in the margin behind it', () => {
  const nameOf = (place: 'above' | 'margin') => {
    const draw = referenceLine(5, { text: 'FP32', place }).renderItem as unknown as (...args: readonly unknown[]) => {
      readonly children: readonly unknown[];
    };
    const { children } = draw({ coordSys: { x: 10, y: 0, width: 100, height: 50 } }, { coord: () => [0, 20] });
    return children[1];
  };
  expect(nameOf('above')).toMatchObject({ x: 110, y: 16, style: { text: 'FP32', align: 'right' } });
  expect(nameOf('margin')).toMatchObject({ x: 118, y: 20, style: { text: 'FP32', align: 'left' } });
});
