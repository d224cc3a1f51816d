// All runs for MLflow: a run a result, with its parameters, metrics and curves.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import {
  experimentId,
  experimentMeta,
  type MlflowExperiment,
  type MlflowRun,
  runFiles,
  runId,
} from '../../exchange/mlflow.js';
import { syncFolder, temporaryPath, writeAtomically } from '../../files/atomic.js';
import { guarded } from '../../files/error.js';
import { readRegularFile } from '../../files/regular-file.js';
import { removeFolder, removeLeftovers } from '../../files/remove.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import { replaceFolder } from '../../store/tree.js';
import { plain } from '../../text/table.js';
import type { MetricValue } from '../../values.js';
import { metricNumber } from './cells.js';
import { curvesOf } from './curves.js';
import type { RunResultRow } from './runs.js';

/**
 * Writes the results as runs of an experiment with the pipeline's name: of the one that is there, or of a new one. The same
 * result is the same run, and replaces itself.
 *
 * @param folder of the file store, which MLflow calls `mlruns`
 * @returns how many were written
 */
export async function writeMlflow(
  pipeline: Pipeline,
  store: Store,
  rows: readonly RunResultRow[],
  folder: string,
): Promise<number> {
  const root = resolve(folder);
  return guarded(root, async () => {
    const there = experimentIn(root, pipeline.name);
    const experiment = there ?? { id: experimentId(pipeline.name), name: pipeline.name };
    const place = join(root, experiment.id);
    // MLflow passes over what has no meta.yaml.
    const drafts = join(place, draftsFolder);
    removeLeftovers(drafts);
    const first = Math.min(...rows.map(({ finishedAt }) => Date.parse(finishedAt)));
    if (there === undefined && rows.length > 0)
      await writeAtomically(join(place, 'meta.yaml'), [experimentMeta(experiment, first, place)], drafts);
    for (const row of rows) {
      const run = await runOf(pipeline, store, row);
      const own = join(place, runId(run));
      await writeRun(own, runFiles(run, experiment, own), drafts);
    }
    removeFolder(drafts);
    return rows.length;
  });
}

/** For what is not whole yet. */
const draftsFolder = '.spikeline-export';

/**
 * A run is there as a whole or not at all. Of one that is there, file after file is replaced, each as a whole: MLflow may have
 * put others beside them.
 */
async function writeRun(own: string, files: ReadonlyMap<string, string>, drafts: string): Promise<void> {
  if (existsSync(join(own, 'meta.yaml'))) {
    for (const [path, text] of files) await writeAtomically(join(own, path), [text], drafts);
    return;
  }
  const draft = temporaryPath(drafts);
  mkdirSync(join(draft, 'artifacts'), { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(draft, path)), { recursive: true });
    writeFileSync(join(draft, path), text, { flush: true });
  }
  replaceFolder(draft, own, drafts);
  await syncFolder(dirname(own));
}

async function runOf(pipeline: Pipeline, store: Store, row: RunResultRow): Promise<MlflowRun> {
  const { task, key, run, stage, axes, call, parameters, metrics } = row;
  const provenance = (await store.record(key))?.provenance;
  const ended = Date.parse(provenance?.finishedAt ?? row.finishedAt);
  const known = Object.entries(metrics).map(([name, value]) => [name, metricNumber(value), value] as const);
  const texts = known
    .filter(([, number]) => number === undefined)
    .map(([name, , value]) => [`result.${name}`, textOf(value)]);
  const told = provenance === undefined ? {} : { platform: provenance.platform, version: provenance.spikeline };
  const facts = { task, stage, key, run: String(run), ...told };
  return {
    ...{ identity: `${pipeline.name}\n${task}\n${key}`, name: task, ended },
    started: ended - Math.round((provenance?.seconds ?? 0) * 1e3),
    metrics: Object.fromEntries(known.flatMap(([name, number]) => (number === undefined ? [] : [[name, number]]))),
    curves: await curvesOf(pipeline, store, row),
    parameters: mapTexts({ ...call, ...parameters, ...axes }),
    tags: {
      ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`spikeline.${name}`, value])),
      ...(Object.fromEntries(texts) as Record<string, string>),
    },
  };
}

const textOf = (value: MetricValue): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const mapTexts = (values: RunResultRow['parameters']): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));

/** The experiment of a name that a file store has. */
function experimentIn(root: string, name: string): MlflowExperiment | undefined {
  return foldersIn(root)
    .map((id) => ({ id, name: nameOf(join(root, id, 'meta.yaml')) }))
    .find((experiment) => experiment.name === name) as MlflowExperiment | undefined;
}

function nameOf(meta: string): unknown {
  try {
    return (parse(readRegularFile(meta).toString()) as { readonly name?: unknown } | null)?.name;
  } catch {
    // What is damaged MLflow passes over, too.
    return undefined;
  }
}

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}
