// What a plan says of time and room before anything runs.

import { statfsSync } from 'node:fs';
import { type ExecutorPreview, readJobs } from '../../api/opening/executors.js';
import { estimatesOf, placeOf } from '../../api/results/estimates.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { schedule } from '../../run/estimate/schedule.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import { countOf, roughly } from '../../run/views/text.js';
import { formatSize } from '../../schema/size.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';

/** What is expected of the tasks that would run. */
export interface Expectation {
  /** What each takes, such as `about 12 min`, or `time unknown`; undefined where nothing is known of any. */
  ofTask(task: Task): string | undefined;
  /** What all of them take. */
  readonly lines: readonly string[];
}

/**
 * @param open the tasks that would run
 * @param said what the call says after `--jobs`
 * @param preview of an executor that would run them elsewhere
 */
export async function expectationOf(
  { pipeline, store, open }: { readonly pipeline: Pipeline; readonly store: Store; readonly open: readonly Task[] },
  plans: ReadonlyMap<TaskId, TaskPlan>,
  said: string | undefined,
  preview: ExecutorPreview | undefined,
): Promise<Expectation> {
  const atATime = said === undefined ? Number.POSITIVE_INFINITY : readJobs(Number(said), `--jobs ${said}`);
  const estimates = await estimatesOf(pipeline, store, open, plans);
  if (open.length === 0) return { ofTask: () => undefined, lines: [] };
  if (estimates.size === 0)
    return { ofTask: () => undefined, lines: ['time: unknown, because nothing like it has run here'] };
  const secondsOf = ({ id }: Task, cores: number) => estimates.get(id)?.seconds(cores) ?? 0;
  const local = placeOf(open, undefined, preview === undefined ? atATime : Number.POSITIVE_INFINITY);
  const here = schedule(open, secondsOf, local);
  const there = preview && schedule(open, secondsOf, placeOf(open, preview, atATime));
  const unknown = open.filter(({ id }) => !estimates.has(id));
  const more = unknown.length === 0 ? '' : `, and ${countOf(unknown.length, 'task')} of unknown time`;
  const nodes =
    atATime === Number.POSITIVE_INFINITY
      ? 'with a job for each task at once'
      : `with ${countOf(atATime, 'job')} at a time`;
  const hereText = `${roughly(here.seconds)} on this machine (${countOf(local.machine.cpus, 'core')})`;
  const bytes = [...estimates.values()].reduce((sum, one) => sum + one.bytes, 0);
  return {
    ofTask: ({ id }) => {
      const seconds = (there ?? here).each.get(id);
      return estimates.has(id) && seconds !== undefined ? roughly(seconds) : 'time unknown';
    },
    lines: [
      there === undefined
        ? `time: ${hereText}${more}`
        : `time: ${roughly(there.seconds)} ${nodes}, not counting time in the queue; ${hereText}${more}`,
      `results: ${unknown.length === 0 ? 'about' : 'at least'} ${formatSize(bytes)}${freeText(store)}`,
    ],
  };
}

/** `, of 65 GB that are free`; nothing where the system doesn't tell. */
function freeText({ folder }: Store): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return `, of ${formatSize(bavail * bsize)} free`;
  } catch {
    return '';
  }
}
