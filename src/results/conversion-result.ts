import { type Static, Type } from '@sinclair/typebox';
import type { Metrics } from '../values.js';
import { Count, numbersOf, parseResult, resultText } from './result-file.js';

const ConversionSchema = Type.Object({
  stage: Type.Literal('snn-convert'),
  network: Type.Optional(Type.String()),
  negatedChannels: Count,
  constantChannels: Count,
  correctedThresholds: Count,
  /** Missing where no data was given to compare on. */
  comparison: Type.Optional(
    Type.Object({
      dataset: Type.Optional(Type.String()),
      images: Count,
      neuronsCompared: Count,
      predictionsDifferent: Count,
      layers: Type.Array(Type.Object({ different: Count })),
    }),
  ),
});

/** What `snn-convert` reports, as far as the page shows it. */
export type ConversionResult = Static<typeof ConversionSchema>;

/** ANN and SNN compared: neurons of each block whose spike count is not n times the ANN's activation, and predictions. */
export interface NeuronComparison {
  readonly images: number;
  readonly neuronsCompared: number;
  readonly layers: readonly { readonly name: string; readonly different: number }[];
  readonly predictionsDifferent: number;
}

/** What conversion changed in a layer, with whatever else is known of it. */
export interface LayerChanges {
  readonly negatedChannels: number;
  readonly constantChannels: number;
  readonly correctedThresholds: number;
}

/** All that `snn-convert` writes. */
export type ConversionFile = Omit<ConversionResult, 'comparison'> & {
  readonly network: string;
  readonly precision: string;
  readonly layers: readonly LayerChanges[];
  readonly comparison?: NeuronComparison & { readonly dataset: string };
};

/** A conversion from what happened to its layers, and how ANN and SNN compare where that was asked for. */
export function conversionResult(
  about: { readonly network: string; readonly precision: string },
  layers: readonly LayerChanges[],
  comparison: ConversionFile['comparison'],
): ConversionFile {
  const sum = (field: keyof LayerChanges) => layers.reduce((total, layer) => total + layer[field], 0);
  return {
    ...{ stage: 'snn-convert', ...about },
    negatedChannels: sum('negatedChannels'),
    constantChannels: sum('constantChannels'),
    correctedThresholds: sum('correctedThresholds'),
    layers,
    ...(comparison === undefined ? {} : { comparison }),
  };
}

/** The report of `snn-convert`. */
export function conversionText(result: ConversionFile): string {
  return resultText(result);
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseConversion(text: string, file: string): ConversionResult {
  return parseResult(text, ConversionSchema, 'snn-convert', file);
}

/** The metrics of the task that reports it. */
export function conversionMetrics(result: ConversionResult | ConversionFile): Metrics {
  const { comparison } = result;
  if (comparison === undefined) return numbersOf(result);
  const { images, neuronsCompared, layers, predictionsDifferent } = comparison;
  const byLayer = layers.map(({ different }) => different);
  return {
    ...numbersOf(result),
    ...{ images, neuronsCompared },
    neuronsDifferent: byLayer.reduce((sum, different) => sum + different, 0),
    neuronsDifferentByLayer: byLayer,
    predictionsDifferent,
  };
}
