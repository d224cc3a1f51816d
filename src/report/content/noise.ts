// Noise of results, as tables and charts tell one kind from another.
import type { ResultNoise, SnnResult } from '../../results/snn-result.js';
import { shortNumber } from '../numbers/format.js';

/** What disturbs a result: an amount of noise, and which noise it is an amount of. */
export interface Disturbance {
  /** Probability or standard deviation of the first kind that there is any of; 0 without noise. */
  readonly noise: number;
  /** `insertion in all layers`; results that differ in it are not on one line. */
  readonly noiseName: string;
  /** Is the amount a standard deviation, in units of the layer's threshold? */
  readonly isSigma: boolean;
}

/** The paper's noise: spikes of the encoding layer deleted. */
export const paperNoise = 'deletion in the encoding layer';

/** What disturbs a result. An ANN has no noise, and a number in the place of noise is the paper's. */
export function disturbanceOf(result: object): Disturbance {
  const { noise = 0, noiseTerms, layers = [] } = result as Partial<SnnResult>;
  const names = layers.map(({ name }) => name);
  if (noiseTerms === undefined) return { noise, noiseName: paperNoise, isSigma: false };
  const lead = noiseTerms.findIndex((term) => amountOf(term) > 0);
  const term = noiseTerms[Math.max(0, lead)]!;
  const others = noiseTerms
    .filter((other) => other !== term)
    .map((other) => `${amountText(amountOf(other), other.sigma !== undefined)} ${placed(other, names)}`);
  return {
    noise: amountOf(term),
    noiseName: [placed(term, names), ...others].join(' with '),
    isSigma: term.sigma !== undefined,
  };
}

const amountOf = ({ probability, sigma }: ResultNoise): number => probability ?? sigma ?? 0;

/** `insertion in conv2, conv3`, `membrane noise in all layers` */
function placed({ kind, sigma, layers }: ResultNoise, all: readonly string[]): string {
  return `${kind}${sigma === undefined ? '' : ' noise'} in ${layersText(layers, all)}`;
}

function layersText(layers: readonly string[], all: readonly string[]): string {
  if (layers.length === all.length) return 'all layers';
  if (layers.length === 1 && layers[0] === all[0]) return 'the encoding layer';
  if (layers.length === all.length - 1 && !layers.includes(all[0]!)) return 'all ternary layers';
  return layers.join(', ');
}

/** `10 %` of a probability, `0.5 θ` of a standard deviation. */
export function amountText(amount: number, isSigma: boolean): string {
  return isSigma ? `${shortNumber(amount)} θ` : `${shortNumber(100 * amount)} %`;
}

/** `10 % noise` for the paper's, `10 % insertion in all layers` for others. */
export function disturbanceText({ noise, noiseName, isSigma }: Disturbance): string {
  return `${amountText(noise, isSigma)} ${noiseName === paperNoise ? 'noise' : noiseName}`;
}

type Named = Disturbance & { readonly name: string };

/** Those without noise: one a point, whatever noise it is none of. */
export function withoutNoise<T extends Named>(groups: readonly T[]): T[] {
  const found = new Map<string, T>();
  for (const group of groups) if (group.noise === 0 && !found.has(group.name)) found.set(group.name, group);
  return [...found.values()];
}

/** Those without noise; where there are none, those with the least of the first kind. */
export function leastNoise<T extends Named>(groups: readonly T[]): T[] {
  const clean = withoutNoise(groups);
  if (clean.length > 0) return clean;
  const same = groups.filter(({ noiseName }) => noiseName === groups[0]?.noiseName);
  const least = Math.min(...same.map(({ noise }) => noise));
  return same.filter(({ noise }) => noise === least);
}

/** Groups by the noise that they have, in order of appearance: of each point also the group without any. */
export function byNoise<T extends Named>(groups: readonly T[]): { readonly noiseName: string; readonly groups: T[] }[] {
  const clean = withoutNoise(groups);
  const names = new Set(groups.filter(({ noise }) => noise > 0).map(({ noiseName }) => noiseName));
  return [...names].map((noiseName) => {
    const noisy = groups.filter((group) => group.noise > 0 && group.noiseName === noiseName);
    const points = new Set(noisy.map(({ name }) => name));
    return { noiseName, groups: [...clean.filter(({ name }) => points.has(name)), ...noisy] };
  });
}
