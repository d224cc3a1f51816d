import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { digestBytes } from '../../files/digest.js';
import { systemCode } from '../../files/error.js';
import { IrregularFile, readRegularFile } from '../../files/regular-file.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { type RunFacts, type TaskFacts, withRun } from '../../report/page/run.js';
import { expectationColumns, type ReportTable, textColumn, withoutEmpty } from '../../report/tables/table.js';
import { duration, programsText } from '../../run/views/text.js';
import { blobError } from '../../store/blob-files.js';
import { fileName, pipelineFolderName } from '../../store/names.js';
import type { Store } from '../../store/store.js';
import type { Artifact, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { callOf, shownPath } from '../opening/calls.js';
import type { PipelineOptions } from '../opening/options.js';
import { outputsOfKind, pageTasks } from './declared.js';
import { compareExpectations } from './expectations.js';

/** A pipeline with those of its results that are up to date. */
export interface ReportedRun {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly options: PipelineOptions;
  readonly results: ReadonlyMap<TaskId, TaskResult>;
  /** What the page calls the pipeline file. Default: as the user would type it here. */
  readonly called?: string;
  /** What the page calls a machine. Default: its system and name, as records have them. */
  readonly machineOf?: (platform: string) => string;
}

/**
 * Where the page with the facts of the run lies. A file of its own, because browsers take the link in the readable tree for
 * what it leads to: a blob whose name does not end in `.html`.
 */
export function pagePath(store: Store, pipeline: Pipeline, { id }: Task): string {
  return join(store.folder, pipelineFolderName(pipeline.name), `${fileName(id.replaceAll('/', '.'))}.html`);
}

/** The page of a task that makes one, with the facts of the run. */
export async function runPage(run: ReportedRun, task: Task): Promise<string> {
  const [output] = outputsOfKind(task, 'page');
  const page = await readArtifact(run.store, run.results.get(task.id)!.outputs[output!]!);
  return withRun(page, await factsOf(run, task));
}

/** Writes the pages of a run where they are not there yet, or of another run. Returns their paths. */
export async function writePages(run: ReportedRun): Promise<readonly string[]> {
  const { pipeline, store, results } = run;
  const written: string[] = [];
  for (const task of pageTasks(pipeline)) {
    if (!results.has(task.id)) continue;
    const path = pagePath(store, pipeline, task);
    const page = await runPage(run, task);
    if (pageAt(path) !== page) await store.published(pipeline.name).writeNote(path, page);
    written.push(path);
  }
  return written;
}

/** The page that is there. What is no file is replaced, as far as the system does that. */
function pageAt(path: string): string | undefined {
  try {
    return readRegularFile(path).toString();
  } catch (error) {
    if (error instanceof IrregularFile || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readArtifact(store: Store, artifact: Artifact): Promise<string> {
  // Not by a file of its own: a store that may only be read has pages, too.
  const bytes = await store.blobs.read(artifact.digest);
  if (bytes === undefined) throw blobError(artifact.digest, 'missing', 'The page');
  return bytes.toString('utf8');
}

async function factsOf(run: ReportedRun, task: Task): Promise<RunFacts> {
  const { pipeline, store, options, results, called, machineOf = (platform: string) => platform } = run;
  const records = await Promise.all(
    pipeline.tasks.flatMap(({ id }) => {
      const result = results.get(id);
      return result === undefined ? [] : [store.record(result.key)];
    }),
  );
  const known = records.filter((record) => record !== undefined);
  const tasks = known.map(({ key, outputs, provenance }): TaskFacts => {
    const { seconds, threads, finishedAt, platform } = provenance;
    return {
      ...{ task: provenance.task, key, seconds, threads, finishedAt, duration: duration(seconds) },
      machine: `${machineOf(platform)}, ${programsText(provenance)}`,
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest])),
    };
  });
  const all = (of: (provenance: (typeof known)[number]['provenance']) => string) =>
    [...new Set(known.map(({ provenance }) => of(provenance)))].join('; ');
  // The store of this machine is no part of how others do the same.
  const { artifacts: _, ...elsewhere } = options;
  const shown = shownPath(pipeline.file);
  const file = called ?? (isAbsolute(shown) ? basename(shown) : shown);
  const call = (command: string) => callOf(command, pipeline, elsewhere).replace(shown, () => file);
  const content = await readFile(pipeline.file);
  const params = Object.entries(pipeline.params).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const others = otherExpectations({ pipeline, results }, task);
  return {
    calls: [
      { call: 'npm ci', what: 'install and build' },
      { call: call('run'), what: 'compute what is on this page' },
      { call: call('check'), what: 'compare with what is expected' },
      { call: call('verify'), what: 'compute again, and compare byte by byte' },
    ],
    about: [
      ['Spikeline', all(({ spikeline }) => spikeline)],
      ['Node', all(({ node }) => node)],
      ['machine', all(({ platform }) => machineOf(platform))],
      ...(params.length === 0 ? [] : [['params', params.join(', ')] as const]),
    ],
    ...{ file, fileDigest: digestBytes(content), fileText: content.toString('utf8'), tasks },
    computing: duration(tasks.reduce((sum, { seconds }) => sum + seconds, 0)),
    ...(others === undefined ? {} : { others }),
  };
}

/** Expectations of tasks whose results are no inputs of the page. */
function otherExpectations(
  { pipeline, results }: Pick<ReportedRun, 'pipeline' | 'results'>,
  { inputs }: Task,
): ReportTable | undefined {
  const shown = new Set(
    Object.values(inputs).flatMap((input) =>
      input.kind === 'list' ? input.items.map(({ task }) => task) : input.kind === 'output' ? [input.task] : [],
    ),
  );
  const metrics = new Map([...results].map(([id, result]) => [id, result.metrics]));
  const verdicts = compareExpectations(pipeline, metrics).filter(
    ({ tasks }) => tasks.every((id) => results.has(id)) && !tasks.every((id) => shown.has(id)),
  );
  if (verdicts.length === 0) return undefined;
  return withoutEmpty({
    ...{ name: 'others', title: 'Other expectations', notes: [] },
    columns: [textColumn('task'), ...expectationColumns],
    rows: verdicts.map((one) => [
      ...[one.task, one.metric, one.expected, one.got, one.interval, one.difference, one.verdict, one.source],
    ]),
  });
}
