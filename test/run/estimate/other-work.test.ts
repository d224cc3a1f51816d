import { describe, expect, it } from 'vitest';
import { OtherWork, otherCores } from '../../../src/run/estimate/other-work.js';

describe('what other programs do meanwhile', () => {
  it('is what all did, less what this one did', () => {
    const before = { at: 1000, all: 50_000, own: 300 };
    expect(otherCores(before, { at: 2000, all: 52_000, own: 1300 })).toBe(1);
    expect(otherCores(before, { at: 2000, all: 51_000, own: 1310 })).toBe(0);
    expect(otherCores(before, before)).toBe(0);
  });

  it('hinders nobody who needs no core, and everybody who needs more than there are', () => {
    const others = new OtherWork();
    expect([others.hinder(0), others.hinder(1e6)]).toEqual([false, true]);
  });
});
