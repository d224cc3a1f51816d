// What is measured in place of work that takes about as long: a sweep over noise, bits or rates is one kind of work, and not
// as many as it has points.
import type { Network, Precision } from '../network/architecture.js';
import type { Optimiser } from '../network/optimiser.js';
import { convolutionMacs } from '../network/parameters.js';
import { buildNetwork, type NetworkOptions, type NetworkPlan } from '../network/presets.js';
import { describeKind, type NoiseRequest } from '../spiking/noise-kinds.js';

/** The paper's: the layers are ternary, and activations a byte, with any others, too. */
const quantised: Precision = { kind: 'quantised', k: 1, B: 2 };
/** Those of most data sets. */
const fewClasses = 10;
/** A classifier that does less than this share of the multiplications has any number of classes. */
const smallShare = 0.02;
/** Probability, or standard deviation, of all noise that there is. */
const someNoise = 0.1;

/** The network that is measured: bits and classes hardly change what a step takes. */
export function standInNetwork(plan: Pick<NetworkPlan, 'name' | 'layers'>, options: NetworkOptions): Network {
  const precision = options.precision.kind === 'fp32' ? options.precision : quantised;
  const own = buildNetwork(plan, { ...options, precision });
  return classifierShare(own) < smallShare ? buildNetwork(plan, { ...options, precision, classes: fewClasses }) : own;
}

/** The part of the multiplications that the last layer does, each of whose weights is used once. */
function classifierShare(network: Network): number {
  const last = network.layers.at(-1)!;
  const own = last.input.reduce((product, side) => product * side) * network.classes;
  const others = network.layers.reduce((sum, layer) => sum + ('kernel' in layer ? convolutionMacs(layer) : 0), 0);
  return own / (own + others);
}

/** The noise that is measured: of the same kinds in the same layers; 0 where all amounts are. */
export function standInNoise(noise: number | NoiseRequest | readonly NoiseRequest[]): number | readonly NoiseRequest[] {
  if (typeof noise === 'number') return noise > 0 ? someNoise : 0;
  const some = [noise].flat().filter(({ probability = 0, sigma = 0 }) => probability > 0 || sigma > 0);
  if (some.length === 0) return 0;
  return some.map(({ kind, layers }) => ({
    ...{ kind, [describeKind(kind).amount]: someNoise },
    ...(layers === undefined ? {} : { layers }),
  }));
}

/** The optimiser that is measured: it does the same for each value, whatever its rates are. */
export function standInOptimiser(optimiser: Optimiser): Optimiser {
  const weightDecay = optimiser.weightDecay > 0 ? 1e-4 : 0;
  return optimiser.kind === 'sgd'
    ? { ...optimiser, momentum: optimiser.momentum > 0 ? 0.9 : 0, weightDecay }
    : { ...optimiser, weightDecay };
}

/** The augmentation that is measured: the paper's for any, which a thread of its own applies. */
export function standInAugmentation(said: object | 'none' | 'paper' | undefined): 'none' | 'paper' | undefined {
  return typeof said === 'object' ? 'paper' : said;
}
