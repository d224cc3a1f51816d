import { permutation, purposes } from '../data/random.js';
import type { Evaluator, Parameters, StepResult, Trainer } from '../engine/engine.js';
import { UserError } from '../error.js';
import type { Epoch } from '../results/history.js';
import type { ResumePoint } from '../store/resume.js';
import { predict, rate, round, type WorkContext } from './evaluate.js';
import type { Batch, TestOrder, TrainingOrder } from './images.js';
import { bestEpoch, encodeProgress, historyOf, isExhausted, type Progressed } from './keeping.js';
import type { Loader } from './loader.js';

/** What each epoch of a training does, and when it ends. */
export interface EpochPlan {
  /** Epochs that were done before this training. */
  readonly before: number;
  /** Those of this training. */
  readonly epochs: number;
  readonly batch: number;
  /** The first ones of the training split, which are trained on. */
  readonly images: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** The learning rate of a step, counted from the beginning of this training. */
  readonly rateOf: (step: number) => number;
  readonly test: TestOrder;
  readonly validation?: TestOrder;
  readonly keep: 'last' | 'best';
  readonly patience?: number;
}

export interface Workers {
  readonly trainer: Trainer;
  readonly evaluator: Evaluator;
  readonly loader: Loader;
}

export type TrainingContext = WorkContext & {
  readonly resume: ResumePoint;
  log(line: string): void;
  warn(message: string): void;
};

/** Trains, tests and saves epoch by epoch, from where a training is to its end. */
export async function trainEpochs(
  workers: Workers,
  plan: EpochPlan,
  from: Progressed,
  context: TrainingContext,
): Promise<Progressed> {
  const { trainer } = workers;
  const end = plan.before + plan.epochs;
  let { current, best } = from;
  const own = () => historyOf(current).filter(({ epoch }) => epoch > plan.before);
  while (current.epoch < end && !isExhausted(own(), plan.patience)) {
    const { epoch, seed } = current;
    const trained = await trainEpoch(workers, plan, { seed, epoch }, context);
    const parameters = await trainer.parameters();
    const line = { epoch: epoch + 1, ...trained, ...(await test(workers, plan, parameters)) };
    const training = { history: [...historyOf(current), line] };
    current = { ...current, epoch: epoch + 1, parameters, optimizer: await trainer.optimizer(), training };
    if (plan.keep === 'last' || bestEpoch(own()) === current.epoch) best = current;
    context.log(describe(line));
    await context.resume.save(encodeProgress({ current, best }));
  }
  if (current.epoch < end)
    context.log(
      `ends after epoch ${current.epoch} of ${end}: ${plan.patience} ${plan.patience === 1 ? 'epoch' : 'epochs'} without a better validation accuracy than epoch ${bestEpoch(own())}'s`,
    );
  if (best !== current) context.log(`keeps epoch ${best.epoch}, the best on the validation images`);
  return { current, best };
}

async function trainEpoch(
  { trainer, loader }: Workers,
  { before, epochs, batch, steps, images, rateOf }: EpochPlan,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
  { progress }: WorkContext,
): Promise<Pick<Epoch, 'learningRate' | 'loss' | 'trainAccuracy'>> {
  const earlier = (epoch - before) * steps;
  const started = performance.now();
  let [loss, correct, step, learningRate] = [0, 0, 0, 0];
  const batches = loader.batches(trainingOrders(images, batch, seed, epoch));
  for (let next = await batches.next(); next.done !== true; ) {
    learningRate = rateOf(earlier + step);
    const [result, following] = await stepAndNext(trainer, next.value, learningRate, () => batches.next());
    next = following;
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
      done: earlier * batch + done,
      total: epochs * steps * batch,
      unit: 'images',
      phase: `epoch ${epoch + 1}/${before + epochs}`,
      values: {
        loss: round(loss / step, 4),
        accuracy: round(correct / done, 4),
        'images/s': rate(done, started),
      },
    });
  }
  return { learningRate, loss: loss / steps, trainAccuracy: correct / (steps * batch) };
}

/** A step on a batch, and the batch after it: an engine that computes elsewhere is given that while it computes. */
async function stepAndNext<Next extends IteratorResult<Batch>>(
  trainer: Trainer,
  { images, labels }: Batch,
  learningRate: number,
  next: () => Promise<Next>,
): Promise<readonly [StepResult, Next]> {
  const stepping = trainer.step(images, labels, learningRate);
  if (trainer.ahead === undefined) return [await stepping, await next()];
  const bring = async () => {
    const following = await next();
    if (following.done !== true) trainer.ahead?.(following.value.images, following.value.labels);
    return following;
  };
  return Promise.all([stepping, bring()]);
}

/** The batches of an epoch, in random order; a last partial one is dropped. */
function* trainingOrders(images: number, batch: number, seed: number, epoch: number): Generator<TrainingOrder> {
  const order = permutation(images, { seed, purpose: purposes.shuffle, stream: epoch });
  // A copy of the indices: a view would be sent with the whole order behind it.
  for (let at = 0; at + batch <= images; at += batch)
    yield { split: 'train', indices: order.slice(at, at + batch), seed, epoch };
}

/** Accuracy on the test images and on those of validation, without progress of its own: it is part of the epoch. */
async function test(
  { evaluator, loader }: Workers,
  { test: tested, validation }: EpochPlan,
  parameters: Parameters,
): Promise<Pick<Epoch, 'testAccuracy' | 'validationAccuracy'>> {
  await evaluator.load(parameters);
  const accuracy = async (images: TestOrder) => {
    const { correct } = await predict(loader, evaluator, images, { progress: () => undefined });
    return correct / images.count;
  };
  const testAccuracy = await accuracy(tested);
  return validation === undefined ? { testAccuracy } : { testAccuracy, validationAccuracy: await accuracy(validation) };
}

function describe({ epoch, loss, trainAccuracy, testAccuracy, validationAccuracy }: Epoch): string {
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  const validation = validationAccuracy === undefined ? '' : `, validation ${percent(validationAccuracy)}`;
  return `epoch ${epoch}: loss ${loss.toFixed(4)}, training ${percent(trainAccuracy)}${validation}, test ${percent(testAccuracy)}`;
}
