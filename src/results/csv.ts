import { type Cell, type Column, renderTable } from '../text/table.js';
import type { AnnResult } from './ann-result.js';
import type { History } from './history.js';
import type { ResultNoise, SnnResult } from './snn-result.js';

const resultColumns = [
  ...['stage', 'network', 'dataset', 'precision', 'noise', 'images', 'correct', 'accuracy', 'neurons'],
  ...['spikesPerImage', 'firingRate', 'sopsPerImage', 'eventSopsPerImage', 'effectiveSopsPerImage', 'denseMacs'],
];

/** A result with its place in the sweep. */
interface Labelled<T> {
  readonly result: T;
  /** By axis. */
  readonly labels: Readonly<Record<string, string>>;
}

/** All results as CSV, a row a result with its place on each axis, in the order of the inputs. */
export function resultsCsv(ann: readonly Labelled<AnnResult>[], snn: readonly Labelled<SnnResult>[]): string {
  const items = [...ann, ...snn];
  const rows = items.map(({ labels, result }) => ({
    ...labels,
    ...(result as Readonly<Record<string, unknown>>),
    ...noiseCells(result),
  }));
  const kinds = items.some(({ result }) => 'noiseTerms' in result) ? noiseColumns : [];
  const columns = resultColumns.flatMap((column) => (column === 'noise' ? [column, ...kinds] : [column]));
  return csvOf(rows, [...axesOf(items, columns), ...columns]);
}

const noiseColumns = ['noiseKind', 'noiseAmount', 'noiseLayers'] as const;

/** Kinds of noise, such as `deletion + membrane`, with the amount and the layers of each; none for noise that is a number. */
function noiseCells(result: AnnResult | SnnResult): Partial<Record<(typeof noiseColumns)[number], string>> {
  const terms = 'noiseTerms' in result ? (result.noiseTerms ?? []) : [];
  if (terms.length === 0) return {};
  const joined = (of: (term: ResultNoise) => string | number) => terms.map(of).join(' + ');
  return {
    noiseKind: joined(({ kind }) => kind),
    noiseAmount: joined(({ probability, sigma }) => probability ?? sigma ?? 0),
    noiseLayers: joined(({ layers }) => layers.join(' ')),
  };
}

const trainingColumns = ['training', 'epoch', 'learningRate', 'loss', 'trainAccuracy', 'testAccuracy'];

/** Training histories as CSV, a row an epoch with its place on each axis, in the order of the inputs. */
export function trainingCsv(histories: readonly Labelled<History>[]): string {
  const rows = histories.flatMap(({ labels, result: { label, epochs } }) =>
    epochs.map(({ epoch, learningRate, loss, trainAccuracy, testAccuracy }) => ({
      ...{ ...labels, training: label, epoch, learningRate: known(learningRate) },
      ...{ loss: known(loss), trainAccuracy: known(trainAccuracy), testAccuracy: known(testAccuracy) },
    })),
  );
  return csvOf(rows, [...axesOf(histories, trainingColumns), ...trainingColumns]);
}

type Row = Readonly<Record<string, Cell>>;

/** Axes in order of appearance, without those that say what a column says itself. */
function axesOf(items: readonly Labelled<unknown>[], columns: readonly string[]): string[] {
  const axes = new Set(items.flatMap(({ labels }) => Object.keys(labels)));
  return [...axes].filter((axis) => !columns.includes(axis));
}

function csvOf(rows: readonly Row[], keys: readonly string[]): string {
  return renderTable(
    rows,
    keys.map((key): Column => ({ key })),
    'csv',
  );
}

/** What was not measured is an empty field. */
function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
