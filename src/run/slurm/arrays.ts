import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';

/** Where a task's job is: an array, and its index in that. `A` is whatever names the array. */
export interface ArrayPlace<A> {
  readonly array: A;
  readonly index: number;
}

/** An array to be submitted. */
export interface ArrayPlan<A> {
  readonly tasks: readonly { readonly index: number; readonly task: Task }[];
  /** Jobs that must have succeeded before any of it begins. */
  readonly after: readonly ArrayPlace<A>[];
  /** Arrays of which the job of the same index must have succeeded before one of it begins. */
  readonly corresponding: readonly A[];
}

/**
 * Puts tasks that are ready together into job arrays. Points of one stage share an array if they wait for the same
 * jobs, or each for the one at its own index of other arrays.
 *
 * @param tasks of one stage, with the same resources, none depending on another
 * @param placeOf where the jobs are that a task has to wait for; undefined for what is done
 * @param largest how many elements an array may have
 */
export function planArrays<A>(
  tasks: readonly Task[],
  placeOf: (id: TaskId) => ArrayPlace<A> | undefined,
  largest: number,
): ArrayPlan<A>[] {
  const waiting = tasks.map((task) => ({ task, places: dependenciesOf(task).flatMap((id) => placeOf(id) ?? []) }));
  const arrays = [...new Set(waiting.flatMap(({ places }) => places.map(({ array }) => array)))];
  const name = ({ array, index }: ArrayPlace<A>) => `${arrays.indexOf(array)}_${index}`;
  const setOf = (places: readonly ArrayPlace<A>[]) => places.map(name).sort().join();
  const plans: ArrayPlan<A>[] = [];
  const groups = groupBy(waiting, ({ places }) =>
    [...new Set(places.map(({ array }) => arrays.indexOf(array)))].join(),
  );
  for (const group of groups) {
    const aligned = align(group, name);
    if (aligned !== undefined) plans.push(aligned);
    else
      for (const same of groupBy(group, ({ places }) => setOf(places)))
        for (let at = 0; at < same.length; at += largest)
          plans.push({
            tasks: same.slice(at, at + largest).map(({ task }, index) => ({ index, task })),
            after: same[0]!.places,
            corresponding: [],
          });
  }
  return plans;
}

interface WaitingTask<A> {
  readonly task: Task;
  readonly places: readonly ArrayPlace<A>[];
}

/** One array in which each task has the index of what it alone waits for; undefined if there is none. */
function align<A>(group: readonly WaitingTask<A>[], name: (place: ArrayPlace<A>) => string): ArrayPlan<A> | undefined {
  const counts = new Map<string, number>();
  for (const { places } of group)
    for (const place of places) counts.set(name(place), (counts.get(name(place)) ?? 0) + 1);
  const common = (place: ArrayPlace<A>) => counts.get(name(place)) === group.length;
  const own = group.map(({ task, places }) => ({ task, places: places.filter((place) => !common(place)) }));
  const corresponding = [...new Set(own.flatMap(({ places }) => places.map(({ array }) => array)))];
  if (group.length < 2 || corresponding.length === 0) return undefined;
  const indices = new Set<number>();
  const tasks = own.flatMap(({ task, places }) => {
    const [index, ...others] = new Set(places.map((place) => place.index));
    if (index === undefined || others.length > 0 || indices.has(index)) return [];
    // Another job at that index of an array, or none, would not be what it waits for.
    if (places.length !== corresponding.length) return [];
    indices.add(index);
    return [{ index, task }];
  });
  if (tasks.length < group.length) return undefined;
  return { tasks, after: group[0]!.places.filter(common), corresponding };
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
