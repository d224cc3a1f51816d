// A few steps of what stages compute for hours, on made-up images, to tell how long the hours will be. The loops are those
// of the stages themselves.
import type { Dataset, Split } from '../data/dataset.js';
import { purposes, RandomWords } from '../data/random.js';
import type { GradientType } from '../engine/engine.js';
import { engineFor } from '../engine/engines.js';
import type { Network } from '../network/architecture.js';
import type { Optimiser } from '../network/optimiser.js';
import { convert } from '../spiking/convert.js';
import { noiseTerms } from '../spiking/noise.js';
import type { NoiseRequest } from '../spiking/noise-kinds.js';
import type { Progress } from '../stage/definition.js';
import type { MeasureOptions } from '../stage/forecast.js';
import { compare } from './convert.js';
import { inferenceBatch, predict } from './evaluate.js';
import { ImageSource, testImages } from './images.js';
import { Loader } from './loader.js';
import { simulate } from './simulate.js';
import { freshCheckpoint, train } from './train.js';
import { readAugmentation } from './training-parameters.js';

interface Work {
  readonly network: Network;
  /** Shape of the images that its inputs are made of. */
  readonly shape: Dataset['shape'];
}

/** Work of which one is one image. */
export type SampleWork =
  | (Work & {
      readonly kind: 'train';
      /** Images of a step. */
      readonly batch: number;
      readonly gradients: GradientType;
      readonly optimizer: Optimiser;
      readonly augment?: Parameters<typeof readAugmentation>[0];
    })
  | (Work & { readonly kind: 'evaluate' })
  | (Work & { readonly kind: 'compare' })
  | (Work & { readonly kind: 'simulate'; readonly noise: number | NoiseRequest | readonly NoiseRequest[] });

/** Steps before the clock starts: in the first ones, code is compiled and memory touched. */
const warmSteps = 2;
/** Of the steps that count. */
const enoughSeconds = 1;
/** With slow steps, fewer do: from so many seconds on, one. */
const longSeconds = 2;
/** Images of inference, and steps of a training, that there are at most. */
const mostImages = 6000;
const mostSteps = 60;

/** Tells when a few steps have been measured. */
class Stopwatch {
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  #steps = 0;
  #first: { readonly at: number; readonly done: number } | undefined;
  /** Seconds for one image, as soon as it is known. */
  seconds: number | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What a loop tells after each step. */
  readonly progress = ({ done, total }: Progress): void => {
    const now = performance.now();
    this.#steps++;
    if (this.#first === undefined) {
      const slow = now - this.#started > longSeconds * 1e3;
      if (this.#steps >= warmSteps || slow) this.#first = { at: now, done };
      return;
    }
    const passed = (now - this.#first.at) / 1e3;
    if (passed < enoughSeconds && done < total) return;
    this.seconds = passed / (done - this.#first.done);
    this.#controller.abort();
  };
}

/**
 * Does some of this work.
 *
 * @returns seconds for one image
 * @throws {UserError} as the stage itself would
 */
export async function sampleWork(work: SampleWork, { threads, engine: chosen }: MeasureOptions): Promise<number> {
  const watch = new Stopwatch();
  const { signal, progress } = watch;
  try {
    await begin(work, threads, chosen, { signal, progress });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (watch.seconds === undefined) throw new TypeError('the sample of work ended before it was measured');
  return watch.seconds;
}

async function begin(
  work: SampleWork,
  threads: number,
  chosen: string | undefined,
  context: { readonly signal: AbortSignal; readonly progress: (progress: Progress) => void },
): Promise<unknown> {
  const { network } = work;
  const checkpoint = freshCheckpoint(network, 1);
  const { parameters } = checkpoint;
  if (work.kind === 'train') {
    const { batch, gradients, optimizer } = work;
    const source = new ImageSource(network, madeUp(work, batch * mostSteps, 1), readAugmentation(work.augment));
    const resume = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };
    const untold = () => undefined;
    const options = { epochs: 1, learningRate: 1e-3, heldOut: 0, batch, gradients, optimizer };
    const full = { ...context, resume, log: untold, warn: untold };
    return train(engineFor(['train', 'evaluate'], chosen), source, checkpoint, options, threads, full);
  }
  const images = mostImages;
  const source = new ImageSource(network, madeUp(work, 1, images));
  if (work.kind === 'evaluate') {
    const engine = engineFor(['evaluate'], chosen);
    return Loader.with(source, inferenceBatch(images), context.signal, async (loader) => {
      const evaluator = await engine.evaluator(network, parameters, { batch: inferenceBatch(images), threads });
      return predict(loader, evaluator, testImages(images), context).finally(() => evaluator.close());
    });
  }
  const spiking = convert(network, parameters).network;
  if (work.kind === 'compare')
    return compare(engineFor(['evaluate', 'simulate'], chosen), source, checkpoint, spiking, images, threads, context);
  const terms = noiseTerms(work.noise, spiking);
  return simulate(engineFor(['simulate'], chosen), source, spiking, { terms, seeds: [1] }, threads, context);
}

/** Images of noise, the same few over and over. */
function madeUp({ network, shape }: Work, train: number, test: number): Dataset {
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream: 0 });
  const noise = Uint8Array.from({ length: patternBytes }, () => words.below(256));
  const bytes = shape[0] * shape[1] * shape[2];
  const split = (count: number): Split => {
    const images = shared(count * bytes);
    for (let at = 0; at < images.length; at += patternBytes) images.set(noise.subarray(0, images.length - at), at);
    const labels = shared(count);
    for (let i = 0; i < count; i++) labels[i] = words.below(network.classes);
    return { count, images, labels };
  };
  const about = { name: 'made up', shape, classes: network.classes, scale: 256, source: 'random numbers' } as const;
  return { ...about, train: split(train), test: split(test) };
}

/** A prime, so that no two images are alike for long. */
const patternBytes = 65_537;

const shared = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
