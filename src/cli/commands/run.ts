import { dirname } from 'node:path';
import { callOf, shownPath } from '../../api/opening/calls.js';
import { claimFolder } from '../../api/opening/claim.js';
import { cacheSources } from '../../api/opening/config.js';
import { engineNotice } from '../../api/opening/engine.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTasks } from '../../api/opening/tasks.js';
import { currentMetrics } from '../../api/results/current.js';
import { pageTasks } from '../../api/results/declared.js';
import { type ReportedRun, writePages } from '../../api/results/pages.js';
import { UserError } from '../../error.js';
import { StoreError } from '../../files/error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { undeclaredFiles } from '../../pipeline/expand/undeclared.js';
import type { RunEvent } from '../../run/events.js';
import type { RunOptions, RunResult } from '../../run/executor.js';
import { LocalExecutor } from '../../run/local/executor.js';
import { RunRecorder } from '../../run/plan/history.js';
import { openSharing } from '../../run/share/open-sharing.js';
import { PlainView } from '../../run/views/plain.js';
import { countOf, duration, tailLines } from '../../run/views/text.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import { annotateFailures, summariseRun } from '../ci/github.js';
import type { RunCommandOptions } from '../opening/options.js';
import { openPipeline } from '../opening/pipeline.js';
import { checkReporter, openView } from '../opening/view.js';
import { closingReport } from '../results/closing.js';
import { resultsTable } from '../results/results-table.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { inGitHub, print, printError } from '../terminal/output.js';
import { interruptedCode, listenForSignals } from '../terminal/signals.js';
import { planCommand } from './plan.js';

const executors = ['local', 'slurm'];

type TaskEvent = Extract<RunEvent, { event: 'task' }>;

/** What a call of `run` means. */
interface RunCall {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly options: RunCommandOptions;
  readonly targets: readonly string[];
  /** The tasks that targets name, with what they need. */
  readonly tasks: readonly Task[];
  readonly reporter: string;
}

/** `run`: brings tasks up to date, shows how that goes, and says what came of it. */
export async function runCommand(
  file: string | undefined,
  targets: readonly string[],
  options: RunCommandOptions,
): Promise<number> {
  if (options.dryRun === true) return planCommand(file, targets, options);
  const reporter = checkReporter(options.reporter);
  checkExecutor(options.executor);
  const jobs = readJobs(options.jobs);
  const pipeline = await openPipeline(file, options);
  const { all: tasks } = chooseTasks(pipeline, targets);
  const force = forcedTasks(pipeline, tasks, options.force);
  const store = openStore(options, pipeline);
  await claimFolder(store, pipeline);
  const call: RunCall = { pipeline, store, options, targets, tasks, reporter };
  return perform(call, { tasks, force, keepGoing: options.keepGoing ?? false, jobs });
}

async function perform(call: RunCall, chosen: Omit<RunOptions, 'sharing' | 'emit'>): Promise<number> {
  const { pipeline, store, options, targets, tasks, reporter } = call;
  const notice = reporter === 'json' ? undefined : await engineNotice(pipeline);
  if (notice !== undefined) print(notice);
  if (reporter !== 'json' && dirname(store.folder) !== process.cwd()) print(`artifacts: ${shownPath(store.folder)}`);

  let emit: (event: RunEvent) => void = () => undefined;
  const caches = await cacheSources(pipeline);
  const sharing = await openSharing(caches, store, (event) => emit(event));
  const view = await openView(reporter);
  const recorder = new RunRecorder();
  const failures: TaskEvent[] = [];
  let end: Extract<RunEvent, { event: 'end' }> | undefined;
  emit = (event) => {
    if (event.event === 'task' && event.status === 'failed') failures.push(event);
    if (event.event === 'end') end = event;
    recorder.handle(event);
    view.handle(event);
  };
  if (sharing?.caution !== undefined) emit({ event: 'warning', ...sharing.caution });
  for (const { message, hint = '' } of undeclaredFiles(pipeline, tasks)) emit({ event: 'warning', message, hint });
  const runOptions = { ...chosen, ...(sharing && { sharing }), emit };
  const onCluster =
    options.executor === 'slurm'
      ? await (await import('../../api/opening/slurm.js')).slurmExecutor(pipeline, store, { ...runOptions, caches })
      : undefined;
  const run = onCluster ?? new LocalExecutor(pipeline, store, runOptions);
  listenForSignals(run);
  const result = await run.start().finally(() => Promise.all([view.close(), sharing?.cache.close()]));
  await noteRun(recorder, call);
  const leave = async () => {
    const again = callOf('run', pipeline, options, targets);
    if (onCluster !== undefined)
      await (await import('../opening/slurm.js')).leaveJobs(onCluster, `${again} --executor slurm`);
    else print(`Finished work is kept. Go on with: ${again}`);
  };
  // Views that list events have shown what failed tasks wrote.
  const withTail = !(view instanceof PlainView);
  await tell(call, { result, end: end!, failures, withTail, unshared: sharing?.lost ?? 0, leave });
  if (result.interrupted) return interruptedCode();
  return result.failed > 0 ? exitCodes.failed : exitCodes.done;
}

