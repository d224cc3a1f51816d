import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/run/events.js';
import { progressText, reasonsText, roughly, shortened, TimeLeft } from '../../../src/run/views/text.js';

describe('texts of views', () => {
  it('say of a time that is not known exactly no more than is known', () => {
    const hours = (count: number) => roughly(3600 * count);
    expect([0.3, 4.4, 99, 100, 720].map(roughly)).toEqual([
      'under 1 s',
      'about 4 s',
      'about 99 s',
      'about 2 min',
      'about 12 min',
    ]);
    expect([2, 2.17, 4.99, 9.4, 47, 48, 150].map(hours)).toEqual(
      ['2 h', '2 h 10 min', '5 h', '9 h', '47 h', '2 days', '6 days'].map((text) => `about ${text}`),
    );
  });

  it('say why a task runs in a line that people read', () => {
    const reason = (text: string): Reason => ({ code: 'parameter', text });
    expect(reasonsText([])).toBe('');
    expect(reasonsText([reason('a'), reason('b')])).toBe('a; b');
    const many = Array.from({ length: 64 }, (_, i) => reason(`parameter p${i} changed: 1 → 2`));
    expect(reasonsText(many)).toMatch(/^parameter p0 changed: 1 → 2; .*; and 5\d more reasons$/);
    expect(reasonsText(many).length).toBeLessThan(300);
    expect(reasonsText([reason('x'.repeat(1000)), reason('b')])).toMatch(/^x{100,}…x{100,}; and 1 more reason$/);
  });

  it('put what changes before the bar, so that a narrow terminal keeps it', () => {
    const progress = { done: 3, total: 8, unit: 'epochs', phase: 'epoch 3/8', values: { loss: '0.31' } };
    expect(progressText(progress, 12, true)).toBe('epoch 3/8  37 %  12 s left  █████░░░░░░░  loss 0.31');
    expect(progressText(progress, undefined, false)).toBe('epoch 3/8  37 %  loss 0.31');
  });

  it('say the time left that a stage tells, and else what its pace says', () => {
    const timer = new TimeLeft();
    const progress = { done: 10, total: 100, unit: 'bytes' };
    expect(timer.update(progress, 0)).toBeUndefined();
    expect(timer.update({ ...progress, done: 20 }, 2_000)).toBe(16);
    expect(timer.update({ ...progress, done: 30, secondsLeft: 240 }, 4_000)).toBe(240);
    expect(timer.update({ ...progress, done: 40 }, 6_000)).toBe(12);
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
