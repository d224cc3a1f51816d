import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';

/** Where a task's job is: an array, and its index in that. `A` is whatever names the array. */
export interface ArrayPlace<A> {
  readonly array: A;
  readonly index: number;
  /** How many jobs the array has. */
  readonly elements: number;
}

/** An array to be submitted. */
export interface ArrayPlan<A> {
  /** Its jobs, each of which runs its tasks one after the other. */
  readonly jobs: readonly { readonly index: number; readonly tasks: readonly Task[] }[];
  /** Jobs that must have succeeded before any of it begins. */
  readonly after: readonly ArrayPlace<A>[];
  /** Arrays of which the job of the same index must have succeeded before one of it begins. */
  readonly corresponding: readonly A[];
}

/** How large arrays and jobs may be. */
export interface ArrayBounds {
  /** Elements of an array. */
  readonly largest: number;
  /** Tasks that a job runs. */
  readonly group: number;
}

/** A job to be, with the jobs that it has to wait for. */
interface WaitingJob<A> {
  readonly tasks: readonly Task[];
  readonly places: readonly ArrayPlace<A>[];
}

/**
 * Puts tasks that are ready together into job arrays. Points of one stage share an array if they wait for the same
 * jobs, or each for the one at its own index of other arrays. Tasks that wait for the same arrays share a job, as many
 * of them as it may run.
 *
 * @param tasks of one stage, with the same resources, none depending on another
 * @param placeOf where the jobs are that a task has to wait for; undefined for what is done
 */
export function planArrays<A>(
  tasks: readonly Task[],
  placeOf: (id: TaskId) => ArrayPlace<A> | undefined,
  { largest, group }: ArrayBounds,
): ArrayPlan<A>[] {
  const waiting = tasks.map((task) => ({ task, places: dependenciesOf(task).flatMap((id) => placeOf(id) ?? []) }));
  const numbers = new Map<A, number>();
  for (const { places } of waiting)
    for (const { array } of places) if (!numbers.has(array)) numbers.set(array, numbers.size);
  const name = ({ array, index }: ArrayPlace<A>) => `${numbers.get(array)}_${index}`;
  const setOf = (places: readonly ArrayPlace<A>[]) => places.map(name).sort().join();
  const plans: ArrayPlan<A>[] = [];
  const groups = groupBy(waiting, ({ places }) => [...new Set(places.map(({ array }) => numbers.get(array)))].join());
  for (const one of groups) {
    const jobs = chunks(one, group).map((several): WaitingJob<A> => {
      const places = new Map(several.flatMap(({ places }) => places.map((place) => [name(place), place])));
      return { tasks: several.map(({ task }) => task), places: [...places.values()] };
    });
    const aligned = align(jobs, name);
    if (aligned !== undefined) plans.push(aligned);
    else
      for (const same of groupBy(jobs, ({ places }) => setOf(places)))
        for (const part of chunks(same, largest))
          plans.push({
            jobs: part.map(({ tasks }, index) => ({ index, tasks })),
            after: part[0]!.places,
            corresponding: [],
          });
  }
  return plans;
}

/** One array in which each job has the index of what it alone waits for; undefined if there is none. */
function align<A>(group: readonly WaitingJob<A>[], name: (place: ArrayPlace<A>) => string): ArrayPlan<A> | undefined {
  const counts = new Map<string, number>();
  for (const { places } of group)
    for (const place of places) counts.set(name(place), (counts.get(name(place)) ?? 0) + 1);
  const common = (place: ArrayPlace<A>) => counts.get(name(place)) === group.length;
  const own = group.map(({ tasks, places }) => ({ tasks, places: places.filter((place) => !common(place)) }));
  const corresponding = [...new Set(own.flatMap(({ places }) => places.map(({ array }) => array)))];
  if (group.length < 2 || corresponding.length === 0) return undefined;
  const indices = new Set<number>();
  const jobs = own.flatMap(({ tasks, places }) => {
    const [index, ...others] = new Set(places.map((place) => place.index));
    if (index === undefined || others.length > 0 || indices.has(index)) return [];
    // Another job at that index of an array, or none, would not be what it waits for.
    if (places.length !== corresponding.length) return [];
    indices.add(index);
    return [{ index, tasks }];
  });
  if (jobs.length < group.length) return undefined;
  return { jobs, after: group[0]!.places.filter(common), corresponding };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** Splits tasks, in topological order, into sets that are submitted one after the other, none depending on itself. */
export function stageSets(tasks: readonly Task[]): Task[][] {
  // Tasks of one stage never depend on each other: inputs come from other stages.
  return groupBy(tasks, ({ stage, resources }) => JSON.stringify([stage, resources]));
}
