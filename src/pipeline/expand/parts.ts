import type { TaskId } from '../../values.js';
import type { CheckedStage } from '../check/checked.js';
import { separator } from '../compose/include.js';
import type { Expectation, Task, TaskInput } from './task.js';

/** What a part comes to: stages and tasks carry its name before their own. */
export interface PartContent {
  readonly stages: readonly CheckedStage[];
  readonly tasks: readonly Task[];
  readonly expectations: readonly Expectation[];
}

/** Puts the name of a part before the names of its stages. */
export function underName(part: string, { stages, tasks, expectations }: PartContent): PartContent {
  const named = <T extends string>(name: T) => `${part}${separator}${name}` as T;
  const input = (one: TaskInput): TaskInput => {
    if (one.kind === 'file') return one;
    if (one.kind === 'output') return { ...one, task: named(one.task) };
    return { ...one, items: one.items.map((item) => ({ ...item, task: named(item.task) })) };
  };
  return {
    stages: stages.map((stage) => ({ ...stage, name: named(stage.name) })),
    tasks: tasks.map((task) => ({
      ...task,
      id: named(task.id),
      stage: named(task.stage),
      inputs: Object.fromEntries(Object.entries(task.inputs).map(([name, one]) => [name, input(one)])),
    })),
    expectations: expectations.map((expectation) => {
      const { tasks: ids, expected } = expectation;
      const others = (all: readonly TaskId[]) => all.map(named);
      const pairs = expected.kind === 'equals' ? { ...expected, tasks: others(expected.tasks) } : expected;
      const differences = expectation.inapplicable?.map((one) => ({ ...one, name: named(one.name) }));
      const inapplicable = differences === undefined ? {} : { inapplicable: differences };
      return { ...expectation, tasks: others(ids), expected: pairs, ...inapplicable };
    }),
  };
}
