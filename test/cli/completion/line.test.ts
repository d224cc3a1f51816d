import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentsOf, parseLine } from '../../../src/cli/completion/line.js';
import { quote } from '../../../src/run/process/command.js';

describe('a line that is being typed', () => {
  it.each([
    ['spikeline run ', ['spikeline', 'run'], '', ''],
    ['spikeline ru', ['spikeline'], 'ru', ''],
    ["spikeline run 'a b", ['spikeline', 'run'], 'a b', "'"],
    ['spikeline run "a \\"b', ['spikeline', 'run'], 'a "b', '"'],
    ['spikeline run a\\ b', ['spikeline', 'run'], 'a b', ''],
    ["spikeline run '' ", ['spikeline', 'run', ''], '', ''],
    ['spikeline $(touch x) ', ['spikeline', '$(touch', 'x)'], '', ''],
    ['', [], '', ''],
  ])('%j', (line, words, current, open) => {
    expect(parseLine(line)).toEqual({ words, current, quote: open });
  });

  it('gives back words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(parseLine(words.map((word) => `${quote(word)} `).join('')).words).toEqual(words);
      }),
    );
  });

  it('knows the program by any of its names', () => {
    for (const name of [['spikeline'], ['npx', '--no', 'spikeline'], ['node', '.build/cli.cjs'], ['./x/spikeline']])
      expect(argumentsOf([...name, 'run', 'a'])).toEqual(['run', 'a']);
  });
});
