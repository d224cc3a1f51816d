import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressText, shortened } from '../../../src/run/views/text.js';

describe('texts of views', () => {
  it('put what changes before the bar, so that a narrow terminal keeps it', () => {
    const progress = { done: 3, total: 8, unit: 'epochs', phase: 'epoch 3/8', values: { loss: '0.31' } };
    expect(progressText(progress, 12, true)).toBe('epoch 3/8  37 %  12 s left  █████░░░░░░░  loss 0.31');
    expect(progressText(progress, undefined, false)).toBe('epoch 3/8  37 %  loss 0.31');
  });

  it('shorten names in their middle', () => {
    expect(shortened('precision=k1B2,seed=3', 40)).toBe('precision=k1B2,seed=3');
    expect(shortened('precision=k1B2,seed=3', 13)).toBe('precis…seed=3');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, most) => {
        const short = [...shortened(text, most)];
        expect(short.length).toBe(Math.min([...text].length, most));
        if ([...text].length > most) expect(short).toContain('…');
      }),
    );
  });
});
