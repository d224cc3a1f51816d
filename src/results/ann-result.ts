import { type Static, Type } from '@sinclair/typebox';
import type { Metrics } from '../values.js';
import { classProperties } from './confusion.js';
import { Count, numbersOf, parseResult, resultText } from './result-file.js';

export const AnnResultSchema = Type.Object({
  stage: Type.Literal('ann-infer'),
  network: Type.String(),
  dataset: Type.String(),
  /** `fp32` or such as `k1B2`. */
  precision: Type.String(),
  images: Count,
  correct: Count,
  /** 0 to 1. */
  accuracy: Count,
  ...classProperties,
});

/** What `ann-infer` found. */
export type AnnResult = Static<typeof AnnResultSchema>;

/** The file of `ann-infer`. */
export function annResultText(result: AnnResult): string {
  return resultText(result);
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseAnnResult(text: string, file: string): AnnResult {
  return parseResult(text, AnnResultSchema, 'ann-infer', file);
}

/** The metrics of the task that found it. */
export function annMetrics(result: AnnResult): Metrics {
  return numbersOf(result);
}
