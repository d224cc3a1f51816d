import { describe, expect, it } from 'vitest';
import { keySuggestion } from '../../src/schema/suggest.js';

const stage = ['run', 'uses', 'with', 'inputs', 'outputs', 'over', 'env', 'shell', 'resources', 'retries', 'timeout'];

describe('a key that there is not', () => {
  it.each([
    ['command', 'here that is called "run"'],
    ['deps', 'here that is called "inputs"'],
    ['matrix', 'here that is called "over"'],
    ['parameters', 'here that is called "with"'],
    ['output', 'did you mean "outputs"?'],
    ['constructor', `known: ${stage.join(', ')}`],
  ])('%s: %s', (word, hint) => {
    expect(keySuggestion(word, stage)).toBe(hint);
  });

  it('is called as it is where it stands', () => {
    expect(keySuggestion('parameters', ['name', 'params', 'axes'])).toBe('here that is called "params"');
    expect(keySuggestion('command', ['name', 'axes'])).toBe('known: name, axes');
  });
});
