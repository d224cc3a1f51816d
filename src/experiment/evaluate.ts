import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Evaluator } from '../engine/engine.js';
import type { Progress } from '../stage/definition.js';
import { argmax, type ImageSource } from './images.js';

/** Images per call of the engine in inference. */
export const inferenceBatch = 100;

/** What long work needs of its surroundings. */
export interface Surroundings {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

/** Test images that the network gets right. */
export async function countCorrect(
  source: ImageSource,
  evaluator: Evaluator,
  { signal, progress }: Surroundings,
): Promise<number> {
  const { test } = source.dataset;
  const images = new Float32Array(inferenceBatch * source.size);
  const started = performance.now();
  let correct = 0;
  for (let first = 0; first < test.count; first += inferenceBatch) {
    signal.throwIfAborted();
    const count = Math.min(inferenceBatch, test.count - first);
    source.fillTest(first, count, images);
    const { logits } = evaluator.evaluate(images, count);
    correct += countHits(logits, test.labels, first, count, source.network.classes);
    const done = first + count;
    const values = { accuracy: round(correct / done, 4), 'images/s': rate(done, started) };
    progress({ done, total: test.count, unit: 'images', phase: 'ANN inference', values });
    // Lets messages out and signals in.
    await nextTurn();
  }
  return correct;
}

/** Images first … first + count whose largest logit is the label's. */
export function countHits(
  logits: Float64Array,
  labels: Uint8Array,
  first: number,
  count: number,
  classes: number,
): number {
  let hits = 0;
  for (let i = 0; i < count; i++) if (argmax(logits, i * classes, classes) === labels[first + i]) hits++;
  return hits;
}

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Items per second since `started`, for people. */
export const rate = (items: number, started: number): number =>
  Math.round(items / Math.max(1e-3, (performance.now() - started) / 1e3));
