import { readExecutor } from '../../api/opening/executors.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTasks, forcedTasks } from '../../api/opening/tasks.js';
import { absentFiles } from '../../pipeline/expand/absent.js';
import { Planner, type TaskPlan } from '../../run/plan/planner.js';
import { statusText } from '../explain/status.js';
import { timeAndRoomOf } from '../explain/time-and-room.js';
import { printWarnings } from '../explain/warnings.js';
import type { RunCommandOptions } from '../opening/options.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { printText } from '../terminal/output.js';

/** `plan`: what would run, in order, and why; with an executor that has more to say, where. */
export async function planCommand(
  file: string | undefined,
  targets: readonly string[],
  options: RunCommandOptions & { readonly measure?: boolean },
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const { all } = chooseTasks(pipeline, targets);
  printWarnings(pipeline, all);
  const force = forcedTasks(pipeline, all, options.force);
  const store = openStore(options, pipeline);
  const planner = new Planner(pipeline, store, { force });
  const plans = await planner.plan(all);
  const open = all.filter(({ id }) => plans.get(id)!.status.state !== 'cached');
  const preview = await readExecutor(options.executor).preview?.(pipeline, open);
  const { measure = false, jobs } = options;
  const expected = await timeAndRoomOf({ pipeline, store, open, measure, jobs }, plans, preview);
  for (const task of open) {
    const about = [expected.ofTask(task), preview?.places.get(task.id)].filter((text) => text !== undefined);
    say([describe(task.id, plans.get(task.id)!), ...about].join(', '));
    for (const { parameter, path } of absentFiles(task, pipeline))
      say(`       there is no ${path} (${parameter}): the task fails unless a shared cache has its result`);
  }
  const cached = all.length - open.length;
  const repeat = [...new Set(all.flatMap((task) => task.repeat ?? []))];
  const repeated = repeat.length === 0 ? '' : `; repeated over ${repeat.join(' and ')}`;
  say(`${open.length === 0 ? '' : '\n'}${open.length} to run, ${cached} cached${repeated}`);
  for (const line of open.length === 0 ? [] : [...(preview?.lines ?? []), ...expected.lines]) say(line);
  return exitCodes.done;
}

function say(text: string): void {
  printText(text, 7);
}

function describe(id: string, { status }: TaskPlan): string {
  const mark = status.state === 'waiting' ? 'maybe' : 'run';
  return `${mark.padEnd(6)} ${id} (${statusText(status)})`;
}
