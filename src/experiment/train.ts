import { permutation, purposes } from '../data/random.js';
import type { Able, Evaluator, GradientType, Parameters, Trainer } from '../engine/engine.js';
import { UserError } from '../error.js';
import type { Network } from '../network/architecture.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../network/checkpoint.js';
import { initialParameters } from '../network/initialise.js';
import { blocksOf } from '../network/layers.js';
import { type Epoch, historyText } from '../results/history.js';
import type { ResumePoint } from '../store/resume.js';
import { inferenceBatch, predict, rate, round, type WorkContext } from './evaluate.js';
import { type ImageSource, type TrainingOrder, testImages } from './images.js';
import { Loader } from './loader.js';

export interface Schedule {
  /** Epochs of this training, on top of those the checkpoint has. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly batch: number;
  /** The last images of the training split that are not trained on. */
  readonly heldOut: number;
  readonly gradients: GradientType;
}

export interface TrainingResult {
  readonly checkpoint: Uint8Array;
  readonly history: string;
  readonly last: Epoch;
}

type TrainingContext = WorkContext & { readonly resume: ResumePoint; log(line: string): void };

/** A network before its first epoch. */
export function freshCheckpoint(network: Network, seed: number): Checkpoint {
  return { network, parameters: initialParameters(network, seed), epoch: 0, seed };
}

/**
 * Trains for `schedule.epochs` epochs. After each one all state is saved at the resume point, and random numbers are
 * counted by (seed, purpose, epoch, index): a training that was killed goes on from there and ends with the same bytes.
 */
export async function train(
  engine: Able<'train' | 'evaluate'>,
  source: ImageSource,
  start: Checkpoint,
  schedule: Schedule,
  threads: number,
  context: TrainingContext,
): Promise<TrainingResult> {
  if (!engine.gradientTypes.includes(schedule.gradients))
    throw new UserError(
      'E_ENGINE',
      `The engine "${engine.name}" computes gradients in ${engine.gradientTypes.join(' or ')} alone, and this stage asks for ${schedule.gradients}.`,
      'Leave `gradients` out, or train with the default engine.',
    );
  const images = source.dataset.train.count - schedule.heldOut;
  const steps = Math.floor(images / schedule.batch);
  if (steps < 1)
    throw new UserError(
      'E_TRAIN_BATCH',
      `There are ${images} images to train on, fewer than the ${schedule.batch} of one batch.`,
      'Choose a smaller `batch`, or hold out fewer images.',
    );
  const single = blocksOf(start.network).find(({ output: [height, width] }) => schedule.batch * height * width === 1);
  if (single !== undefined)
    throw new UserError(
      'E_TRAIN_BATCH',
      `With one image a step, batch norm of the layer "${single.name}" sees one value of each channel, and makes 0 of it: nothing is learnt.`,
      'Choose a `batch` of 2 or more.',
    );
  const saved = await context.resume.load();
  const from = saved === undefined ? start : decodeCheckpoint(saved, 'the saved state');
  if (saved) context.log(`going on after epoch ${from.epoch}, from the state that an interrupted run saved`);

  const { network } = start;
  const testBatch = inferenceBatch(source.dataset.test.count);
  const largest = Math.max(schedule.batch, testBatch);
  const checkpoint = await Loader.with(source, largest, context.signal, async (loader) => {
    const trainer = await engine.trainer(network, from, {
      batch: schedule.batch,
      threads,
      gradients: schedule.gradients,
    });
    const evaluator = await engine.evaluator(network, from.parameters, { batch: testBatch, threads });
    try {
      return await trainEpochs(trainer, evaluator, loader, { ...schedule, steps, images }, from, start, context);
    } finally {
      await Promise.all([trainer.close(), evaluator.close()]);
    }
  });
  const history = historyOf(checkpoint);
  const table = historyText(history, network.name, source.dataset.name);
  return { checkpoint: encodeCheckpoint(checkpoint), history: table, last: history.at(-1)! };
}

