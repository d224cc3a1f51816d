import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Metrics } from '../values.js';
import { AnnResultSchema } from './ann-result.js';
import { Count, numbersOf, parseResult, resultText } from './result-file.js';

const SnnResultSchema = Type.Object({
  ...AnnResultSchema.properties,
  stage: Type.Literal('snn-infer'),
  /** Probability that a spike of the encoding layer is deleted. */
  noise: Count,
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
});

/** What `snn-infer` found, as far as the report shows it. */
export type SnnResult = Static<typeof SnnResultSchema>;

/** What a layer did over all images. SOPs by three conventions: see `spiking/counts.ts`. */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  readonly spikes: number;
  readonly firingRate: number;
  readonly sops: number;
  readonly eventSops: number;
  readonly effectiveSops: number;
}

const Counts = Type.Array(Type.Integer({ minimum: 0 }));

/** Batch by batch, as the authors' programs note it: correct images, spikes, and operations by the paper's convention. */
const BatchesSchema = Type.Object({ correct: Counts, spikes: Counts, sops: Counts });

/** All that `snn-infer` writes. */
export type SnnResultFile = Omit<SnnResult, 'layers'> & {
  readonly spikes: number;
  readonly sops: number;
  readonly eventSops: number;
  readonly effectiveSops: number;
  readonly layers: readonly LayerActivity[];
  /** With the number of images in a batch. */
  readonly batches: Readonly<Static<typeof BatchesSchema>> & { readonly images: number };
};

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
  batches: BatchesSchema,
});

/** The batches of a result; undefined for what is none. */
export function readSnnBatches(result: unknown): Static<typeof SnnBatchesSchema> | undefined {
  return Value.Check(SnnBatchesSchema, result) ? result : undefined;
}

/** The metrics of the task that found it; by layer, what its layers tell. */
export function snnMetrics(
  result: Omit<SnnResult, 'layers'> & { readonly layers: readonly SnnResult['layers'][number][] },
): Metrics {
  // The noise is a parameter, and no metric.
  const { noise: _, layers, ...rest } = result;
  const byLayer = (field: 'spikes' | 'firingRate' | 'sops') => {
    const values = layers.map((layer) => layer[field]).filter((value) => value !== undefined);
    return values.length === layers.length ? { [`${field}ByLayer`]: values } : {};
  };
  return { ...numbersOf(rest), ...byLayer('spikes'), ...byLayer('firingRate'), ...byLayer('sops') };
}
