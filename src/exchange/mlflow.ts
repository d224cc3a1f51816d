// Runs as MLflow's file store keeps them (mlflow/store/tracking/file_store.py): a folder an experiment, in it one a run,
// in it a file a metric, parameter and tag.

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import type { Scalar } from './tensorboard.js';

export interface MlflowExperiment {
  readonly id: string;
  readonly name: string;
}

export interface MlflowRun {
  /** What it is known by: the same text is the same run. */
  readonly identity: string;
  readonly name: string;
  /** In milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of several steps each. Their names begin with `curve/`, so that results of the same name stay apart. */
  readonly curves: readonly Scalar[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** The identifier of an experiment that is not there yet: 18 digits, the same for the same name. */
export function experimentId(name: string): string {
  return String(10n ** 17n + (hash(name).readBigUInt64LE() % (9n * 10n ** 17n)));
}

/** `meta.yaml` of an experiment. @param folder of it, absolute */
export function experimentMeta({ id, name }: MlflowExperiment, time: number, folder: string): string {
  return stringify({
    ...{ artifact_location: pathToFileURL(folder).href, creation_time: time, experiment_id: id },
    ...{ last_update_time: time, lifecycle_stage: 'active', name },
  });
}

/** The folder of a run in that of its experiment. */
export function runId({ identity }: MlflowRun): string {
  return hash(identity).toString('hex').slice(0, 32);
}

/** The files of a run, by path in its folder: `meta.yaml`, without which there is no run, comes last. @param folder of it, absolute */
export function runFiles(run: MlflowRun, experiment: MlflowExperiment, folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const { metrics, curves, parameters, tags, ended } = run;
  const lineOf = ({ step, value }: Omit<Scalar, 'tag'>) => `${ended} ${python(value)} ${step}\n`;
  // Curves lie in a folder of this name, beside which there can be no file.
  for (const [name, key] of fileKeys(Object.keys(metrics), ['curve']))
    files.set(`metrics/${key}`, lineOf({ step: 0, value: metrics[name]! }));
  const curveKeys = fileKeys(curves.map(({ tag }) => tag));
  for (const scalar of curves) {
    const path = `metrics/curve/${curveKeys.get(scalar.tag)!}`;
    files.set(path, `${files.get(path) ?? ''}${lineOf(scalar)}`);
  }
  for (const [name, key] of fileKeys(Object.keys(parameters))) files.set(`params/${key}`, oneLine(parameters[name]!));
  const named: Readonly<Record<string, string>> = { ...tags, 'mlflow.runName': run.name };
  for (const [name, key] of fileKeys(Object.keys(named))) files.set(`tags/${key}`, named[name]!);
  files.set(
    'meta.yaml',
    stringify({
      ...{ artifact_uri: pathToFileURL(`${folder}/artifacts`).href, end_time: ended, entry_point_name: '' },
      ...{ experiment_id: experiment.id, lifecycle_stage: 'active', run_id: runId(run), run_name: run.name },
      // Of a program on this machine (LOCAL), and finished.
      ...{ source_name: '', source_type: 4, source_version: '', start_time: run.started, status: 3, tags: [] },
      user_id: '',
    }),
  );
  return files;
}

/** What MLflow takes at most, and disks too, less what tells two names apart. */
const longestKey = 240;

/** A name as MLflow takes it: letters, digits, `_-. :`. It would make folders of what slashes divide. */
export function fileKey(name: string): string {
  const key = name.replaceAll('/', '.').replaceAll(/[^A-Za-z0-9_\-. :]/g, '_');
  return /^\.*$/.test(key) ? key.replaceAll('.', '_') || '_' : key;
}

/**
 * The key of each name, no two the same, capitals aside: not all disks tell those. Of names that MLflow would take for one, that
 * which is a key already keeps it; the others end with a part of their hash.
 *
 * @param taken keys that no name may have
 */
export function fileKeys(names: Iterable<string>, taken: readonly string[] = []): ReadonlyMap<string, string> {
  const all = [...new Set(names)].sort((a, b) => Number(fileKey(a) !== a) - Number(fileKey(b) !== b));
  const used = new Set(taken);
  return new Map(
    all.map((name) => {
      const key = fileKey(name);
      const isFree = key.length <= longestKey && !used.has(key.toLowerCase());
      const own = isFree ? key : `${key.slice(0, longestKey)}_${hash(name).toString('hex').slice(0, 8)}`;
      used.add(own.toLowerCase());
      return [name, own];
    }),
  );
}

function python(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

/** It reads no parameter of several lines. */
const oneLine = (value: string): string => (/[\r\n]/.test(value) ? JSON.stringify(value) : value);

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
