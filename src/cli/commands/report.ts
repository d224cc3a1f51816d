import { callOf, shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTask } from '../../api/opening/tasks.js';
import { resultsOf } from '../../api/results/current.js';
import { ownPageTasks, pageTasks } from '../../api/results/declared.js';
import { pagePath, runPage, writePages } from '../../api/results/pages.js';
import { UserError } from '../../error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { Planner } from '../../run/plan/planner.js';
import { builtInStages } from '../../stage/registry.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printText } from '../terminal/output.js';
import { writeOutput } from '../terminal/output-file.js';

export interface ReportOptions extends PipelineOptions {
  readonly output?: string;
}

/** `report`: the page that a stage makes, with what the records tell of the run. */
export async function reportCommand(
  file: string | undefined,
  target: string | undefined,
  options: ReportOptions,
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const store = openStore(options, pipeline);
  const task = await chooseReport(pipeline, target);
  const results = resultsOf(await new Planner(pipeline, store).plan());
  if (!results.has(task.id)) {
    printText(`The page has not been made, or is out of date. Make it: ${callOf('run', pipeline, options, [task.id])}`);
    return exitCodes.failed;
  }
  const run = { pipeline, store, options, results };
  if (options.output === undefined) {
    await writePages(run);
    print(shownPath(pagePath(store, pipeline, task)));
    return exitCodes.done;
  }
  await writeOutput(options.output, await runPage(run, task));
  print(shownPath(options.output));
  return exitCodes.done;
}

/** The task that is meant, of those that make pages. */
async function chooseReport(pipeline: Pipeline, target: string | undefined): Promise<Task> {
  const tasks = pageTasks(pipeline);
  const [first, second] = ownPageTasks(pipeline);
  if (first === undefined)
    throw new UserError('E_USAGE', `${shownPath(pipeline.file)} has no stage that makes a page.`, await hintOfPages());
  if (target === undefined) {
    if (second === undefined) return first;
    throw new UserError('E_USAGE', `It has several pages.`, `name one: ${tasks.map(({ id }) => id).join(' ')}`);
  }
  const task = chooseTask(pipeline, target);
  if (tasks.includes(task)) return task;
  throw new UserError('E_USAGE', `"${target}" makes no page.`, `these do: ${tasks.map(({ id }) => id).join(' ')}`);
}

/** How to have a page, by the built-in stage that makes one. */
async function hintOfPages(): Promise<string | undefined> {
  const stages = await builtInStages();
  const stage = stages.find(({ outputs }) => Object.values(outputs).some(({ kind }) => kind === 'page'));
  if (stage === undefined) return undefined;
  const inputs = Object.keys(stage.inputs).map((name) => `${name}: STAGE`);
  return `add one, such as \`${stage.name}: { uses: ${stage.name}, inputs: { ${inputs.join(', ')} } }\``;
}
