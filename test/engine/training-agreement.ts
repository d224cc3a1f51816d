import { expect } from 'vitest';
import type { GradientType, Parameters, StepResult } from '../../src/engine/engine.js';
import { WasmTrainer } from '../../src/engine/wasm/trainer.js';
import type { Network } from '../../src/network/architecture.js';
import { batchOf, imageOf, liveParameters } from './examples.js';
import { type ReferenceStep, referenceStep } from './reference-trainer.js';

/** Largest difference between two tensors, relative to the largest value of the second. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / Math.max(largest, 1e-6);
}

export interface ClearCut {
  readonly parameters: Parameters;
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly expected: ReferenceStep;
}

/**
 * Data for which no activation is so near a decision that single and double precision could decide differently; undefined
 * if there is none among 200, as where a channel of given parameters is constant and near a decision itself.
 * @param from the first seed to try; `parameters` to take instead of drawing them like the images; the `margin` that will do
 */
export function clearCut(
  network: Network,
  batch: number,
  gradientType: GradientType = 'float32',
  from: { readonly seed?: number; readonly parameters?: Parameters | undefined; readonly margin?: number } = {},
): ClearCut | undefined {
  const { seed: first = 1, margin = 1e-5 } = from;
  for (let seed = first; seed < first + 200; seed++) {
    const parameters = from.parameters ?? liveParameters(network, seed);
    const { images, labels } = batchOf(network, batch, seed);
    const all = Array.from({ length: batch }, (_, i) => imageOf(network, images, i));
    const expected = referenceStep(network, parameters, all, [...labels], gradientType);
    if (expected.margin > margin) return { parameters, images, labels, expected };
  }
  return undefined;
}

/**
 * The trainer's last step is the reference's, but for the rounding of single precision.
 * @param result what it returned
 */
export async function expectStep(
  trainer: WasmTrainer,
  { loss, correct }: StepResult,
  expected: ReferenceStep,
): Promise<void> {
  expect(Math.abs(loss - expected.loss) / Math.max(expected.loss, 1)).toBeLessThan(5e-5);
  expect(correct).toBe(expected.correct);
  const after = await trainer.parameters();
  for (const [name, values] of expected.running)
    expect(relativeError(after.get(name)!, values), name).toBeLessThan(1e-4);
  const gradients = trainer.gradients();
  const errors = [...expected.gradients].map(
    ([name, values]) => [name, relativeError(gradients.get(name)!, values)] as const,
  );
  const apart = errors.filter(([, error]) => !(error < 2e-3));
  if (apart.length === 0) return;
  // Where the terms of sums cancel out, the sums are as wrong as the terms.
  const magnitudes = expected.magnitudes();
  const wrong = apart.filter(([name]) => {
    const found = gradients.get(name)!;
    const largest = magnitudes.get(name)!.reduce((most, value) => Math.max(most, value), 0);
    return expected.gradients.get(name)!.some((value, i) => !(Math.abs(found[i]! - value) < 1e-6 * largest));
  });
  expect(wrong).toEqual([]);
}

/** One step of a trainer against plain loops. */
export async function expectAgreement(
  network: Network,
  batch: number,
  threads: number,
  gradients: GradientType = 'float32',
): Promise<void> {
  const example = clearCut(network, batch, gradients);
  if (example === undefined) throw new Error('no clear-cut example found');
  const { parameters, images, labels, expected } = example;
  const trainer = await WasmTrainer.create(network, { parameters }, { batch, threads, gradients });
  await expectStep(trainer, await trainer.step(images, labels, 1e-3), expected);
  await trainer.close();
}
