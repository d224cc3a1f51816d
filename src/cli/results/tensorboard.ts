// All runs for TensorBoard: a folder a result, with the curves of trainings and the metrics of the others.

import { join } from 'node:path';
import { eventFile, type Scalar } from '../../exchange/tensorboard.js';
import { writeAtomically } from '../../files/atomic.js';
import { guarded } from '../../files/error.js';
import { removeLeftovers } from '../../files/remove.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { fileName } from '../../store/names.js';
import type { Store } from '../../store/store.js';
import type { Metrics } from '../../values.js';
import { metricNumber } from './cells.js';
import { curvesOf } from './curves.js';
import type { RunResultRow } from './runs.js';

/**
 * Writes an event file for each result, below `run-N/TASK/`. Files of the same results are the same, and replace each other.
 *
 * @returns how many were written
 */
export async function writeTensorboard(
  pipeline: Pipeline,
  store: Store,
  rows: readonly RunResultRow[],
  folder: string,
): Promise<number> {
  // What an export that was killed has left: no event file, by its name.
  removeLeftovers(folder);
  let written = 0;
  for (const row of rows) {
    const scalars = [...(await curvesOf(pipeline, store, row)), ...metricsOf(row.metrics)];
    if (scalars.length === 0) continue;
    const time = Math.floor(Date.parse(row.finishedAt) / 1e3);
    const place = join(folder, `run-${row.run}`, fileName(row.task.replaceAll('/', '.')));
    const path = join(place, `events.out.tfevents.${time}.spikeline`);
    await guarded(path, () => writeAtomically(path, [eventFile(scalars, time)], folder));
    written++;
  }
  return written;
}

/** Beside curves of the same names, apart: they are of no step. */
function metricsOf(metrics: Metrics): Scalar[] {
  return Object.entries(metrics).flatMap(([name, metric]) => {
    const value = metricNumber(metric);
    return value === undefined ? [] : [{ tag: `result/${name}`, step: 0, value }];
  });
}
