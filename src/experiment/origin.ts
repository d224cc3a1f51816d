// What a pipeline says of networks and images before there are any: what can be told of mistakes then costs no training.

import { knownDataset } from '../data/known.js';
import type { Precision, Shape } from '../network/architecture.js';
import { type NetworkText, type ReadPlan, readNetwork } from '../network/network-parameter.js';
import { precisionLabel } from '../network/precision.js';
import { type PrecisionParameters, readPrecision } from '../network/precision-parameters.js';
import { inputShape } from '../network/presets.js';
import { floatWeights, otherImages, otherThanCheckpoint, type Refusal, unquantised } from '../network/refusals.js';
import type { InputOrigin, InputProblem, ParameterProblem } from '../stage/definition.js';

/** What is known of a network; what the pipeline doesn't say is missing. */
export interface KnownNetwork {
  readonly plan?: ReadPlan;
  readonly precision?: Precision;
  /** Height, width and channels that it takes. */
  readonly input?: Shape;
  /** Side of the crops that these are; missing for whole images. */
  readonly crop?: number;
}

/** What stages that make checkpoints are told. */
type Made = PrecisionParameters & {
  readonly network?: NetworkText;
  readonly crop?: number;
  readonly images?: Shape;
};

/** What makes a checkpoint, and what that goes on from, as far as the pipeline says. */
function makersOf(checkpoint: InputOrigin | undefined): readonly InputOrigin[] {
  if (checkpoint?.uses === 'import-checkpoint') return [checkpoint];
  if (checkpoint?.uses !== 'train') return [];
  return [checkpoint, ...makersOf(checkpoint.inputs?.checkpoint)];
}

/** By what makes the network: thousands of points of a sweep have the same. */
const found = new WeakMap<InputOrigin, KnownNetwork>();

function remembered(origin: InputOrigin, take: (origin: InputOrigin) => KnownNetwork): KnownNetwork {
  const known = found.get(origin) ?? take(origin);
  found.set(origin, known);
  return known;
}

/** The network that a checkpoint holds: that of the training which began with one. */
export function knownNetwork(checkpoint: InputOrigin | undefined): KnownNetwork {
  const isMade = checkpoint?.uses === 'train' || checkpoint?.uses === 'import-checkpoint';
  return isMade ? remembered(checkpoint, networkOf) : {};
}

/** The same of a spiking network. */
export function knownSpikingNetwork(network: InputOrigin | undefined): KnownNetwork {
  if (network?.uses !== 'snn-convert') return {};
  return remembered(network, ({ inputs }) => knownNetwork(inputs?.checkpoint));
}

function networkOf(checkpoint: InputOrigin): KnownNetwork {
  const makers = makersOf(checkpoint).map((origin) => ({ origin, made: origin.parameters as Made }));
  const first = makers.find(({ made }) => made.network !== undefined);
  const read = first === undefined ? undefined : readNetwork(first.made.network!);
  const plan = read === undefined || 'message' in read ? undefined : read;
  const precision = makers.map(({ made }) => readPrecision(made)).find((said) => said !== undefined);
  const images = first?.made.images ?? imageShape(first?.origin.inputs?.data);
  const side = first?.made.crop ?? plan?.crop;
  return {
    ...(plan === undefined ? {} : { plan }),
    ...(plan === undefined || side === undefined ? {} : { crop: side }),
    ...(precision === undefined ? {} : { precision }),
    ...(plan === undefined || images === undefined ? {} : { input: inputShape(images, side) }),
  };
}

/** The shape of the images that an input holds, where the pipeline says so. */
export function imageShape(data: InputOrigin | undefined): Shape | undefined {
  if (data?.uses !== 'dataset') return undefined;
  const { name, shape } = data.parameters;
  return knownDataset(name)?.shape ?? (shape as Shape | undefined);
}

/** Whether images are what a network takes: of their own size, or large enough for crops. */
export function imageProblems({ input, crop }: KnownNetwork, data: InputOrigin | undefined): readonly InputProblem[] {
  const images = imageShape(data);
  if (input === undefined || images === undefined) return [];
  const preprocessing = crop === undefined ? 'scaled' : 'crops';
  return problemsOf('data', otherImages({ input, preprocessing }, images, String(data?.parameters.name)));
}

/** Whether a network can be turned into a spiking one. */
export function conversionProblems({ plan, precision }: KnownNetwork): readonly InputProblem[] {
  if (precision?.kind === 'fp32') return problemsOf('checkpoint', unquantised);
  const float = plan?.layers.findIndex((layer, index) => index > 0 && layer.float) ?? -1;
  return problemsOf('checkpoint', float < 0 ? undefined : floatWeights(`Layer ${float + 1} of the network`));
}

function problemsOf(input: string, refused: Refusal | undefined): readonly InputProblem[] {
  return refused === undefined ? [] : [{ input, message: refused.message, hint: refused.hint }];
}

/** Whether a training says the same of its network as the checkpoint that it goes on from. */
export function resumeProblems(
  given: PrecisionParameters & { readonly network?: NetworkText | undefined; readonly crop?: number | undefined },
  checkpoint: InputOrigin | undefined,
): readonly ParameterProblem[] {
  const known = knownNetwork(checkpoint);
  const own = given.network === undefined ? undefined : readNetwork(given.network);
  const precision = readPrecision(given);
  const said = {
    network: own === undefined || 'message' in own ? undefined : own.name,
    [given.k === undefined ? 'precision' : 'k']: precision && precisionLabel(precision),
    crop: given.crop,
  };
  const before = {
    network: known.plan?.name,
    precision: known.precision && precisionLabel(known.precision),
    k: known.precision && precisionLabel(known.precision),
    crop: known.plan && (known.crop ?? 'none'),
  };
  return Object.entries(said).flatMap(([parameter, wanted]) => {
    const refused = otherThanCheckpoint(parameter, wanted, before[parameter as keyof typeof before]);
    return refused === undefined ? [] : [{ parameter, message: refused.message, hint: refused.hint }];
  });
}
