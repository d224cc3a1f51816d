import type { Json, TaskId } from '../../values.js';
import { comparedIn } from './repeats.js';
import type { Difference, Expectation, Pipeline, Task } from './task.js';

/** What stages may be told of their pipeline. */
export type PipelineFacts = Pick<Pipeline, 'name' | 'description' | 'expectations'>;

/** Fills in the parameters that stages take from the pipeline (`fromPipeline`), where `with:` leaves them out. */
export function withFacts(tasks: readonly Task[], facts: PipelineFacts): readonly Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return tasks.map((task) => {
    const wanted = task.action.kind === 'stage' ? task.action.definition.fromPipeline : undefined;
    if (wanted === undefined) return task;
    const missing = Object.entries(wanted).filter(([parameter]) => task.parameters[parameter] === undefined);
    if (missing.length === 0) return task;
    const { name, description } = facts;
    const expect = expectedOf(task.inputs, facts.expectations, byId);
    const known = { name, description, expect, repeat: repeatOf(task.inputs, byId) };
    const filled = missing.flatMap(([parameter, fact]): [string, Json][] => {
      const value = known[fact];
      return value === undefined ? [] : [[parameter, value]];
    });
    return { ...task, parameters: { ...task.parameters, ...Object.fromEntries(filled) } };
  });
}

/**
 * Axes of repetition that a task's inputs have, in the order of their files; undefined if there are none. One that is no
 * repetition where some of them come from is none: what two files mean by it differs.
 */
export function repeatOf(inputs: Task['inputs'], byId: ReadonlyMap<TaskId, Task>): readonly string[] | undefined {
  const makers = Object.values(inputs).flatMap((input) =>
    (input.kind === 'list' ? input.items : []).flatMap(({ task }) => byId.get(task) ?? []),
  );
  const declared = [...new Set(makers.flatMap(({ repeat = [] }) => repeat))];
  const agreed = declared.filter((axis) =>
    makers.every(({ labels, repeat }) => !(axis in labels) || repeat?.includes(axis)),
  );
  return agreed.length === 0 ? undefined : agreed;
}

/** Why a number belongs to another run: `epochs is 1, not 200`. */
export function differenceText({ name, wanted, actual }: Difference): string {
  return actual === undefined
    ? `the axis ${name} has no ${shownValue(wanted)} now`
    : `${name} is ${shownValue(actual)}, not ${shownValue(wanted)}`;
}

/** A text without quotes, unless it would look like another kind of value. */
const shownValue = (value: Json) => (typeof value === 'string' && !isWord(value) ? value : JSON.stringify(value));

const isWord = (text: string) => /^(\s*|true|false|null)$/.test(text) || !Number.isNaN(Number(text));

/** An artifact among a task's inputs. */
interface Place {
  readonly input: string;
  readonly item: number;
}

/**
 * What a pipeline expects of a task's inputs, in terms of these inputs: names of stages and tasks, which do not enter keys,
 * are not in it. Expectations of other tasks are left out, and so are those whose other side is no input, and means some of
 * whose repetitions are none.
 */
export function expectedOf(
  inputs: Task['inputs'],
  expectations: readonly Expectation[],
  byId: ReadonlyMap<TaskId, Task>,
): Json[] {
  const places = new Map<TaskId, Place>();
  for (const [input, source] of Object.entries(inputs)) {
    const items = source.kind === 'list' ? source.items : source.kind === 'output' ? [source] : [];
    for (const [item, { task }] of items.entries()) if (!places.has(task)) places.set(task, { input, item });
  }
  return expectations.flatMap((expectation) => {
    const { metric, expected, source, inapplicable } = expectation;
    return comparedIn(expectation, byId).flatMap(({ samples, index }): Json[] => {
      const found = samples.flat().map((task) => places.get(task));
      const [place] = found;
      if (place === undefined || found.some((one) => one?.input !== place.input)) return [];
      const items = found.length === 1 ? place.item : found.map((one) => one!.item);
      const about = {
        ...{ input: place.input, item: items, metric },
        ...(source === undefined ? {} : { source }),
        ...(inapplicable === undefined ? {} : { inapplicable: inapplicable.map(differenceText) }),
      };
      if (expected.kind === 'value') return [{ ...about, value: expected.value, tolerance: expected.tolerance }];
      if (expected.kind === 'bounds') {
        const { kind: _, ...bounds } = expected;
        return [{ ...about, ...bounds }];
      }
      const other = places.get(expected.tasks[index]!);
      if (other === undefined) return [];
      return [{ ...about, equals: { ...other, metric: expected.metric }, tolerance: expected.tolerance }];
    });
  });
}
