import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { UserError } from '../error.js';

const Count = Type.Number({ minimum: 0 });

const AnnResultSchema = Type.Object({
  stage: Type.Literal('ann-infer'),
  network: Type.String(),
  dataset: Type.String(),
  /** `fp32` or such as `k1B2`. */
  precision: Type.String(),
  images: Count,
  correct: Count,
  /** 0 to 1. */
  accuracy: Count,
});

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
  layers: Type.Array(Type.Object({ name: Type.String(), neurons: Count, firingRate: Count })),
  /** Multiply-adds per image of the ANN, with the exclusions of the paper's count of operations. */
  denseMacs: Count,
});

/** What `ann-infer` found, as far as charts show it. */
export type AnnResult = Static<typeof AnnResultSchema>;
/** What `snn-infer` found, as far as charts show it. */
export type SnnResult = Static<typeof SnnResultSchema>;

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

/** One epoch of a training. */
export interface Epoch {
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  /** 0 to 1. */
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
}

/** A training, or part of one, under the labels of its place in a sweep. */
export interface History {
  readonly label: string;
  /** Where the file says them. */
  readonly network?: string;
  readonly dataset?: string;
  readonly epochs: readonly Epoch[];
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseAnnResult(text: string, file: string): AnnResult {
  return parseResult(text, AnnResultSchema, 'ann-infer', file);
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseSnnResult(text: string, file: string): SnnResult {
  return parseResult(text, SnnResultSchema, 'snn-infer', file);
}

/** @throws {UserError} E_PLOT_INPUT */
export function parseConversion(text: string, file: string): ConversionResult {
  return parseResult(text, ConversionSchema, 'snn-convert', file);
}

function parseResult<S extends TSchema>(text: string, schema: S, stage: string, file: string): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError('E_PLOT_INPUT', `${file} is not JSON, and so no result of ${stage}.`);
  }
  if (Value.Check(schema, value)) return value;
  const error = Value.Errors(schema, value).First();
  throw new UserError(
    'E_PLOT_INPUT',
    `${file} is not a result of ${stage}: "${error?.path.slice(1) ?? ''}" is missing or wrong.`,
  );
}

const columns = ['epoch', 'learningRate', 'loss', 'trainAccuracy', 'testAccuracy'] as const;

/** Reads a training history; fields that a training did not measure may be empty. @throws {UserError} E_PLOT_INPUT */
export function parseHistory(text: string, label: string, file: string): History {
  const [head, ...lines] = text.trimEnd().split(/\r?\n/);
  const titles = (head ?? '').split(',');
  const places = columns.map((column) => titles.indexOf(column));
  if (places.includes(-1))
    throw new UserError(
      'E_PLOT_INPUT',
      `${file} is not a training history: its first line must name ${columns.join(', ')}.`,
    );
  const epochs = lines.map((line): Epoch => {
    const fields = csvFields(line);
    const [epoch, learningRate, loss, trainAccuracy, testAccuracy] = places.map((place) => {
      const field = fields[place] ?? '';
      return field === '' ? Number.NaN : Number(field);
    }) as [number, number, number, number, number];
    if (!Number.isInteger(epoch)) throw new UserError('E_PLOT_INPUT', `${file} has a line without epoch: "${line}".`);
    return { epoch, learningRate, loss, trainAccuracy, testAccuracy };
  });
  const named = (column: 'network' | 'dataset') => {
    const value = csvFields(lines[0] ?? '')[titles.indexOf(column)];
    return value === undefined || value === '' ? {} : { [column]: value };
  };
  return { label, epochs, ...named('network'), ...named('dataset') };
}

/** The fields of a line (RFC 4180); none of them has a line break in it. */
function csvFields(line: string): string[] {
  const fields = line.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return fields.map((field, index) => {
    const text = index === 0 ? field : field.slice(1);
    return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  });
}
