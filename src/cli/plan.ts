import type { FailureNote, TaskStatus } from '../run/events.js';
import { Planner, type TaskPlan } from '../run/plan/plan.js';
import { moment } from '../run/views/text.js';
import { chooseTasks, exitCodes, openPipeline, openStore, print, type RunCommandOptions } from './context.js';

/** `plan`: what would run, in order, and why. */
export async function planCommand(
  file: string | undefined,
  targets: readonly string[],
  options: RunCommandOptions,
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const { all } = chooseTasks(pipeline, targets);
  const force =
    options.force === undefined ? [] : options.force === true ? all : chooseTasks(pipeline, options.force).chosen;
  const planner = new Planner(pipeline, openStore(options, pipeline), { force: new Set(force.map(({ id }) => id)) });
  const plans = await planner.plan(all);
  const open = all.filter(({ id }) => plans.get(id)!.status.state !== 'cached');
  for (const { id } of open) print(describe(id, plans.get(id)!));
  const cached = all.length - open.length;
  print(`${open.length === 0 ? '' : '\n'}${open.length} to run, ${cached} cached`);
  return exitCodes.done;
}

function describe(id: string, { status }: TaskPlan): string {
  const mark = status.state === 'waiting' ? 'maybe' : 'run';
  return `${mark.padEnd(6)} ${id} (${statusText(status)})`;
}

/** When a task failed, and how. */
export function failedText({ at, code, message }: FailureNote): string {
  return `failed on ${moment(at)}: ${message} [${code}]`;
}

/** A state with its reasons, in one line. */
export function statusText(status: TaskStatus): string {
  switch (status.state) {
    case 'cached':
      return 'cached';
    case 'waiting': {
      const more = status.on.length > 3 ? ` and ${status.on.length - 3} more` : '';
      return `waits for ${status.on.slice(0, 3).join(', ')}${more}`;
    }
    case 'failed': {
      const more = status.reasons.filter(({ code }) => code !== 'new').map(({ text }) => `; ${text}`);
      return `${failedText(status.failure)}${more.join('')}`;
    }
    case 'stale':
    case 'missing':
      return status.reasons.map(({ text }) => text).join('; ');
    default:
      return status satisfies never;
  }
}
