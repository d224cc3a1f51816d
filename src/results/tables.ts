import { type Cell, type Column, renderTable } from '../text/table.js';
import type { AnnResult } from './ann-result.js';
import type { History } from './history.js';
import type { SnnResult } from './snn-result.js';

const resultColumns = [
  ...['stage', 'network', 'dataset', 'precision', 'noise', 'images', 'correct', 'accuracy', 'neurons'],
  ...['spikesPerImage', 'firingRate', 'sopsPerImage', 'eventSopsPerImage', 'effectiveSopsPerImage', 'denseMacs'],
];

/** The numbers behind the charts as CSV, a row a result, in the order of the inputs. */
export function resultsCsv(ann: readonly AnnResult[], snn: readonly SnnResult[]): string {
  const columns = resultColumns.map((key): Column => ({ key }));
  const rows = [...ann, ...snn].map((result: Record<string, unknown>) =>
    Object.fromEntries(resultColumns.map((key) => [key, result[key] as Cell])),
  );
  return renderTable(rows, columns, 'csv');
}

/** Training histories as CSV, a row an epoch, in the order of the inputs. */
export function trainingCsv(histories: readonly History[]): string {
  const rows = histories.flatMap(({ label, epochs }) =>
    epochs.map(({ epoch, learningRate, loss, trainAccuracy, testAccuracy }) => ({
      ...{ training: label, epoch, learningRate: known(learningRate) },
      ...{ loss: known(loss), trainAccuracy: known(trainAccuracy), testAccuracy: known(testAccuracy) },
    })),
  );
  const keys = ['training', 'epoch', 'learningRate', 'loss', 'trainAccuracy', 'testAccuracy'];
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
