// What a plan says of time and room before anything runs.

import { type ExecutorPreview, readJobs } from '../../api/opening/executors.js';
import { estimatesOf, placeOf } from '../../api/results/estimates.js';
import { freeBytes } from '../../files/space.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Forecasts } from '../../run/estimate/forecasts.js';
import { type Place, schedule } from '../../run/estimate/schedule.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import { countOf, roughly } from '../../run/views/text.js';
import { formatSize } from '../../schema/size.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import { forecastsOf } from './measuring.js';

/** What is expected of the tasks that would run. */
export interface TimeAndRoom {
  /** What each takes, such as `about 12 min`, or `time unknown`; undefined where nothing is known of any. */
  ofTask(task: Task): string | undefined;
  /** What all of them take. */
  readonly lines: readonly string[];
}

/** From so many seconds on, one may wish for more machines. */
const longSeconds = 3600;
/** How many of them are then told of. */
const machines = 16;

/** What is asked. */
export interface Question {
  readonly pipeline: Pipeline;
  readonly store: Store;
  /** The tasks that would run. */
  readonly open: readonly Task[];
  /** True if a few steps are to be measured of tasks like which none has run. */
  readonly measure: boolean;
  /** What the call says after `--jobs`. */
  readonly jobs: string | undefined;
}

/** @param preview of an executor that would run them elsewhere */
export async function timeAndRoomOf(
  { pipeline, store, open, measure, jobs: said }: Question,
  plans: ReadonlyMap<TaskId, TaskPlan>,
  preview: ExecutorPreview | undefined,
): Promise<TimeAndRoom> {
  const atATime = said === undefined ? Number.POSITIVE_INFINITY : readJobs(Number(said), `--jobs ${said}`);
  if (open.length === 0) return { ofTask: () => undefined, lines: [] };
  const local = placeOf(open, undefined, preview === undefined ? atATime : Number.POSITIVE_INFINITY);
  let forecasts: Forecasts | undefined;
  const estimates = await estimatesOf(pipeline, store, open, plans, async (unknown) => {
    forecasts = await forecastsOf({ pipeline, plans, unknown, threads: local.machine.cpus, measure });
    return forecasts;
  });
  const unknown = open.filter(({ id }) => !estimates.has(id));
  const hint = forecasts === undefined || measure ? [] : measureHint(forecasts, unknown);
  if (estimates.size === 0)
    return { ofTask: () => undefined, lines: ['time: unknown, because nothing like it has run here', ...hint] };
  const secondsOf = ({ id }: Task, cores: number) => estimates.get(id)?.seconds(cores) ?? 0;
  const here = schedule(open, secondsOf, local);
  const there = preview && schedule(open, secondsOf, placeOf(open, preview, atATime));
  const more = unknown.length === 0 ? '' : `, and ${countOf(unknown.length, 'task')} of unknown time`;
  const nodes =
    atATime === Number.POSITIVE_INFINITY
      ? 'with a job for each task at once'
      : `with ${countOf(atATime, 'job')} at a time`;
  const hereText = `${roughly(here.seconds)} on this machine (${countOf(local.machine.cpus, 'core')})`;
  const many = there === undefined && here.seconds > longSeconds ? onMachines(open, secondsOf, local) : undefined;
  const manyText = many === undefined ? '' : `, ${roughly(many)} on ${machines} like it`;
  const sizes = [...estimates.values()].flatMap(({ bytes }) => bytes ?? []);
  const bytes = sizes.reduce((sum, one) => sum + one, 0);
  return {
    ofTask: ({ id }) => {
      const seconds = (there ?? here).each.get(id);
      return estimates.has(id) && seconds !== undefined ? roughly(seconds) : 'time unknown';
    },
    lines: [
      there === undefined
        ? `time: ${hereText}${manyText}${more}`
        : `time: ${roughly(there.seconds)} ${nodes}, not counting time in the queue; ${hereText}${more}`,
      ...basisLines(open, unknown, forecasts),
      ...hint,
      ...(sizes.length === 0
        ? []
        : [`results: ${sizes.length === open.length ? 'about' : 'at least'} ${formatSize(bytes)}${freeText(store)}`]),
    ],
  };
}

/** Seconds that all take on so many machines, a task a machine. */
function onMachines(
  open: readonly Task[],
  secondsOf: (task: Task, cores: number) => number,
  { machine }: Place,
): number {
  return schedule(open, secondsOf, { machine, jobCores: () => machine.cpus, jobs: machines }).seconds;
}

/** On what the time of tasks rests like which none has run. */
function basisLines(
  open: readonly Task[],
  unknown: readonly Task[],
  forecasts: Forecasts | undefined,
): readonly string[] {
  if (forecasts === undefined) return [];
  const counted = open.filter((task) => !unknown.includes(task));
  const measured = counted.filter((task) => forecasts.isMeasured(task)).length;
  if (measured === 0) return [];
  const hindered = counted.some((task) => forecasts.isHindered(task));
  return [
    `      ${countOf(measured, 'task')} by a few measured steps, as none like them has run here; no downloads counted`,
    ...(hindered ? ['      other programs were busy while steps were measured: measure again when they are not'] : []),
  ];
}

/** How the time of more tasks can be had. */
function measureHint(forecasts: Forecasts, unknown: readonly Task[]): readonly string[] {
  const could = unknown.filter((task) => forecasts.missing([task]).length > 0).length;
  if (could === 0) return [];
  return [`      --measure tells it of ${countOf(could, 'task')}, by a few steps of each kind of work`];
}

/** `, of 65 GB that are free`; nothing where the system doesn't tell. */
function freeText({ blobs }: Store): string {
  const free = freeBytes(blobs.folder);
  return free === undefined ? '' : `, of ${formatSize(free)} free`;
}
