import type { Evaluator } from '../engine/engine.js';
import type { Progress } from '../stage/definition.js';
import { argmax, testOrders } from './images.js';
import type { Loader } from './loader.js';

/** Images per call of the engine in inference. An engine computes whole batches: few images shall not cost those of many. */
export const inferenceBatch = (images: number): number => Math.min(100, Math.max(1, images));

/** What long work needs of the task that it is part of. */
export interface WorkContext {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

/** Test images that the network gets right. */
export async function countCorrect(
  loader: Loader,
  evaluator: Evaluator,
  { progress }: Pick<WorkContext, 'progress'>,
): Promise<number> {
  const { network, dataset } = loader.source;
  const { test } = dataset;
  const started = performance.now();
  let correct = 0;
  for await (const { images, order } of loader.batches(testOrders(test.count, inferenceBatch(test.count)))) {
    const { first, count } = order;
    const { logits } = await evaluator.evaluate(images, count);
    correct += countHits(logits, test.labels, first, count, network.classes);
    const done = first + count;
    const values = { accuracy: round(correct / done, 4), 'images/s': rate(done, started) };
    progress({ done, total: test.count, unit: 'images', phase: 'ANN inference', values });
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
