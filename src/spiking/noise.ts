// Noise and faults of hardware: what they mean for the layers of a network.
import { UserError } from '../error.js';
import type { ResultNoise } from '../results/snn-result.js';
import { type SpikeSource, type SpikingNetwork, spikeSources } from './network.js';
import { describeKind, type NoiseKind, type NoiseRequest } from './noise-kinds.js';
import { int32Maximum, int32Minimum } from './thresholds.js';

/** One kind of noise in the layers of a network. */
export interface NoiseTerm {
  readonly kind: NoiseKind;
  /** Probability or standard deviation. */
  readonly amount: number;
  /** Names of layers, in the network's order. */
  readonly layers: readonly string[];
}

/** Noise of a layer that sends spikes while it computes. */
export interface SpikeNoise {
  /** Probability that a spike is deleted. */
  readonly deletion: number;
  /** Probability that one of the spikes appears that a neuron did not send, of the L that it might have. */
  readonly insertion: number;
  /** Standard deviation of what is added to membranes, in what membranes are in. */
  readonly membrane: number;
}

/**
 * Noise as the network's layers have it.
 *
 * @param noise a number is the probability that a spike of the encoding layer is deleted, as in the paper
 * @throws {UserError} E_NOISE for layers that aren't there or can't have it, and for one that has a kind twice
 */
export function noiseTerms(
  noise: number | NoiseRequest | readonly NoiseRequest[],
  network: SpikingNetwork,
): readonly NoiseTerm[] {
  const layers = spikeSources(network).map(({ name, kind }): NoisyLayer => ({ name, ternary: kind === 'spiking' }));
  return termsFor(noise, layers);
}

/** A layer that sends spikes, as far as it decides which noise it can have. */
export interface NoisyLayer {
  readonly name: string;
  /** False for the encoding layer, whose weights are real. */
  readonly ternary: boolean;
}

/**
 * The same for the layers that send spikes, in order; at least one.
 *
 * @throws {UserError} E_NOISE
 */
export function termsFor(
  noise: number | NoiseRequest | readonly NoiseRequest[],
  layers: readonly NoisyLayer[],
): readonly NoiseTerm[] {
  if (typeof noise === 'number') return [{ kind: 'deletion', amount: noise, layers: [layers[0]!.name] }];
  const terms = [noise].flat().map((request) => termOf(request, layers));
  const seen = new Set<string>();
  for (const { kind, layers } of terms)
    for (const layer of layers) {
      if (seen.has(`${kind} ${layer}`))
        throw new UserError(
          'E_NOISE',
          `"${layer}" is given the noise "${kind}" twice.`,
          'Name each layer once per kind.',
        );
      seen.add(`${kind} ${layer}`);
    }
  return terms;
}

function termOf({ kind, probability, sigma, layers = 'all' }: NoiseRequest, sources: readonly NoisyLayer[]): NoiseTerm {
  const { ternary, amount } = describeKind(kind);
  const able = sources.filter((source) => !ternary || source.ternary);
  const names =
    layers === 'all'
      ? able.map(({ name }) => name)
      : [layers].flat().map((layer) => nameOf(layer, kind, sources, able));
  // In the network's order, so that noise is called the same however it was written.
  const ordered = able.flatMap(({ name }) => names.filter((one) => one === name));
  return { kind, amount: (amount === 'sigma' ? sigma : probability) ?? 0, layers: ordered };
}

function nameOf(
  layer: string | number,
  kind: NoiseKind,
  sources: readonly NoisyLayer[],
  able: readonly NoisyLayer[],
): string {
  const place = sources.findIndex(({ name }, index) => name === layer || index + 1 === layer);
  const source = sources[place];
  if (source !== undefined && able.includes(source)) return source.name;
  const wanted = typeof layer === 'number' ? `number ${layer}` : `"${layer}"`;
  const listed = able.map(({ name }) => `${name} (${sources.findIndex((one) => one.name === name) + 1})`);
  throw new UserError(
    'E_NOISE',
    source === undefined
      ? `The network has no layer ${wanted} that sends spikes, to have the noise "${kind}".`
      : `The layer "${source.name}" has real weights, but "${kind}" is a fault of ternary ones.`,
    listed.length > 0
      ? `Layers that can have it: ${listed.join(', ')}; or all.`
      : 'The network has none that can have it.',
  );
}

/** A term as results tell it. */
export function reportedTerm({ kind, amount, layers }: NoiseTerm): ResultNoise {
  return { kind, [describeKind(kind).amount]: amount, layers };
}

/** What disturbs the layers that send spikes, one a layer, in order; undefined where nothing does. */
export function spikeNoise(terms: readonly NoiseTerm[], network: SpikingNetwork): readonly SpikeNoise[] | undefined {
  const all = spikeSources(network).map((source): SpikeNoise => {
    const amount = (kind: NoiseKind) => amountOf(terms, kind, source.name);
    const membrane = amount('membrane') * thresholdUnit(source);
    return { deletion: amount('deletion'), insertion: amount('insertion'), membrane };
  });
  return all.some(({ deletion, insertion, membrane }) => deletion + insertion + membrane > 0) ? all : undefined;
}

/** How much of a kind a layer has; 0 if it has none. */
export function amountOf(terms: readonly NoiseTerm[], kind: NoiseKind, layer: string): number {
  return terms.find((term) => term.kind === kind && term.layers.includes(layer))?.amount ?? 0;
}

/** True if the network itself is another one for each seed. */
export function isFixed({ kind }: NoiseTerm): boolean {
  return describeKind(kind).fixed === true;
}

/**
 * What noise of membranes and thresholds is measured in: the median size |θ| of a layer's thresholds, over channels and levels.
 * One for all its neurons, as they are one kind of circuit; thresholds that no membrane can reach or miss don't count.
 */
export function thresholdUnit({ thresholds }: SpikeSource): number {
  const sizes = Array.from<number>(thresholds).filter(isThreshold).map(Math.abs);
  sizes.sort((a, b) => a - b);
  const middle = sizes.length / 2;
  return sizes.length === 0 ? 0 : (sizes[Math.ceil(middle) - 1]! + sizes[Math.floor(middle)]!) / 2;
}

/** False for those of constant channels, which are reached always or never. */
export function isThreshold(threshold: number): boolean {
  return Number.isFinite(threshold) && threshold > int32Minimum && threshold < int32Maximum;
}
