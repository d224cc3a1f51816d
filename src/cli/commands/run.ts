import { dirname } from 'node:path';
import { callOf, shownPath } from '../../api/opening/calls.js';
import { engineNotice } from '../../api/opening/engine.js';
import { readExecutor, readJobs } from '../../api/opening/executors.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTasks, forcedTasks } from '../../api/opening/tasks.js';
import { currentResults } from '../../api/results/current.js';
import { recognisedBy } from '../../api/results/recognised.js';
import { PipelineRun } from '../../api/running.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { RunEvent } from '../../run/events.js';
import type { RunResult } from '../../run/executor.js';
import { PlainView } from '../../run/views/plain.js';
import { countOf, duration, tailLines } from '../../run/views/text.js';
import { annotateFailures, summariseRun } from '../ci/github.js';
import type { RunCommandOptions } from '../opening/options.js';
import { openPipeline } from '../opening/pipeline.js';
import { checkReporter, openView, shownBy } from '../opening/view.js';
import { closingReport } from '../results/closing.js';
import { resultsTable } from '../results/results-table.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { inGitHub, isTerminal, print, printError, printText } from '../terminal/output.js';
import { interruptedCode, listenForSignals } from '../terminal/signals.js';
import { planCommand } from './plan.js';

type TaskEvent = Extract<RunEvent, { event: 'task' }>;

/** `run`: brings tasks up to date, shows how that goes, and says what came of it. */
export async function runCommand(
  file: string | undefined,
  targets: readonly string[],
  options: RunCommandOptions,
): Promise<number> {
  if (options.dryRun === true) return planCommand(file, targets, options);
  const reporter = checkReporter(options.reporter);
  const executor = readExecutor(options.executor);
  const jobs =
    options.jobs === undefined ? Number.POSITIVE_INFINITY : readJobs(Number(options.jobs), `--jobs ${options.jobs}`);
  const pipeline = await openPipeline(file, options);
  const { all: tasks } = chooseTasks(pipeline, targets);
  const force = forcedTasks(pipeline, tasks, options.force);
  const store = openStore(options, pipeline);
  const keepGoing = options.keepGoing ?? false;
  const watched = options.open === true || (reporter === 'auto' && isTerminal());
  const request = { pipeline, store, options, targets, tasks, force, keepGoing, jobs, executor, watched };
  return perform(await PipelineRun.open(request), reporter, options);
}

async function perform(run: PipelineRun, reporter: string, how: RunCommandOptions): Promise<number> {
  const { pipeline, store, options, targets, tasks, executor } = run.request;
  const notice = reporter === 'json' ? undefined : await engineNotice(pipeline);
  if (notice !== undefined) print(notice);
  if (reporter !== 'json' && dirname(store.folder) !== process.cwd()) print(`artifacts: ${shownPath(store.folder)}`);
  const page =
    how.open === true
      ? await (await import('../live/open.js')).openPage(how.port, ({ LivePage, pipelineAddress }, port) =>
          LivePage.open(
            pipeline,
            store,
            tasks.map(({ id }) => id),
            port,
            pipelineAddress('run', { pipeline, store, options }),
          ),
        )
      : undefined;
  const view = await openView(reporter);
  const failures: TaskEvent[] = [];
  let end: Extract<RunEvent, { event: 'end' }> | undefined;
  listenForSignals(run);
  const running = run.start((event) => {
    if (event.event === 'task' && event.status === 'failed') failures.push(event);
    if (event.event === 'end') end = event;
    view.handle(event);
    page?.handle(event);
  });
  const result = await shownBy(view, running);
  const pages = await run.keep(result, printError);
  const leave = async () => {
    const again = callOf('run', pipeline, options, targets);
    if (run.cluster === undefined) printText(`Finished work is kept. Continue with: ${again}`);
    else await (await import('../opening/cluster.js')).leaveJobs(run.cluster, `${again} --executor ${executor.name}`);
  };
  // Views that list events have shown what failed tasks wrote.
  const withTail = !(view instanceof PlainView);
  await tell(run, reporter, { result, end: end!, failures, withTail, pages, leave });
  page?.finish();
  if (result.interrupted) return interruptedCode();
  if (page?.isWatched === true) {
    printError('The live page is served until you close it; Ctrl-C ends it, too.');
    await Promise.race([page.unwatched(), new Promise<void>((interrupt) => listenForSignals({ interrupt }))]);
  }
  return result.failed > 0 ? exitCodes.failed : exitCodes.done;
}

/** What came of a run. */
interface Finished {
  readonly result: RunResult;
  readonly end: Extract<RunEvent, { event: 'end' }>;
  readonly failures: readonly TaskEvent[];
  /** True if the last lines of failed tasks are yet to be shown. */
  readonly withTail: boolean;
  /** Where pages of results are. */
  readonly pages: readonly string[];
  /** Says how to go on after an interruption. */
  readonly leave: () => Promise<void>;
}

/** Says what came of a run, to people and to CI systems. */
async function tell(run: PipelineRun, reporter: string, finished: Finished): Promise<void> {
  const { pipeline, store, options, targets, tasks } = run.request;
  const { result, end, failures, withTail, pages, leave } = finished;
  // What was not asked for may be up to date all the same. To find out can take long: nobody who interrupts a run wants it.
  const isWhole = result.interrupted || tasks.length === pipeline.tasks.length;
  const current = isWhole ? result.results : await currentResults(pipeline, store);
  const metrics = new Map([...current].map(([id, { metrics }]) => [id, metrics]));
  const isTabled = reporter !== 'json' || inGitHub();
  const recognised = isTabled ? await recognisedBy(pipeline, current, store) : new Map<never, never>();
  const counts = `${countsText(end)}${result.interrupted ? ' (interrupted)' : ''}`;
  if (reporter !== 'json') {
    reportFailures(pipeline, options, failures, withTail);
    printText(`\n${pipeline.name}: ${counts}`, 2);
    if (run.unshared > 0)
      printText(
        `${countOf(run.unshared, 'result')} not shared yet: ${callOf('cache push', pipeline, options, targets)}`,
      );
    if (result.interrupted) await leave();
    if (result.failed + result.skipped === 0)
      print(
        await closingReport({ pipeline, store, options, tasks, metrics, recognised, pages, computed: result.ran > 0 }),
      );
    if (inGitHub()) annotateFailures(pipeline, failures);
  }
  if (inGitHub()) summariseRun(pipeline, counts, failures, resultsTable(pipeline, metrics, 'md', recognised));
}

function reportFailures(
  pipeline: Pipeline,
  options: PipelineOptions,
  failures: readonly TaskEvent[],
  withTail: boolean,
): void {
  for (const { task, failure } of failures) {
    printText(`\n${task} failed [${failure!.code}]\n  ${failure!.message}`);
    if (withTail) for (const line of tailLines(failure!, '  ')) print(line);
    if (failure!.hint !== undefined) printText(`  hint: ${failure!.hint}`, 2);
    if (failure!.log !== undefined) printText(`  log:  ${callOf('log', pipeline, options, [task])}`, 2);
  }
}

/** `ran 2, cached 0, failed 1 in 3 s` */
function countsText(end: Extract<RunEvent, { event: 'end' }>): string {
  const { ran, cached, fetched = 0, failed, skipped, seconds } = end;
  const taken = fetched > 0 ? ` (${fetched} fetched)` : '';
  const more = skipped > 0 ? `, skipped ${skipped}` : '';
  return `ran ${ran}, cached ${cached}${taken}, failed ${failed}${more} in ${duration(seconds)}`;
}
