import { joinSlurmSettings, type SlurmSettings } from '../../pipeline/check/slurm.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';
import { countOf } from '../views/text.js';
import { jobCores } from './arguments.js';
import { type ArrayPlace, type ArrayPlan, planArrays, stageSets } from './arrays.js';

/** Which jobs tasks would get, with arrays called by numbers from 1 on, in the order in which they are submitted. */
export interface JobPreview {
  /** Where each task would run, such as `job 2_5`, or `on this machine`. */
  readonly places: ReadonlyMap<TaskId, string>;
  /** Cores of the job of each that gets one. */
  readonly cores: ReadonlyMap<TaskId, number>;
  /** How many there are of all, and what each array has. */
  readonly lines: readonly string[];
}

/**
 * @param tasks those to run, in topological order
 * @param settings of the user and the pipeline
 * @param largest how many elements an array may have
 */
export function previewJobs(tasks: readonly Task[], settings: SlurmSettings, largest: number): JobPreview {
  const places = new Map<TaskId, string>();
  const cores = new Map<TaskId, number>();
  const jobs = new Map<TaskId, ArrayPlace<number>>();
  const arrays: (ArrayPlan<number> & { readonly stage: string })[] = [];
  const settingsOf = (task: Task) => joinSlurmSettings(settings, task.slurm);
  for (const set of stageSets(tasks)) {
    const { local = false, group = 1 } = settingsOf(set[0]!);
    if (local) {
      for (const { id } of set) places.set(id, 'on this machine');
      continue;
    }
    for (const task of set) cores.set(task.id, jobCores(task.resources, settingsOf(task)));
    for (const plan of planArrays(set, (id) => jobs.get(id), { largest, group })) {
      const array = arrays.push({ ...plan, stage: set[0]!.stage });
      for (const { index, tasks } of plan.jobs)
        for (const { id } of tasks) {
          jobs.set(id, { array, index, elements: plan.jobs.length });
          places.set(id, `job ${array}_${index}`);
        }
    }
  }
  const here = tasks.length - jobs.size;
  const count = arrays.reduce((sum, plan) => sum + plan.jobs.length, 0);
  const sum = `jobs of Slurm: ${countOf(jobs.size, 'task')} as ${countOf(count, 'job')} in ${countOf(arrays.length, 'array')}${here > 0 ? `; ${here} on this machine` : ''}`;
  return { places, cores, lines: [sum, ...arrays.map((plan, i) => `  array ${i + 1}: ${arrayText(plan)}`)] };
}

/** `train, 12 jobs, after 1_0`. */
function arrayText({ stage, jobs, after, corresponding }: ArrayPlan<number> & { readonly stage: string }): string {
  const group = Math.max(...jobs.map(({ tasks }) => tasks.length));
  const size = `${countOf(jobs.length, 'job')}${group > 1 ? ` of ${group} tasks at most` : ''}`;
  const each = corresponding.map((array) => `the same of array ${array}`);
  const several =
    after.length > 3
      ? [`${after.length} jobs of array ${[...new Set(after.map(({ array }) => array))].join(', ')}`]
      : after.map(({ array, index }) => `${array}_${index}`);
  const waits = [...several, ...each];
  return `${stage}, ${size}${waits.length > 0 ? `, after ${waits.join(' and ')}` : ''}`;
}
