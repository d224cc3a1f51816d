// A few steps of what stages compute for hours, on made-up images, to tell how long the hours will be, and what each task does
// before the first step and after the last. The loops are those of the stages themselves.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, Split } from '../data/dataset.js';
import { purposes, RandomWords } from '../data/random.js';
import type { GradientType } from '../engine/engine.js';
import { engineFor } from '../engine/engines.js';
import { digestBytes } from '../files/digest.js';
import type { Network } from '../network/architecture.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../network/checkpoint.js';
import type { Optimiser } from '../network/optimiser.js';
import { convert } from '../spiking/convert.js';
import { decodeSpikingNetwork, encodeSpikingNetwork } from '../spiking/model-file.js';
import type { SpikingNetwork } from '../spiking/network.js';
import { noiseTerms } from '../spiking/noise.js';
import type { NoiseRequest } from '../spiking/noise-kinds.js';
import type { Progress } from '../stage/definition.js';
import type { MeasureOptions, SampleTimes } from '../stage/forecast.js';
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

/** Adam’s moments and the parameters themselves, as most checkpoints hold them. */
const parts = 3;

const now = (): number => performance.now() / 1e3;

/** Tells when a few steps have been measured. */
class Stopwatch {
  readonly #controller = new AbortController();
  readonly #started = now();
  #steps = 0;
  #first: { readonly at: number; readonly done: number } | undefined;
  /** Seconds for one image, and those before the first, as soon as they are known. */
  times: { readonly each: number; readonly before: number } | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What a loop tells after each step. */
  readonly progress = ({ done, total }: Progress): void => {
    const at = now();
    this.#steps++;
    if (this.#first === undefined) {
      const slow = at - this.#started > longSeconds;
      if (this.#steps >= warmSteps || slow) this.#first = { at, done };
      return;
    }
    const { at: first, done: before } = this.#first;
    if (at - first < enoughSeconds && done < total) return;
    const each = (at - first) / (done - before);
    this.times = { each, before: Math.max(0, first - this.#started - before * each) };
    this.#controller.abort();
  };
}

/** Seconds that an act takes. */
function timeOf(act: () => unknown): number {
  const started = now();
  act();
  return now() - started;
}

/**
 * Does some of this work, in a process that was started for it: what it did until now is part of the beginning of a task.
 *
 * @throws {UserError} as the stage itself would
 */
export async function sampleWork(work: SampleWork, { threads, engine: chosen }: MeasureOptions): Promise<SampleTimes> {
  let once = now();
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-measured-'));
  try {
    const { network } = work;
    let checkpoint: Checkpoint | undefined;
    const initialised = timeOf(() => {
      checkpoint = freshCheckpoint(network, 1);
    });
    if (work.kind === 'train') once += initialised;
    const file = join(folder, 'file');
    const spiking = isSpiking(work) ? convert(network, checkpoint!.parameters).network : undefined;
    once += fileTime(work, checkpoint!, spiking, file);
    const images = work.kind === 'train' ? [work.batch * mostSteps, 1] : [1, mostImages];
    const data = madeUp(work, images[0]!, images[1]!);
    const watch = new Stopwatch();
    const { signal, progress } = watch;
    try {
      await begin(work, { data, checkpoint: checkpoint!, spiking, threads, chosen, context: { signal, progress } });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (watch.times === undefined) throw new TypeError('the sample of work ended before it was measured');
    return { each: watch.times.each, once: once + watch.times.before };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isSpiking = ({ kind }: SampleWork): boolean => kind === 'compare' || kind === 'simulate';

/** What a task reads before its first step, and writes after its last. */
function fileTime(work: SampleWork, checkpoint: Checkpoint, spiking: SpikingNetwork | undefined, file: string): number {
  const write = (bytes: Uint8Array) => {
    writeFileSync(file, bytes);
    digestBytes(bytes);
  };
  if (work.kind === 'simulate') {
    write(encodeSpikingNetwork(spiking!));
    return timeOf(() => decodeSpikingNetwork(readFileSync(file), 'the sample'));
  }
  const written = timeOf(() => write(encodeCheckpoint(checkpoint)));
  // The state after the last epoch is kept, too, until the task is done.
  if (work.kind === 'train') return 2 * parts * written;
  const read = parts * timeOf(() => decodeCheckpoint(readFileSync(file), 'the sample'));
  if (work.kind === 'evaluate') return read;
  return read + timeOf(() => write(encodeSpikingNetwork(convert(work.network, checkpoint.parameters).network)));
}

interface Prepared {
  readonly data: Dataset;
  readonly checkpoint: Checkpoint;
  readonly spiking: SpikingNetwork | undefined;
  readonly threads: number;
  readonly chosen: string | undefined;
  readonly context: { readonly signal: AbortSignal; readonly progress: (progress: Progress) => void };
}

async function begin(work: SampleWork, prepared: Prepared): Promise<unknown> {
  const { network } = work;
  const { data, checkpoint, spiking, threads, chosen, context } = prepared;
  if (work.kind === 'train') {
    const { batch, gradients, optimizer } = work;
    const source = new ImageSource(network, data, readAugmentation(work.augment));
    const resume = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };
    const untold = () => undefined;
    const options = { epochs: 1, learningRate: 1e-3, heldOut: 0, batch, gradients, optimizer };
    const full = { ...context, resume, log: untold, warn: untold };
    return train(engineFor(['train', 'evaluate'], chosen), source, checkpoint, options, threads, full);
  }
  const images = mostImages;
  const source = new ImageSource(network, data);
  if (work.kind === 'evaluate') {
    const engine = engineFor(['evaluate'], chosen);
    return Loader.with(source, inferenceBatch(images), context.signal, async (loader) => {
      const evaluator = await engine.evaluator(network, checkpoint.parameters, {
        batch: inferenceBatch(images),
        threads,
      });
      try {
        return await predict(loader, evaluator, testImages(images), context);
      } finally {
        await evaluator.close();
      }
    });
  }
  if (work.kind === 'compare')
    return compare(engineFor(['evaluate', 'simulate'], chosen), source, checkpoint, spiking!, images, threads, context);
  const terms = noiseTerms(work.noise, spiking!);
  return simulate(engineFor(['simulate'], chosen), source, spiking!, { terms, seeds: [1] }, threads, context);
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
