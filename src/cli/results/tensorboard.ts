// All runs for TensorBoard: a folder a result, with the curves of trainings and the metrics of the others.

import { join } from 'node:path';
import { outputsOfKind } from '../../api/results/declared.js';
import { eventFile, type Scalar } from '../../exchange/tensorboard.js';
import { writeAtomically } from '../../files/atomic.js';
import { guarded } from '../../files/error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { parseHistory } from '../../results/history.js';
import { fileName } from '../../store/names.js';
import type { Store } from '../../store/store.js';
import type { Metrics } from '../../values.js';
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

/** The curves of a training, by epoch. */
async function curvesOf(pipeline: Pipeline, store: Store, { task: id, key }: RunResultRow): Promise<Scalar[]> {
  const task = pipeline.tasks.find((one) => one.id === id);
  const record = await store.record(key);
  if (task === undefined || record === undefined) return [];
  const scalars: Scalar[] = [];
  for (const output of outputsOfKind(task, 'history')) {
    const artifact = record.outputs[output];
    const bytes = artifact === undefined ? undefined : await store.blobs.read(artifact.digest);
    if (bytes === undefined) continue;
    for (const { epoch, ...values } of parseHistory(bytes.toString(), id, `The output "${output}" of ${id}`).epochs)
      for (const [tag, value] of Object.entries(values))
        if (Number.isFinite(value)) scalars.push({ tag, step: epoch, value });
  }
  return scalars;
}

/** Beside curves of the same names, apart: they are of no step. */
function metricsOf(metrics: Metrics): Scalar[] {
  return Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number' && Number.isFinite(value) ? [{ tag: `result/${name}`, step: 0, value }] : [],
  );
}
