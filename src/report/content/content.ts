import { type Static, Type } from '@sinclair/typebox';
import { type AnnResult, annMetrics } from '../../results/ann-result.js';
import { type ConversionResult, conversionMetrics } from '../../results/conversion-result.js';
import { type History, historyMetrics, keptEpoch } from '../../results/history.js';
import { type ResultKind, resultKinds } from '../../results/kinds.js';
import { repetitionsOf } from '../../results/repetitions.js';
import { type SnnResult, snnMetrics } from '../../results/snn-result.js';
import type { Metrics } from '../../values.js';
import { type Judgement, judgeMetric, notCompared, type Wanted } from '../numbers/verdict.js';
import type { DataSetSummary } from './data-sets.js';

const Item = Type.Integer({ minimum: 0, description: 'Place in its list, from 0.' });
const Place = { input: Type.String({ description: 'Name of the input.' }), item: Item, metric: Type.String() };

/** What is expected of the inputs, as the stage takes it. */
export const ExpectedSchema = Type.Object(
  {
    ...Place,
    item: Type.Union([Item, Type.Array(Item, { minItems: 1 })], {
      description: 'Place in its list, from 0; those of several repetitions, whose mean it is about.',
    }),
    value: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    tolerance: Type.Optional(Type.Number({ minimum: 0 })),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    equals: Type.Optional(Type.Object(Place, { additionalProperties: false })),
    source: Type.Optional(Type.String()),
    inapplicable: Type.Optional(
      Type.Array(Type.String(), { description: 'Why the number is one of another run than this, and not compared.' }),
    ),
  },
  { additionalProperties: false },
);
export type Expected = Static<typeof ExpectedSchema>;

/** A result with its place in the sweep. */
export interface ReportItem<T> {
  readonly result: T;
  /** Of the task that made it, by axis. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the file, as the store knows it. */
  readonly digest: string;
}

/** All that a report shows, read and checked. */
export interface ReportContent {
  readonly title: string;
  readonly description?: string;
  readonly ann: readonly ReportItem<AnnResult>[];
  readonly snn: readonly ReportItem<SnnResult>[];
  readonly conversion: readonly ReportItem<ConversionResult>[];
  readonly history: readonly ReportItem<History>[];
  readonly expected: readonly Expected[];
  /** Axes of repetition, the outermost first: results that differ in nothing else are averaged, and no others. */
  readonly repeat: readonly string[];
  /** Data sets that it shows. Default: none. */
  readonly dataSets?: readonly DataSetSummary[];
}

/** One expectation beside what came of it. */
export interface ItemVerdict extends Judgement {
  readonly input: ResultKind;
  /** The first of them. */
  readonly item: ReportItem<AnnResult | SnnResult | ConversionResult | History>;
  /** Repetitions whose mean it is about, or one result. */
  readonly items: readonly ItemVerdict['item'][];
  readonly metric: string;
  readonly source?: string;
  /** The number that is expected, and how far off it may be: only where it is a number of a source's. */
  readonly reference?: { readonly value: number; readonly tolerance: number };
}

/** Compares the results with what is expected of them. What speaks of no result here is left out. */
export function verdictsOf(content: ReportContent): ItemVerdict[] {
  return content.expected.flatMap((expected): ItemVerdict[] => {
    const { metric, source, value, tolerance = 0, equals, inapplicable } = expected;
    const found = find(content, expected);
    if (found === undefined) return [];
    const about = { ...found, metric, ...(source === undefined ? {} : { source }) };
    const reference = typeof value === 'number' ? { reference: { value, tolerance } } : {};
    const other = equals && find(content, equals);
    const wanted: Wanted = equals
      ? {
          ...{ kind: 'value', tolerance, of: other === undefined ? 'missing' : describeItem(other.input, other.item) },
          value: other && metricsOf(other.input, other.item)[equals.metric],
        }
      : value === undefined
        ? { kind: 'bounds', ...bounds(expected) }
        : { kind: 'value', value, tolerance };
    const samples = repetitionsOf(found.items, content.repeat).samples.map((runs) =>
      runs.map((run) => metricsOf(found.input, run)),
    );
    const judgement = judgeMetric(samples, metric, wanted);
    return [{ ...about, ...reference, ...(inapplicable === undefined ? judgement : notCompared(judgement)) }];
  });
}

function bounds({ min, max }: Expected) {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function find(content: ReportContent, { input, item }: Pick<Expected, 'input' | 'item'>) {
  const name = resultKinds.find((known) => known === input);
  const items: ItemVerdict['items'] =
    name === undefined ? [] : [item].flat().flatMap((place) => content[name][place] ?? []);
  const [first] = items;
  return name === undefined || first === undefined ? undefined : { input: name, item: first, items };
}

const inputNames: Readonly<Record<ResultKind, string>> = {
  ...{ ann: 'ANN', snn: 'SNN', conversion: 'conversion', history: 'training' },
};

/** `SNN, precision k1B2, noise 0.1` */
export function describeItem(input: ResultKind, { labels }: Pick<ReportItem<unknown>, 'labels'>): string {
  return [inputNames[input], ...Object.entries(labels).map(([axis, label]) => `${axis} ${label}`)].join(', ');
}

/** `SNN, precision k1B2, mean of 5`, if it is one. */
export function describeItems(input: ResultKind, items: ItemVerdict['items'], repeat: readonly string[]): string {
  const { labels } = items[0]!;
  if (items.length === 1) return describeItem(input, { labels });
  const others = Object.fromEntries(Object.entries(labels).filter(([axis]) => !repeat.includes(axis)));
  return `${describeItem(input, { labels: others })}, mean of ${items.length}`;
}

/** The metrics of the task that made an item, as far as its file has them. */
function metricsOf(input: ResultKind, { result }: ItemVerdict['item']): Metrics {
  switch (input) {
    case 'ann':
      return annMetrics(result as AnnResult);
    case 'snn':
      return snnMetrics(result as SnnResult);
    case 'conversion':
      return conversionMetrics(result as ConversionResult);
    case 'history': {
      const kept = keptEpoch(result as History);
      return kept === undefined ? {} : historyMetrics(kept);
    }
    default:
      return input satisfies never;
  }
}
