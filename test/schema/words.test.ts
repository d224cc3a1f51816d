import { describe, expect, it } from 'vitest';
import { typeHint } from '../../src/schema/words.js';

describe('typeHint', () => {
  it('does not advise what the next check refuses: a number that none can hold', () => {
    expect(typeHint(['number'], '1_000')).toBe('write 1000, without quotes');
    expect(typeHint(['integer'], '9007199254740991')).toBe('write 9007199254740991, without quotes');
    expect(typeHint(['number'], '9007199254740993')).toBe('no number holds it exactly: write one below 2^53');
  });
});
