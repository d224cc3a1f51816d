import { describe, expect, it } from 'vitest';
import { typeHint } from '../../src/schema/words.js';

describe('typeHint', () => {
  it('does not advise what the next check refuses: a number that none can hold', () => {
    expect(typeHint(['number'], '1_000')).toBe('write 1000, without quotes');
    expect(typeHint(['integer'], '9007199254740991')).toBe('write 9007199254740991, without quotes');
    expect(typeHint(['integer'], '9007199254740993')).toBe('no number holds it exactly: write one below 2^53');
    expect(typeHint(['number'], '9007199254740993')).toBe('write 9.007199254740992e+15, the nearest number');
    for (const none of ['.inf', '-Infinity', '.NaN', '1e400'])
      expect(typeHint(['number'], none)).toBe('only a number that can be computed with may stand here');
    expect(typeHint(['number'], 'information')).toBeUndefined();
  });
});
