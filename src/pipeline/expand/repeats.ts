import { byRepetition } from '../../results/repetitions.js';
import type { TaskId } from '../../values.js';
import type { Expectation, Task } from './task.js';
import { taskId } from './task-id.js';

/** Tasks that are compared as one: one of them, or all that repeat one another, whose mean it is. */
export interface Compared {
  /** Of the one, or what they are called together: without axes of repetition. */
  readonly id: TaskId;
  /** Independent repetitions, each with its tasks. */
  readonly samples: readonly (readonly TaskId[])[];
  /** The first of them among the expectation's tasks. */
  readonly index: number;
}

/**
 * What a line of `expect:` compares. Numbers are those of means over repetitions; what must equal another task's metric is
 * compared task by task, since it holds for each of them.
 */
export function comparedIn({ tasks, expected }: Expectation, byId: ReadonlyMap<TaskId, Task>): readonly Compared[] {
  const alone = (id: TaskId, index: number): Compared => ({ id, samples: [[id]], index });
  const known = tasks.flatMap((id) => byId.get(id) ?? []);
  const { repeat = [], stage } = known[0] ?? {};
  if (expected.kind === 'equals' || known.length < tasks.length || stage === undefined || repeat.length === 0)
    return tasks.map(alone);
  return byRepetition(known, repeat).map(({ labels, samples }) => {
    const ids = samples.map((sample) => sample.map(({ id }) => id));
    const index = tasks.indexOf(ids[0]![0]!);
    return ids.flat().length === 1 ? alone(ids[0]![0]!, index) : { id: taskId(stage, labels), samples: ids, index };
  });
}
