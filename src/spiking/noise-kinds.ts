// Noise and faults of hardware: what kinds there are, and how they are asked for.

/** What is given of a kind: a probability from 0 to 1, or a standard deviation in units of a layer's threshold. */
export type NoiseAmount = 'probability' | 'sigma';

interface KindDescription {
  readonly amount: NoiseAmount;
  /** What it does, for people. */
  readonly text: string;
  /** True if only layers of ternary weights can have it. */
  readonly ternary?: true;
  /** True if it is a fault of the device, the same for all images. */
  readonly fixed?: true;
}

/** All kinds by the names that the literature has for them, in the order in which they apply. */
export const noiseKinds = {
  'sign-flip': { amount: 'probability', text: 'weights of the wrong sign', ternary: true, fixed: true },
  'stuck-at-0': { amount: 'probability', text: 'weights stuck at 0', ternary: true, fixed: true },
  'stuck-at-1': { amount: 'probability', text: 'weights stuck at +1 or −1', ternary: true, fixed: true },
  threshold: { amount: 'sigma', text: 'thresholds off by a normal variable', fixed: true },
  membrane: { amount: 'sigma', text: 'membranes off by a normal variable' },
  deletion: { amount: 'probability', text: 'spikes deleted' },
  insertion: { amount: 'probability', text: 'spikes inserted' },
} as const satisfies Readonly<Record<string, KindDescription>>;

export type NoiseKind = keyof typeof noiseKinds;

export const describeKind = (kind: NoiseKind): KindDescription => noiseKinds[kind];

/** One kind of noise as a pipeline asks for it. */
export interface NoiseRequest {
  readonly kind: NoiseKind;
  readonly probability?: number;
  readonly sigma?: number;
  /** Names of layers, or their numbers from 1 on; `all` that can have it if left out. */
  readonly layers?: string | number | readonly (string | number)[];
}

/** What is wrong with noise as it was asked for, beyond what a schema can say. */
export function noiseProblems(noise: number | NoiseRequest | readonly NoiseRequest[]): string[] {
  if (typeof noise === 'number') return [];
  return [noise].flat().flatMap((request) => {
    const { kind, probability, sigma } = request;
    const { amount } = describeKind(kind);
    const other = amount === 'sigma' ? 'probability' : 'sigma';
    const [given, wrong] = amount === 'sigma' ? [sigma, probability] : [probability, sigma];
    if (given === undefined) return [`the noise "${kind}" needs \`${amount}\``];
    return wrong === undefined ? [] : [`the noise "${kind}" takes \`${amount}\`, and no \`${other}\``];
  });
}