/** What came of a run. */
interface Finished {
  readonly result: RunResult;
  readonly end: Extract<RunEvent, { event: 'end' }>;
  readonly failures: readonly TaskEvent[];
  /** True if the last lines of failed tasks are yet to be shown. */
  readonly withTail: boolean;
  /** Results that the remote cache did not take. */
  readonly unshared: number;
  /** Says how to go on after an interruption. */
  readonly leave: () => Promise<void>;
}

/** Says what came of a run, to people and to CI systems. */
async function tell(call: RunCall, { result, end, failures, withTail, unshared, leave }: Finished): Promise<void> {
  const { pipeline, store, options, targets, tasks, reporter } = call;
  const pages = await pagesOf({ pipeline, store, options, results: result.results });
  // What was not asked for may be up to date all the same.
  const metrics =
    tasks.length === pipeline.tasks.length
      ? new Map([...result.results].map(([id, { metrics }]) => [id, metrics]))
      : await currentMetrics(pipeline, store);
  const counts = `${countsText(end)}${result.interrupted ? ' (interrupted)' : ''}`;
  if (reporter !== 'json') {
    reportFailures(pipeline, options, failures, withTail);
    print(`\n${pipeline.name}: ${counts}`);
    if (unshared > 0)
      print(`${countOf(unshared, 'result')} not shared yet: ${callOf('cache push', pipeline, options, targets)}`);
    if (result.interrupted) await leave();
    if (result.failed + result.skipped === 0)
      print(await closingReport({ pipeline, store, options, tasks, metrics, pages, computed: result.ran > 0 }));
    if (inGitHub()) annotateFailures(pipeline, failures);
  }
  if (inGitHub()) summariseRun(pipeline, counts, failures, resultsTable(pipeline, metrics, 'md'));
}

function checkExecutor(executor = 'local'): void {
  if (executors.includes(executor)) return;
  throw new UserError('E_USAGE', `There is no executor "${executor}".`, `known: ${executors.join(', ')}`);
}

/** What `--jobs` says: how many tasks may run at a time. */
function readJobs(said: string | undefined): number {
  const jobs = said === undefined ? Number.POSITIVE_INFINITY : Number(said);
  if (jobs >= 1 && (Number.isInteger(jobs) || jobs === Number.POSITIVE_INFINITY)) return jobs;
  throw new UserError('E_USAGE', `--jobs ${said}: a whole number from 1 on is needed.`);
}

/** Writes the pages that the run has made. Where they can't be written, the results are none the worse. */
async function pagesOf(run: ReportedRun): Promise<readonly string[]> {
  if (pageTasks(run.pipeline).every(({ id }) => !run.results.has(id))) return [];
  try {
    return await writePages(run);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    printError(`The page of results can't be written: ${error.message}`);
    return [];
  }
}

/** Adds the run to the pipeline's history. Where that can't be written, the results are none the worse. */
async function noteRun(recorder: RunRecorder, { pipeline, store, options, targets }: RunCall): Promise<void> {
  const { set, profile, engine } = options;
  const call = {
    ...(set === undefined ? {} : { set }),
    ...(profile === undefined ? {} : { profile }),
    ...(engine === undefined ? {} : { engine }),
    ...(targets.length === 0 ? {} : { targets }),
  };
  await recorder.write(store, pipeline.name, call).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    printError(`This run is not in the history that \`diff\` and \`why\` use: ${error.message}`);
  });
}

function forcedTasks(pipeline: Pipeline, all: readonly Task[], force: RunCommandOptions['force']): ReadonlySet<TaskId> {
  if (force === undefined) return new Set();
  if (force === true) return new Set(all.map(({ id }) => id));
  return new Set(chooseTasks(pipeline, force).chosen.map(({ id }) => id));
}

function reportFailures(
  pipeline: Pipeline,
  options: RunCommandOptions,
  failures: readonly TaskEvent[],
  withTail: boolean,
): void {
  for (const { task, failure } of failures) {
    print(`\n${task} failed [${failure!.code}]\n  ${failure!.message}`);
    if (withTail) for (const line of tailLines(failure!, '  ')) print(line);
    if (failure!.hint !== undefined) print(`  hint: ${failure!.hint}`);
    if (failure!.log !== undefined) print(`  log:  ${callOf('log', pipeline, options, [task])}`);
  }
}

/** `ran 2, cached 0, failed 1 in 3 s` */
function countsText(end: Extract<RunEvent, { event: 'end' }>): string {
  const { ran, cached, fetched = 0, failed, skipped, seconds } = end;
  const taken = fetched > 0 ? ` (${fetched} fetched)` : '';
  const more = skipped > 0 ? `, skipped ${skipped}` : '';
  return `ran ${ran}, cached ${cached}${taken}, failed ${failed}${more} in ${duration(seconds)}`;
}
