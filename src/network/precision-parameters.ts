import { Type } from '@sinclair/typebox';
import type { Precision } from './architecture.js';
import { precisionProblem } from './precision.js';

const K = { minimum: 0, maximum: 7 };
const B = { minimum: 1, maximum: 255 };

/** How stages are told a precision: `fp32`, `{ k: 1, B: 2 }`, or k and B each by itself. */
export const precisionParameters = {
  precision: Type.Optional(
    Type.Union(
      [Type.Literal('fp32'), Type.Object({ k: Type.Integer(K), B: Type.Integer(B) }, { additionalProperties: false })],
      { description: 'fp32 for the float baseline, or k and B as a map. The same can be said with k and B.' },
    ),
  ),
  k: Type.Optional(Type.Integer({ ...K, description: 'Precision: activations are multiples of 2^-k.' })),
  B: Type.Optional(Type.Integer({ ...B, description: 'Bound: activations are clipped at B.' })),
};

export interface PrecisionParameters {
  readonly precision?: 'fp32' | { readonly k: number; readonly B: number } | undefined;
  readonly k?: number | undefined;
  readonly B?: number | undefined;
}

/** The precision that is meant; undefined if none is said. */
export function readPrecision(given: PrecisionParameters): Precision | undefined {
  if (given.precision === 'fp32') return { kind: 'fp32' };
  const { k, B } = given.precision ?? given;
  return k === undefined || B === undefined ? undefined : { kind: 'quantised', k, B };
}

/** What is wrong with it, as `check` of a stage gives it. */
export function precisionParameterProblems(given: PrecisionParameters): { parameter: string; message: string }[] {
  const { precision, k, B } = given;
  if (precision !== undefined && (k !== undefined || B !== undefined))
    return [{ parameter: 'precision', message: 'give either `precision`, or `k` and `B`, not both' }];
  if ((k === undefined) !== (B === undefined))
    return [{ parameter: k === undefined ? 'B' : 'k', message: '`k` and `B` belong together: give both' }];
  const message = precisionProblem(readPrecision(given) ?? { kind: 'fp32' });
  return message === undefined ? [] : [{ parameter: precision === undefined ? 'k' : 'precision', message }];
}
