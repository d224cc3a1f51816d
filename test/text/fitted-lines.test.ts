import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callLines, fittedLines } from '../../src/text/fitted-lines.js';

describe('lines on a terminal', () => {
  it('are broken between words, and go on set in', () => {
    expect(fittedLines('maybe  train (waits for data), about 15 s', 24, 7)).toBe(
      'maybe  train (waits for\n       data), about 15 s',
    );
    expect(fittedLines('   there is no file (data)', 16, 2)).toBe('   there is no\n     file (data)');
    expect(fittedLines('short\nwide wide wide', 9)).toBe('short\nwide wide\nwide');
    expect(fittedLines('a b c d e f', 6, 7)).toBe('a b c\nd e f');
  });

  it('are left as they are where there is no terminal, and where they fit', () => {
    expect(fittedLines('as long as it is', undefined)).toBe('as long as it is');
    expect(fittedLines('\n  fits  twice', 13)).toBe('\n  fits  twice');
  });

  it('have calls to copy whole, on lines of their own where there is no room beside words', () => {
    const call = "npx spikeline run p.yaml --set 'noise=[0, 0.1]'";
    const text = `Finished work is kept. Continue with: ${call}`;
    expect(fittedLines(text, 90)).toBe(text);
    expect(fittedLines(text, 40, 2)).toBe(`Finished work is kept. Continue with:\n  ${call}`);
    expect(fittedLines(text, 20)).toBe(`Finished work is\nkept. Continue with:\n${call}`);
    expect(fittedLines(`  ${call}`, 30, 2)).toBe(`  ${call}`);
    expect(fittedLines('Cancel with: scancel 12 13 14 15', 20)).toBe('Cancel with:\nscancel 12 13 14 15');
  });

  it('say what calls do behind them, or below', () => {
    const calls = [
      ['cd new', ''],
      ['npx spikeline run p.yaml', 'runs all of it'],
    ] as const;
    const beside = ['  cd new', '  npx spikeline run p.yaml  # runs all of it'];
    expect(callLines(calls, undefined)).toEqual(beside);
    expect(callLines(calls, 44)).toEqual(beside);
    expect(callLines(calls, 43)).toEqual(['  cd new', '  npx spikeline run p.yaml', '    # runs all of it']);
    expect(callLines(calls, 18)[2]).toBe('    # runs all of\n      it');
  });

  it('keep all words, none of them broken, in lines that are as wide as the terminal or one word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 8, max: 60 }), fc.integer({ min: 0, max: 8 }), (list, width, indent) => {
        const lines = fittedLines(list.join(' '), width, indent).split('\n');
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(list);
        for (const line of lines) expect(line.length <= width || !line.trim().includes(' ')).toBe(true);
      }),
    );
  });
});
