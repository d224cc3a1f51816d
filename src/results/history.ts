import { UserError } from '../error.js';
import { renderTable } from '../text/table.js';
import type { Metrics } from '../values.js';

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

const columns = ['epoch', 'learningRate', 'loss', 'trainAccuracy', 'testAccuracy'] as const;

/** The file of a training. Every line names what was trained on what, so that a report of several can tell them apart. */
export function historyText(epochs: readonly Epoch[], network: string, dataset: string): string {
  const rows = epochs.map((epoch) => ({
    ...Object.fromEntries(columns.map((column) => [column, Number(epoch[column].toFixed(6))])),
    ...{ network, dataset },
  }));
  return renderTable(
    rows,
    [...columns, 'network', 'dataset'].map((key) => ({ key })),
    'csv',
  );
}

/** The metrics of the task that trained: of its last epoch. */
export function historyMetrics({ epoch, loss, trainAccuracy, testAccuracy }: Epoch): Metrics {
  return { epoch, loss, trainAccuracy, testAccuracy };
}

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