type Steps = Schedule & { readonly steps: number; readonly images: number };

/** Trains, tests and saves epoch by epoch. */
async function trainEpochs(
  trainer: Trainer,
  evaluator: Evaluator,
  loader: Loader,
  schedule: Steps,
  from: Checkpoint,
  start: Checkpoint,
  context: TrainingContext,
): Promise<Checkpoint> {
  let checkpoint = from;
  for (let epoch = from.epoch; epoch < start.epoch + schedule.epochs; epoch++) {
    const result = await trainEpoch(trainer, loader, schedule, { seed: from.seed, epoch, start }, context);
    const parameters = await trainer.parameters();
    const testAccuracy = await test(evaluator, loader, parameters);
    const line = { epoch: epoch + 1, learningRate: schedule.learningRate, ...result, testAccuracy };
    const history = [...historyOf(checkpoint), line];
    const optimizer = await trainer.optimizer();
    checkpoint = { ...checkpoint, epoch: epoch + 1, parameters, optimizer, training: { history } };
    context.log(describe(line));
    await context.resume.save(encodeCheckpoint(checkpoint));
  }
  return checkpoint;
}

async function trainEpoch(
  trainer: Trainer,
  loader: Loader,
  { epochs, batch, steps, images, learningRate }: Steps,
  { seed, epoch, start }: { readonly seed: number; readonly epoch: number; readonly start: Checkpoint },
  { progress }: WorkContext,
): Promise<Pick<Epoch, 'loss' | 'trainAccuracy'>> {
  const began = epoch - start.epoch;
  const started = performance.now();
  let [loss, correct, step] = [0, 0, 0];
  for await (const { images: inputs, labels } of loader.batches(trainingOrders(images, batch, seed, epoch))) {
    const result = await trainer.step(inputs, labels, learningRate);
    if (!Number.isFinite(result.loss))
      throw new UserError(
        'E_TRAIN_DIVERGED',
        `The loss is no longer a number in epoch ${epoch + 1}, step ${step + 1}.`,
        'Try a smaller `learningRate`.',
      );
    loss += result.loss;
    correct += result.correct;
    step++;
    const done = step * batch;
    progress({
      done: began * steps * batch + done,
      total: epochs * steps * batch,
      unit: 'images',
      phase: `epoch ${epoch + 1}/${start.epoch + epochs}`,
      values: {
        loss: round(loss / step, 4),
        accuracy: round(correct / done, 4),
        'images/s': rate(done, started),
      },
    });
  }
  return { loss: loss / steps, trainAccuracy: correct / (steps * batch) };
}

/** The batches of an epoch, in random order; a last partial one is dropped. */
function* trainingOrders(images: number, batch: number, seed: number, epoch: number): Generator<TrainingOrder> {
  const order = permutation(images, { seed, purpose: purposes.shuffle, stream: epoch });
  // A copy of the indices: a view would be sent with the whole order behind it.
  for (let at = 0; at + batch <= images; at += batch)
    yield { split: 'train', indices: order.slice(at, at + batch), seed, epoch };
}

/** Accuracy on the test split, without progress of its own: it is part of the epoch. */
async function test(evaluator: Evaluator, loader: Loader, parameters: Parameters): Promise<number> {
  await evaluator.load(parameters);
  const { count } = loader.source.dataset.test;
  const { correct } = await predict(loader, evaluator, testImages(count), { progress: () => undefined });
  return correct / count;
}

/** Of all epochs of a checkpoint, resumed or not. */
function historyOf({ training }: Checkpoint): readonly Epoch[] {
  return (training as { readonly history: readonly Epoch[] } | undefined)?.history ?? [];
}

function describe({ epoch, loss, trainAccuracy, testAccuracy }: Epoch): string {
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  return `epoch ${epoch}: loss ${loss.toFixed(4)}, training ${percent(trainAccuracy)}, test ${percent(testAccuracy)}`;
}
