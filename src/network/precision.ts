import { UserError } from '../error.js';
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

/** What is wrong with a precision, as a clause without full stop. */
export function precisionProblem(precision: Precision): string | undefined {
  if (precision.kind === 'fp32') return undefined;
  const { k, B } = precision;
  if (!Number.isInteger(k) || k < 0) return `k must be a whole number, 0 or more, not ${k}`;
  if (!Number.isInteger(B) || B < 1) return `B must be a whole number, 1 or more, not ${B}`;
  if (levels(precision) > maximumLevels)
    return `k = ${k} and B = ${B} give ${levels(precision)} levels, but at most ${maximumLevels} are possible`;
  return undefined;
}

/** @throws {UserError} E_PRECISION when k or B is no whole number in range, or a count would not fit into a byte. */
export function checkPrecision(precision: Precision): void {
  const problem = precisionProblem(precision);
  if (problem !== undefined)
    throw new UserError('E_PRECISION', `${problem}.`, 'The paper has k of 0 and 1 and B of 1, 2 and 4.');
}
