import { UserError } from '../error.js';
import { type Column, renderTable } from '../text/table.js';
import type { Metrics } from '../values.js';

/** One epoch of a training. */
export interface Epoch {
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  /** 0 to 1. */
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  /** On images of the training half that were held out, where there are such. */
  readonly validationAccuracy?: number;
}

/** A training, or part of one, under the labels of its place in a sweep. */
export interface History {
  readonly label: string;
  /** Where the file says them. */
  readonly network?: string;
  readonly dataset?: string;
  readonly epochs: readonly Epoch[];
  /** The epoch that the checkpoint is of, where it was chosen as the best one on the validation images. */
  readonly kept?: number;
}

const columns = ['epoch', 'learningRate', 'loss', 'trainAccuracy', 'testAccuracy'] as const;

/**
 * The file of a training. Every line names what was trained on what, so that a report of several can tell them apart.
 *
 * @param kept the epoch that was chosen to be kept
 */
export function historyText(
  epochs: readonly Epoch[],
  { network, dataset, kept }: { readonly network: string; readonly dataset: string; readonly kept?: number },
): string {
  const validated = epochs.some(({ validationAccuracy }) => validationAccuracy !== undefined);
  const rows = epochs.map(({ learningRate, validationAccuracy, ...epoch }) => ({
    ...Object.fromEntries(Object.entries(epoch).map(([column, value]) => [column, Number(value.toFixed(6))])),
    learningRate: Number(learningRate.toPrecision(6)),
    ...(validationAccuracy === undefined ? {} : { validationAccuracy: Number(validationAccuracy.toFixed(6)) }),
    ...(epoch.epoch === kept ? { kept: 1 } : {}),
    ...{ network, dataset },
  }));
  const chosen = [...(validated ? ['validationAccuracy'] : []), ...(kept === undefined ? [] : ['kept'])];
  return renderTable(
    rows,
    [...columns, ...chosen, 'network', 'dataset'].map((key): Column => ({ key })),
    'csv',
  );
}

/** The metrics of the task that trained: of the epoch that was kept. */
export function historyMetrics({ epoch, loss, trainAccuracy, testAccuracy, validationAccuracy }: Epoch): Metrics {
  return {
    ...{ epoch, loss, trainAccuracy, testAccuracy },
    ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
  };
}

/** The epoch that the checkpoint is of. */
export function keptEpoch({ epochs, kept }: Pick<History, 'epochs' | 'kept'>): Epoch | undefined {
  return kept === undefined ? epochs.at(-1) : epochs.find(({ epoch }) => epoch === kept);
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
  const optional = { validation: titles.indexOf('validationAccuracy'), kept: titles.indexOf('kept') };
  let kept: number | undefined;
  const epochs = lines.map((line): Epoch => {
    const fields = csvFields(line);
    const validation = fields[optional.validation] ?? '';
    const [epoch, learningRate, loss, trainAccuracy, testAccuracy] = places.map((place) => {
      const field = fields[place] ?? '';
      return field === '' ? Number.NaN : Number(field);
    }) as [number, number, number, number, number];
    if (!Number.isInteger(epoch)) throw new UserError('E_PLOT_INPUT', `${file} has a line without epoch: "${line}".`);
    if (fields[optional.kept] === '1') kept = epoch;
    const measured = validation === '' ? {} : { validationAccuracy: Number(validation) };
    return { epoch, learningRate, loss, trainAccuracy, testAccuracy, ...measured };
  });
  const named = (column: 'network' | 'dataset') => {
    const value = csvFields(lines[0] ?? '')[titles.indexOf(column)];
    return value === undefined || value === '' ? {} : { [column]: value };
  };
  const chosen = kept === undefined ? {} : { kept };
  return { label, epochs, ...chosen, ...named('network'), ...named('dataset') };
}

/** The fields of a line (RFC 4180); none of them has a line break in it. */
function csvFields(line: string): string[] {
  const fields = line.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return fields.map((field, index) => {
    const text = index === 0 ? field : field.slice(1);
    return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  });
}
