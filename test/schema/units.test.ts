import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/schema/check.js';
import { memoryPattern, parseMemory, parseTime, timePattern } from '../../src/schema/units.js';

describe('times', () => {
  it.each([
    [90, 90],
    ['30s', 30],
    ['1.5 min', 90],
    ['2h', 7200],
    ['1d', 86_400],
  ])('%s are %i seconds', (time, seconds) => {
    expect(parseTime(time)).toBe(seconds);
    if (typeof time === 'string') expect(check(Type.String({ pattern: timePattern }), time)).toEqual([]);
  });

  it.each(['30', 's', '-1s', '1.h', '2 hours', ''])('%j is none', (text) => {
    expect(check(Type.String({ pattern: timePattern }), text)).toHaveLength(1);
  });
});

describe('amounts of memory', () => {
  it.each([
    ['512MB', 512e6],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['2TB', 2e12],
  ])('%s are %i bytes', (text, bytes) => {
    expect(parseMemory(text)).toBe(bytes);
    expect(check(Type.String({ pattern: memoryPattern }), text)).toEqual([]);
  });

  it.each(['4', '4G', '4 gb', 'GB'])('%j is none', (text) => {
    expect(check(Type.String({ pattern: memoryPattern }), text)).toHaveLength(1);
  });
});
