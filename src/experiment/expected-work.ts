// What tasks of the built-in stages will compute, by what a pipeline says before any of them has run: work that stands for all
// that takes about as long.
import type { GradientType } from '../engine/engine.js';
import type { Network, Shape } from '../network/architecture.js';
import { type NetworkText, readNetwork } from '../network/network-parameter.js';
import { readPrecision } from '../network/precision-parameters.js';
import { inputShape, shapeProblem } from '../network/presets.js';
import type { NoiseRequest } from '../spiking/noise-kinds.js';
import type { ExpectedInput, WorkShare } from '../stage/forecast.js';
import type { Json } from '../values.js';
import type { SampleWork } from './sample-work.js';
import { standInAugmentation, standInNetwork, standInNoise, standInOptimiser } from './stand-ins.js';
import { readOptimiser } from './training-parameters.js';

type Inputs = Readonly<Record<string, ExpectedInput>>;
type Given = Readonly<Record<string, unknown>>;

/** What is known of the images that an input holds. */
interface ExpectedImages {
  readonly shape: Shape;
  readonly classes: number;
  readonly train: number;
  readonly test: number;
}

/** `train`: steps, and a test after each epoch. One is an image of an epoch. */
export function trainingWork(given: Given, inputs: Inputs): readonly WorkShare[] | undefined {
  const images = expectedImages(inputs.data);
  const network = images && trainedNetwork({ uses: 'train', parameters: given, inputs }, images);
  if (network === undefined) return undefined;
  const { batch, gradients, augment, validation, heldOut } = given as unknown as TrainingParameters;
  const optimizer = standInOptimiser(readOptimiser(given as never));
  const held = validation ?? heldOut;
  const steps = Math.floor((images!.train - held) / batch);
  const trained = {
    kind: 'train',
    network,
    batch,
    gradients,
    optimizer,
    ...(augment === undefined ? {} : { augment: standInAugmentation(augment) }),
  };
  return [
    share({ ...trained, shape: images!.shape } as SampleWork, (steps * batch) / images!.train),
    share({ kind: 'evaluate', network, shape: images!.shape }, (images!.test + (validation ?? 0)) / images!.train),
  ];
}

interface TrainingParameters {
  readonly batch: number;
  readonly gradients: GradientType;
  readonly augment?: Extract<SampleWork, { kind: 'train' }>['augment'];
  readonly validation?: number;
  readonly heldOut: number;
}

/** `ann-infer`: one is a test image. */
export function inferenceWork(_: Given, inputs: Inputs): readonly WorkShare[] | undefined {
  const images = expectedImages(inputs.data);
  const network = images && trainedNetwork(inputs.checkpoint, images);
  return network && [share({ kind: 'evaluate', network, shape: images.shape }, 1)];
}

/** `export`: it reads a network, as a test does. */
export function exportWork(_: Given, { checkpoint }: Inputs): readonly WorkShare[] | undefined {
  const images = expectedImages(checkpoint?.inputs?.data);
  const network = images && trainedNetwork(checkpoint, images);
  return network && [share({ kind: 'evaluate', network, shape: images.shape }, 0)];
}

/** `snn-convert`: one is a test image, if it is given any to compare on. */
export function conversionWork({ compare }: Given, inputs: Inputs): readonly WorkShare[] | undefined {
  if (inputs.data === undefined || compare === 0) return [];
  const images = expectedImages(inputs.data);
  const network = images && trainedNetwork(inputs.checkpoint, images);
  if (network === undefined || network.precision.kind === 'fp32') return undefined;
  const compared = Math.min((compare as number | undefined) ?? images!.test, images!.test);
  return [share({ kind: 'compare', network, shape: images!.shape }, compared / images!.test)];
}

/** `snn-infer`: one is a test image with one of the seeds. */
export function simulationWork({ noise, seed }: Given, inputs: Inputs): readonly WorkShare[] | undefined {
  const images = expectedImages(inputs.data);
  const converted = inputs.network?.uses === 'snn-convert' ? inputs.network.inputs?.checkpoint : undefined;
  const network = images && trainedNetwork(converted, images);
  if (network === undefined || network.precision.kind === 'fp32') return undefined;
  const measured = standInNoise(noise as number | NoiseRequest | readonly NoiseRequest[]);
  const work = { kind: 'simulate', network, shape: images!.shape, noise: measured } as const;
  // Without noise, one seed stands for all.
  return [share(work, measured === 0 && Array.isArray(seed) ? 1 / seed.length : 1)];
}

const share = (work: SampleWork, often: number): WorkShare => ({
  ...{ work: work as unknown as Json, share: often, unit: 'images' },
  title: titleOf(work),
});

const verbs = {
  train: 'training',
  evaluate: 'test',
  compare: 'comparison of ANN and SNN',
  simulate: 'simulation',
} as const;

/** `training of vgg, ternary` */
function titleOf(work: SampleWork): string {
  const { name, precision } = work.network;
  const more = [
    precision.kind === 'fp32' ? 'fp32' : 'ternary',
    ...(work.kind === 'train' ? [`batch ${work.batch}`] : []),
    ...(work.kind === 'simulate' && work.noise !== 0 ? ['with noise'] : []),
  ];
  return `${verbs[work.kind]} of ${name}, ${more.join(', ')}`;
}

function expectedImages(data: ExpectedInput | undefined): ExpectedImages | undefined {
  const { shape, classes, trainImages, testImages } = data?.metrics ?? {};
  const isNumber = (value: unknown): value is number => typeof value === 'number' && value > 0;
  if (!isNumber(classes) || !isNumber(trainImages) || !isNumber(testImages)) return undefined;
  if (!Array.isArray(shape) || shape.length !== 3) return undefined;
  return { shape: shape as unknown as Shape, classes, train: trainImages, test: testImages };
}

/** What stands for the network of a checkpoint, where a training makes it whose parameters say it, or one that goes on from such a training. */
function trainedNetwork(checkpoint: ExpectedInput | undefined, images: ExpectedImages): Network | undefined {
  let made = checkpoint;
  while (made?.uses === 'train' && made.parameters.network === undefined) made = made.inputs?.checkpoint;
  if (made?.uses !== 'train') return undefined;
  const { network, crop, normalise, ...rest } = made.parameters;
  const plan = readNetwork(network as NetworkText);
  const precision = readPrecision(rest);
  if ('message' in plan || precision === undefined) return undefined;
  const side = (crop as number | undefined) ?? plan.crop;
  const input = inputShape(images.shape, side);
  if (shapeProblem(plan.layers, input) !== undefined) return undefined;
  const preprocessing = side === undefined ? 'scaled' : 'crops';
  return standInNetwork(plan, {
    ...{ input, classes: images.classes, precision, preprocessing },
    normalise: normalise as Network['normalise'],
  });
}
