import { fileURLToPath } from 'node:url';
import { UserError } from '../error.js';
import { systemError } from '../files/error.js';
import { dependenciesOf } from '../pipeline/expand/targets.js';
import { type Pipeline as ExpandedPipeline, pointOf, type Task, type TaskPoint } from '../pipeline/expand/task.js';
import type { RunEvent } from '../run/events.js';
import { checkOpenFiles } from '../run/open-files.js';
import { Planner } from '../run/plan/planner.js';
import { forgetCode } from '../stage/fingerprint.js';
import type { Published } from '../store/published.js';
import type { Store } from '../store/store.js';
import type { TaskResult as StoredResult } from '../store/types.js';
import type { Json } from '../values.js';
import { Listener } from './listener.js';
import { readExecutor, readJobs } from './opening/executors.js';
import type { PipelineOptions } from './opening/options.js';
import { openPipelineFile } from './opening/pipeline.js';
import { openStore } from './opening/store.js';
import { chooseTasks, forcedTasks } from './opening/tasks.js';
import { PipelineRun } from './running.js';
import type {
  LoadOptions,
  Pipeline,
  PlannedTask,
  PlanOptions,
  RunOptions,
  RunResult,
  TaskOutcome,
  TaskOutputs,
  TaskResult,
  TaskRow,
} from './types.js';

interface Loaded {
  readonly expanded: ExpandedPipeline;
  readonly options: PipelineOptions;
}

/** What programs have been given stands for more than it shows. */
const loaded = new WeakMap<Pipeline, Loaded>();

/** See index.ts. */
export function loadPipeline(file: string | URL, { set, ...others }: LoadOptions): Promise<Pipeline> {
  return explained(async () => {
    const options: PipelineOptions = { ...others, ...(set && { set: Object.entries(set).map(settingText) }) };
    const expanded = await openPipelineFile(typeof file === 'string' ? file : fileURLToPath(file), options);
    const { folder: artifacts } = openStore(options, expanded);
    const tasks = expanded.tasks.map((task) => ({ ...pointOf(task), dependsOn: dependenciesOf(task) }));
    const pipeline: Pipeline = { name: expanded.name, file: expanded.file, artifacts, tasks };
    // The folder stays the same wherever the program goes.
    loaded.set(pipeline, { expanded, options: { ...options, artifacts } });
    return pipeline;
  });
}

/** See index.ts. */
export function plan(pipeline: Pipeline, { targets = [], force }: PlanOptions): Promise<readonly PlannedTask[]> {
  return explained(async () => {
    const { expanded, store } = opened(pipeline);
    const { all } = chooseTasks(expanded, targets);
    const planner = new Planner(expanded, store, { force: forcedTasks(expanded, all, force) });
    const plans = await planner.plan(all);
    return all.map((task) => ({ ...rowOf(task), ...plans.get(task.id)!.status }));
  });
}

/** See index.ts. */
export async function run(pipeline: Pipeline, options: RunOptions): Promise<RunResult> {
  const { targets = [], force, keepGoing = false, jobs = Number.POSITIVE_INFINITY, signal, onEvent } = options;
  const listener = new Listener(onEvent);
  const result = await explained(async () => {
    const { expanded, store, options: form } = opened(pipeline);
    const executor = readExecutor(options.executor);
    const { all: tasks } = chooseTasks(expanded, targets);
    const run = await PipelineRun.open({
      ...{ pipeline: expanded, store, options: form, targets, tasks, keepGoing, executor },
      ...{ force: forcedTasks(expanded, tasks, force), jobs: readJobs(jobs, `jobs: ${jobs}`) },
    });
    const stop = () => run.interrupt();
    listener.onThrow = stop;
    try {
      const ending = run.start((event) => listener.tell(event));
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop);
      const ended = await ending;
      const pages = await run.keep(ended, (message) => listener.tell({ event: 'warning', message }));
      const { end } = listener;
      const published = store.published(expanded.name);
      return {
        state: ended.interrupted ? 'interrupted' : ended.failed > 0 ? 'failed' : 'done',
        seconds: end?.seconds ?? 0,
        tasks: tasks.map((task) => outcomeOf(published, task, listener.of(task.id), ended.results.get(task.id))),
        pages,
        jobs: ended.interrupted ? (run.cluster?.jobs ?? []) : [],
      } satisfies RunResult;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });
  listener.close();
  return result;
}

/** See index.ts. */
export function results(
  pipeline: Pipeline,
  { targets = [] }: Pick<PlanOptions, 'targets'>,
): Promise<readonly TaskResult[]> {
  return explained(async () => {
    const { expanded, store } = opened(pipeline);
    const { chosen, all } = chooseTasks(expanded, targets);
    const plans = await new Planner(expanded, store).plan(all);
    const published = store.published(expanded.name);
    const wanted = new Set(chosen);
    const rows: TaskResult[] = [];
    for (const task of all) {
      const result = plans.get(task.id)!.result;
      if (result === undefined || !wanted.has(task)) continue;
      await published.show(task, result);
      rows.push({ ...rowOf(task), ...outputsOf(published, task, result) });
    }
    await store.settled();
    return rows;
  });
}

/** What the system refuses has a code and a hint as all else that users can do something about. */
async function explained<T>(action: () => Promise<T>): Promise<T> {
  try {
    checkOpenFiles();
    // This process may be older than the code that stages have by now.
    forgetCode();
    return await action();
  } catch (error) {
    throw error instanceof UserError ? error : (systemError(error) ?? error);
  }
}

function opened(pipeline: Pipeline): Loaded & { readonly store: Store } {
  const known = loaded.get(pipeline);
  if (known === undefined)
    throw new UserError(
      'E_USAGE',
      'This is not a pipeline.',
      'pass the object that loadPipeline() resolves to, not a copy of it',
    );
  return { ...known, store: openStore(known.options, known.expanded) };
}

/** As `--set` takes it: a value of JSON, in which nothing is an expression. */
function settingText([name, value]: [string, Json]): string {
  return `${name}=${JSON.stringify(value).replaceAll('${{', () => '$${{')}`;
}

const rowOf = ({ id, stage, axes, labels }: TaskPoint): TaskRow => ({ task: id, stage, axes, labels });

function outputsOf(published: Published, task: Task, { key, metrics, outputs }: StoredResult): TaskOutputs {
  const folder = published.folderOf(task);
  const shown = Object.entries(outputs).map(([name, { kind, digest, size }]) => {
    const path = `${folder}/${task.outputs[name] ?? name}`;
    return [name, { path, kind, digest, size }] as const;
  });
  return { key, metrics, outputs: Object.fromEntries(shown) };
}

function outcomeOf(
  published: Published,
  task: Task,
  event: Extract<RunEvent, { event: 'task' }> | undefined,
  result: StoredResult | undefined,
): TaskOutcome {
  const row = rowOf(task);
  if (event === undefined || event.status === 'skipped') return { ...row, state: 'skipped' };
  const { status: state, seconds, from, failure } = event;
  if (state === 'failed') return { ...row, state, seconds, failure: failure! };
  return { ...row, state, ...(from && { from }), seconds, ...outputsOf(published, task, result!) };
}
