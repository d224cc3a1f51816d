import { describe, expect, it } from 'vitest';
import { convolutionMacs } from '../../src/network/parameters.js';
import { firingRate } from '../../src/spiking/counts.js';
import { layerOperations, spikeCount } from './reference-counts.js';

describe('spikes and synaptic operations', () => {
  const layer = { kernel: [2, 2], stride: 1, padding: [0, 0], input: [2, 3, 1], output: [1, 2, 2] } as const;

  it('count a spike once for each window and output channel it enters', () => {
    // Two windows; the middle column lies in both.
    const spikes = Uint8Array.of(1, 2, 0, 0, 1, 4);
    // One zero weight: tap (0, 1), output channel 1.
    const weights = Int8Array.of(1, -1, 1, 0, -1, 1, 1, 1);
    expect(layerOperations(layer, weights, spikes, 4)).toEqual({
      event: 22,
      paper: 22 * 2 * 4,
      // The left window has 2 spikes at the tap of the zero weight, the right one none.
      effective: 20,
    });
    expect(spikeCount(spikes)).toBe(8);
  });

  it('leave the border out, and reach 2·L² times the dense multiply-adds when everything fires', () => {
    const inner = { ...layer, input: [3, 3, 1], output: [2, 2, 2] } as const;
    const ones = new Int8Array(8).fill(1);
    const full = new Uint8Array(9).fill(4);
    expect(layerOperations(inner, ones, full, 4)).toEqual({
      paper: convolutionMacs(inner) * 4 * 2 * 4,
      event: convolutionMacs(inner) * 4,
      effective: convolutionMacs(inner) * 4,
    });
    const padded = { ...layer, padding: [1, 1], input: [1, 1, 1], output: [2, 2, 2] } as const;
    expect(layerOperations(padded, ones, Uint8Array.of(1), 1)).toEqual({ paper: 16, event: 8, effective: 8 });
  });

  it('give the share of all possible spikes', () => {
    expect(firingRate(10, 5, 2, 4)).toBe(0.25);
  });
});
