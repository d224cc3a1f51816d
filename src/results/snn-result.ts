import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Metrics } from '../values.js';
import { AnnResultSchema } from './ann-result.js';
import { bySeed } from './repetitions.js';
import { Count, numbersOf, parseResult, resultText } from './result-file.js';
import { meanOf } from './statistics.js';

/** What differs from one seed of the noise to another. */
const seededFields = {
  ...{ correct: Count, accuracy: Count, spikesPerImage: Count, sopsPerImage: Count },
  ...{ eventSopsPerImage: Count, effectiveSopsPerImage: Count, firingRate: Count },
};
const seeded = Object.keys(seededFields) as readonly (keyof typeof seededFields)[];

const SnnResultSchema = Type.Object({
  ...AnnResultSchema.properties,
  stage: Type.Literal('snn-infer'),
  /** Probability that a spike of the encoding layer is deleted; of other noise, the amount of the first kind that there is any of. */
  noise: Count,
  /** Kinds of noise, unless it is that which a number asks for. */
  noiseTerms: Type.Optional(
    Type.Array(
      Type.Object({
        kind: Type.String(),
        /** One of both. */
        probability: Type.Optional(Count),
        sigma: Type.Optional(Count),
        layers: Type.Array(Type.String()),
      }),
      { minItems: 1 },
    ),
  ),
  /** L = 2^k·B. */
  levels: Count,
  neurons: Count,
  spikesPerImage: Count,
  sopsPerImage: Count,
  eventSopsPerImage: Count,
  effectiveSopsPerImage: Count,
  firingRate: Count,
  layers: Type.Array(
    Type.Object({
      ...{ name: Type.String(), neurons: Count, firingRate: Count },
      ...{ spikes: Type.Optional(Count), sops: Type.Optional(Count) },
    }),
  ),
  /** Multiply-adds per image of the ANN, with the exclusions of the paper's count of operations. */
  denseMacs: Count,
  /** Where the noise was drawn several times: what each seed gave. All else that it has an influence on is their mean. */
  repetitions: Type.Optional(
    Type.Array(
      Type.Object({
        ...{ seed: Count, ...seededFields, firingRateByLayer: Type.Array(Count) },
        recognised: AnnResultSchema.properties.recognised,
      }),
      { minItems: 2 },
    ),
  ),
});

/** What `snn-infer` found, as far as the report shows it. */
export type SnnResult = Static<typeof SnnResultSchema>;

/** One kind of noise of a result. */
export interface ResultNoise {
  readonly kind: string;
  readonly probability?: number;
  /** In units of the layer's threshold. */
  readonly sigma?: number;
  readonly layers: readonly string[];
}

/**
 * What a layer did over all images. Synaptic operations exceed 2³² for a few hundred images; as doubles they are exact up
 * to 2⁵³.
 */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  readonly spikes: number;
  readonly firingRate: number;
  /**
   * By the paper's convention: (sum of the im2col of the input spikes)·C_out·2·L. Zero weights are counted. The paper does
   * not say where the factor 2 comes from; L is that of the replicated sub-neurons.
   */
  readonly sops: number;
  /** Additions in the usual sense, a spike times each of its synapses: sops/(2·L). */
  readonly eventSops: number;
  /** Only synapses whose weight is not zero. */
  readonly effectiveSops: number;
}

const Counts = Type.Array(Type.Integer({ minimum: 0 }));

/** Batch by batch, as the authors' programs note it: correct images, spikes, and operations by the paper's convention. */
const BatchesSchema = Type.Object({ correct: Counts, spikes: Counts, sops: Counts });

/** All that `snn-infer` writes. */
export type SnnResultFile = Omit<SnnResult, 'layers' | 'noiseTerms'> & {
  readonly noiseTerms?: readonly ResultNoise[];
  readonly spikes: number;
  readonly sops: number;
  readonly eventSops: number;
  readonly effectiveSops: number;
  readonly layers: readonly LayerActivity[];
  /** With the number of images in a batch. */
  readonly batches: Readonly<Static<typeof BatchesSchema>> & { readonly images: number };
};

/**
 * The result of several seeds of the noise: the mean of theirs, and each. Batches are those of the first seed: the authors'
 * programs note them of one run.
 *
 * @param runs one a seed, at least one: of a single one it is the result
 */
export function repeatedResult(runs: readonly SnnResultFile[], seeds: readonly number[]): SnnResultFile {
  const [first] = runs as [SnnResultFile];
  if (runs.length === 1) return first;
  const { batches } = first;
  const repetitions = runs.map((run, i) => {
    const own = Object.fromEntries(seeded.map((field) => [field, run[field]])) as Pick<
      SnnResult,
      (typeof seeded)[number]
    >;
    const { layers, recognised } = run;
    return {
      ...{ seed: seeds[i]!, ...own, firingRateByLayer: layers.map(({ firingRate }) => firingRate) },
      ...(recognised === undefined ? {} : { recognised }),
    };
  });
  // Which images are recognised differs from seed to seed, and has no mean.
  const { recognised: _, ...all } = meanOf(runs);
  return { ...all, batches, repetitions };
}

/** The file of `snn-infer`. */
export function snnResultText(result: SnnResultFile): string {
  return resultText(result);
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseSnnResult(text: string, file: string): SnnResult {
  return parseResult(text, SnnResultSchema, 'snn-infer', file);
}

const SnnBatchesSchema = Type.Object({
  stage: Type.Literal('snn-infer'),
  /** Such as `k1B2`. */
  precision: Type.String({ pattern: '^k[0-9]+B[0-9]+$' }),
  noise: Type.Number(),
  /** Of the first of these, if there are several. */
  batches: BatchesSchema,
  repetitions: Type.Optional(Type.Array(Type.Object({ seed: Count }))),
});

/** The batches of a result; undefined for what is none. */
export function readSnnBatches(result: unknown): Static<typeof SnnBatchesSchema> | undefined {
  return Value.Check(SnnBatchesSchema, result) ? result : undefined;
}

/** The metrics of the task that found it; by layer, what its layers tell. */
export function snnMetrics(
  result: Omit<SnnResult, 'layers' | 'noiseTerms'> & {
    readonly noiseTerms?: unknown;
    readonly layers: readonly SnnResult['layers'][number][];
  },
): Metrics {
  // The noise is a parameter, and no metric.
  const { noise: _, noiseTerms: _terms, layers, repetitions, ...rest } = result;
  const byLayer = (field: 'spikes' | 'firingRate' | 'sops') => {
    const values = layers.map((layer) => layer[field]).filter((value) => value !== undefined);
    return values.length === layers.length ? { [`${field}ByLayer`]: values } : {};
  };
  const eachSeed = repetitions && {
    seeds: repetitions.map(({ seed }) => seed),
    ...Object.fromEntries(seeded.map((field) => [bySeed(field), repetitions.map((one) => one[field])])),
  };
  return { ...numbersOf(rest), ...byLayer('spikes'), ...byLayer('firingRate'), ...byLayer('sops'), ...eachSeed };
}
