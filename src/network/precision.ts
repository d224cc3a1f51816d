import { StageError } from '../stage/definition.js';
import type { Precision } from './architecture.js';

/** n = 2^k: spikes that stand for an activation of 1. */
export function spikesPerUnit(k: number): number {
  return 2 ** k;
}

/** L = 2^k·B: the highest activation level, and the most spikes a neuron can emit. */
export function levels(precision: { readonly k: number; readonly B: number }): number {
  return spikesPerUnit(precision.k) * precision.B;
}

/** `fp32`, or `k1B2`, as the paper's tables have it. */
export function precisionLabel(precision: Precision): string {
  return precision.kind === 'fp32' ? 'fp32' : `k${precision.k}B${precision.B}`;
}

/** Most levels of an activation: counts are kept in unsigned bytes. */
const maximumLevels = 255;

/** @throws {StageError} E_PRECISION when k or B is no whole number in range, or a count would not fit into a byte. */
export function checkPrecision(precision: Precision): void {
  if (precision.kind === 'fp32') return;
  const { k, B } = precision;
  if (!Number.isInteger(k) || k < 0)
    throw new StageError('E_PRECISION', `k must be a whole number from 0 on, not ${k}.`);
  if (!Number.isInteger(B) || B < 1)
    throw new StageError('E_PRECISION', `B must be a whole number from 1 on, not ${B}.`);
  if (levels(precision) > maximumLevels)
    throw new StageError(
      'E_PRECISION',
      `k = ${k} and B = ${B} give ${levels(precision)} levels; at most ${maximumLevels} are possible.`,
      'Take a smaller k or B: the paper goes to k = 1, B = 4, which is 8 levels.',
    );
}
