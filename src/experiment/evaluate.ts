import type { Evaluator } from '../engine/engine.js';
import type { Progress } from '../stage/definition.js';
import { argmax, batchesOf, type TestOrder } from './images.js';
import type { Loader } from './loader.js';

/** Images per call of the engine in inference. An engine computes whole batches: few images shall not cost those of many. */
export const inferenceBatch = (images: number): number => Math.min(100, Math.max(1, images));

/** What long work needs of the task that it is part of. */
export interface WorkContext {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

export interface Predictions {
  /** The class of each image: that of its largest logit. */
  readonly classes: Int32Array;
  /** How many of them are the images' labels. */
  readonly correct: number;
}

/** Classifies images of a data set, as they are prepared for testing. */
export async function predict(
  loader: Loader,
  evaluator: Evaluator,
  images: TestOrder,
  { progress }: Pick<WorkContext, 'progress'>,
): Promise<Predictions> {
  const { network } = loader.source;
  const total = images.count;
  const started = performance.now();
  const classes = new Int32Array(total);
  let [correct, done] = [0, 0];
  for await (const batch of loader.batches(batchesOf(images, inferenceBatch(total)))) {
    const { count } = batch.order;
    const { logits } = await evaluator.evaluate(batch.images, count);
    for (let i = 0; i < count; i++) {
      const predicted = argmax(logits, i * network.classes, network.classes);
      classes[done + i] = predicted;
      if (predicted === batch.labels[i]) correct++;
    }
    done += count;
    const values = { accuracy: round(correct / done, 4), 'images/s': rate(done, started) };
    progress({ done, total, unit: 'images', phase: 'ANN inference', values });
  }
  return { classes, correct };
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
