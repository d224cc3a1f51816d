import { countsByClass, countsOf } from '../data/class-counts.js';
import type { Able, GradientType } from '../engine/engine.js';
import { UserError } from '../error.js';
import type { Network } from '../network/architecture.js';
import { type Checkpoint, encodeCheckpoint } from '../network/checkpoint.js';
import { initialParameters } from '../network/initialise.js';
import { blocksOf } from '../network/layers.js';
import { type Optimiser, paperOptimiser, stateFor } from '../network/optimiser.js';
import { type Epoch, historyText } from '../results/history.js';
import { type EpochPlan, type TrainingContext, trainEpochs } from './epochs.js';
import { inferenceBatch } from './evaluate.js';
import { type ImageSource, testImages } from './images.js';
import { decodeProgress, historyOf, type Progressed } from './keeping.js';
import { learningRates, type RateOptions } from './learning-rate.js';
import { Loader } from './loader.js';
import { oneImageProblem } from './network.js';

/** How a network is trained; `epochs` on top of those the checkpoint has. */
export interface TrainingOptions extends RateOptions {
  readonly batch: number;
  /** Number of images at the end of the training split that are not trained on. */
  readonly heldOut: number;
  /** True if they are tested after each epoch. */
  readonly validate?: boolean;
  /** The epoch that is kept: by default the last one. */
  readonly keep?: 'last' | 'best';
  /** Epochs that may pass without a better one. */
  readonly patience?: number;
  readonly gradients: GradientType;
  /** The paper's if left out. */
  readonly optimizer?: Optimiser;
}

export interface TrainingResult {
  readonly checkpoint: Uint8Array;
  readonly history: string;
  /** The epoch of the checkpoint. */
  readonly kept: Epoch;
  /** The last epoch that was trained. */
  readonly last: Epoch;
}

/** A network before its first epoch. */
export function freshCheckpoint(network: Network, seed: number): Checkpoint {
  return { network, parameters: initialParameters(network, seed), epoch: 0, seed };
}

/**
 * Trains for `options.epochs` epochs. After each one all state is saved at the resume point, and random numbers are
 * counted by (seed, purpose, epoch, index): a training that was killed goes on from there and ends with the same bytes.
 */
export async function train(
  engine: Able<'train' | 'evaluate'>,
  source: ImageSource,
  start: Checkpoint,
  options: TrainingOptions,
  threads: number,
  context: TrainingContext,
): Promise<TrainingResult> {
  refuseGradients(engine, options.gradients);
  const { network } = start;
  const plan = epochPlan(source, start, options);
  const { batch, gradients, optimizer = paperOptimiser, keep = 'last' } = options;
  const saved = await context.resume.load();
  const from: Progressed = saved === undefined ? { current: start, best: start } : decodeProgress(saved);
  const { current } = from;
  if (saved) context.log(`resuming after epoch ${current.epoch}, from the state that an interrupted run saved`);
  else if (current.optimizer !== undefined && stateFor(optimizer, current.optimizer) === undefined)
    context.warn(
      `The checkpoint was trained with ${current.optimizer.kind}, and this training continues with ${optimizer.kind}: it starts without moments.`,
    );
  warnOfMissing(source, plan, context);

  const testBatch = inferenceBatch(Math.max(plan.test.count, plan.validation?.count ?? 0));
  const largest = Math.max(batch, testBatch);
  const end = await Loader.with(source, largest, context.signal, async (loader) => {
    const trainer = await engine.trainer(network, current, { batch, threads, gradients, optimizer });
    const evaluator = await engine.evaluator(network, current.parameters, { batch: testBatch, threads });
    try {
      return await trainEpochs({ trainer, evaluator, loader }, plan, from, context);
    } finally {
      await Promise.all([trainer.close(), evaluator.close()]);
    }
  });
  const history = historyOf(end.current);
  const about = { network: network.name, dataset: source.dataset.name };
  return {
    checkpoint: encodeCheckpoint(end.best),
    history: historyText(history, { ...about, ...(keep === 'best' ? { kept: end.best.epoch } : {}) }),
    kept: historyOf(end.best).at(-1)!,
    last: history.at(-1)!,
  };
}

/** What each epoch does. @throws {UserError} E_TRAIN_BATCH where nothing could be learnt */
function epochPlan(source: ImageSource, start: Checkpoint, options: TrainingOptions): EpochPlan {
  const { train: all, test } = source.dataset;
  const { batch, heldOut, validate = false, keep = 'last', patience, epochs } = options;
  const images = all.count - heldOut;
  const steps = Math.floor(images / batch);
  if (steps < 1)
    throw new UserError(
      'E_TRAIN_BATCH',
      `There are ${Math.max(0, images)} images to train on, fewer than the ${batch} of one batch.`,
      'Choose a smaller `batch`, or hold out fewer images.',
    );
  const problem = oneImageProblem(blocksOf(start.network), batch);
  if (problem !== undefined) throw new UserError('E_TRAIN_BATCH', problem.message, problem.hint);
  return {
    ...{ before: start.epoch, epochs, batch, images, steps, keep },
    ...(patience === undefined ? {} : { patience }),
    rateOf: learningRates(options, steps),
    test: testImages(test.count),
    ...(validate ? { validation: { split: 'validation', first: images, count: heldOut } } : {}),
  };
}

function refuseGradients({ name, gradientTypes }: Able<'train'>, gradients: GradientType): void {
  if (gradientTypes.includes(gradients)) return;
  throw new UserError(
    'E_ENGINE',
    `The engine "${name}" computes gradients only in ${gradientTypes.join(' or ')}, but this stage asks for ${gradients}.`,
    'Leave `gradients` out, or train with the default engine.',
  );
}

/** Images may lie in the order of their classes: then the last ones are no sample of them. */
function warnOfMissing({ dataset }: ImageSource, { images, validation }: EpochPlan, context: TrainingContext): void {
  const { labels, count } = dataset.train;
  if (images === count) return;
  const { classes, classNames } = dataset;
  const [trained, held] = [countsOf(labels.subarray(0, images), classes), countsOf(labels.subarray(images), classes)];
  const present = (counts: readonly number[]) => counts.filter((one) => one > 0).length;
  const all = present(trained.map((one, c) => one + held[c]!));
  for (const [counts, what] of [
    [trained, 'the images that are trained on'],
    ...(validation === undefined ? [] : [[held, `the ${validation.count} images of validation`] as const]),
  ] as const)
    if (present(counts) < all)
      context.warn(
        `Images of only ${present(counts)} of ${all} classes are among ${what} (${countsByClass(counts, classNames)}): the last images are held ` +
          `out, so the training split should be in random order. ${inRandomOrder}`,
      );
}

const inRandomOrder =
  'Of arrays, save i = numpy.random.default_rng(0).permutation(len(y)); x, y = x[i], y[i]. Of pictures, list files and classes in random ' +
  'order in a CSV, and give that as `labels` of the folder.';
