import { isDeepStrictEqual } from 'node:util';
import { suggestion } from '../../schema/suggest.js';
import { valuesOf } from '../../schema/words.js';
import type { AxisValue, Json, Path, TaskId } from '../../values.js';
import { canonicalValue, labelAxis, selectPoints } from '../check/axes.js';
import type { CheckedStage, Included } from '../check/checked.js';
import type { ExpectationFile } from '../check/schema.js';
import { hinted, type Reporter } from '../text/reporter.js';
import type { Difference, Expectation, Task } from './task.js';
import { taskId } from './task-id.js';

/** What an axis lacks where it can't be told which of its values would do. */
const noneThere = 'value with such a task';

type At = Readonly<Record<string, AxisValue>>;

/** What entries may speak of. */
export interface Known extends Pick<Included, 'unknown'> {
  readonly stages: readonly CheckedStage[];
  readonly tasks: readonly Task[];
  readonly params: Readonly<Record<string, Json>>;
}

/** `expect:` entries with the tasks they speak of. */
export function resolveExpectations(
  entries: readonly ExpectationFile[],
  known: Known,
  reporter: Reporter,
): Expectation[] {
  const finder = new Finder(known, reporter);
  return entries.flatMap((entry, i): Expectation[] => {
    const path: Path = ['expect', i];
    const formSound = checkForm(entry, path, reporter);
    const when = checkWhen(entry, known.params, path, reporter);
    const selected = finder.find(entry.stage, entry.at ?? {}, path);
    const others = entry.equals && finder.find(entry.equals.stage, entry.equals.at ?? {}, [...path, 'equals']);
    if (!formSound || when === undefined || selected === undefined) return [];
    const { metric, source } = entry;
    const about = { metric, ...(source === undefined ? {} : { source }), range: reporter.source.range(path) };
    // What the call took from an axis: there is no task, and nothing to compare.
    if ('name' in selected || (others !== undefined && 'name' in others)) {
      const gone = [selected, others ?? []].flatMap((one) => ('name' in one ? [one] : []));
      const expected = numbers(entry) ?? { kind: 'bounds' };
      const ids = 'name' in selected ? [wouldBe(entry)] : selected.map(({ id }) => id);
      return [{ ...about, tasks: ids, expected, inapplicable: [...when, ...gone] }];
    }
    const isOther = when.length === 0 ? {} : { inapplicable: when };
    const expected = numbers(entry);
    if (others === undefined)
      return expected === undefined ? [] : [{ ...about, tasks: selected.map(({ id }) => id), expected, ...isOther }];
    const goneFor = (task: Task) => finder.takenByCall([entry.stage, entry.equals!.stage], task);
    const { pairs, alone } = equality(entry, { selected, others, goneFor }, path, reporter);
    const single = alone.map(({ task, gone }): Expectation => {
      return { ...about, tasks: [task], expected: { kind: 'bounds' }, inapplicable: [...when, gone] };
    });
    if (pairs.length === 0) return single;
    const { tolerance = 0 } = entry;
    const kind = { kind: 'equals', metric: entry.equals!.metric ?? metric, tolerance } as const;
    const [ids, partners] = [pairs.map(([id]) => id), pairs.map(([, partner]) => partner)];
    return [{ ...about, tasks: ids, expected: { ...kind, tasks: partners }, ...isOther }, ...single];
  });
}

/** True if an entry says exactly one thing that is expected. */
function checkForm({ value, min, max, equals, tolerance }: ExpectationFile, path: Path, reporter: Reporter): boolean {
  const given = [value !== undefined, min !== undefined || max !== undefined, equals !== undefined];
  const count = given.filter(Boolean).length;
  if (count !== 1) {
    const message = `An expectation says ${count === 0 ? 'what is expected' : 'one thing only'}: \`value\`, \`min\` and \`max\`, or \`equals\``;
    const hint = 'such as value: 0.99, tolerance: 0.003';
    reporter.error('E_EXPECT', message, { path }, { hint });
  } else if (tolerance !== undefined && given[1])
    reporter.error(
      'E_EXPECT',
      '`tolerance` belongs to `value` or `equals`',
      { path: [...path, 'tolerance'], key: true },
      { hint: 'put it into the bounds' },
    );
  else if (tolerance !== undefined && typeof exactValue(value) === 'string')
    reporter.error(
      'E_EXPECT',
      'A whole number beyond 2^53 is met exactly or not at all',
      { path: [...path, 'tolerance'], key: true },
      { hint: `remove it, or write value: ${Number(value).toExponential()}, the nearest number` },
    );
  else if (min !== undefined && max !== undefined && min > max)
    reporter.error('E_EXPECT', `No number is at least ${min} and at most ${max}`, { path: [...path, 'min'] });
  else return true;
  return false;
}

/** The task that an entry speaks of and that the call has not, as it would be called. */
function wouldBe({ stage, at = {} }: ExpectationFile): TaskId {
  const points = Object.entries(at as At).map(([axis, value]) => [axis, labelAxis([value])[0]!.label] as const);
  return taskId(stage, Object.fromEntries(points));
}

/** Params that are not what the entry asks for; undefined after a mistake. */
function checkWhen(
  { when = {} }: ExpectationFile,
  params: Readonly<Record<string, Json>>,
  path: Path,
  reporter: Reporter,
): readonly Difference[] | undefined {
  const differences: Difference[] = [];
  for (const [name, wanted] of Object.entries(when as Readonly<Record<string, Json>>)) {
    const actual = Object.hasOwn(params, name) ? params[name] : undefined;
    if (actual === undefined) {
      const hint = suggestion(name, Object.keys(params)) ?? 'declare it under params:';
      const at = { path: [...path, 'when', name], key: true };
      reporter.error('E_UNKNOWN_PARAM', `There is no param "${name}"`, at, { hint });
      return undefined;
    }
    if (!isDeepStrictEqual(actual, wanted)) differences.push({ name, wanted, actual });
  }
  return differences;
}

function numbers({ value, min, max, equals, tolerance = 0 }: ExpectationFile): Expectation['expected'] | undefined {
  if (equals !== undefined) return undefined;
  if (value !== undefined) return { kind: 'value', value: exactValue(value)!, tolerance };
  return { kind: 'bounds', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

/** Digits between quotes as a number, where there is one: metrics are texts only where there is none. */
function exactValue(value: ExpectationFile['value']): number | string | undefined {
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

interface Sides {
  readonly selected: readonly Task[];
  readonly others: readonly Task[];
  /** Why there may be no partner: what the call took from an axis. */
  goneFor(task: Task): Difference | undefined;
}

/** Tasks with those that they must equal, and those whose partner the call took away. */
interface Equality {
  readonly pairs: readonly (readonly [TaskId, TaskId])[];
  readonly alone: readonly { readonly task: TaskId; readonly gone: Difference }[];
}

/** Pairs each task with the one it must equal: that with the same values on the axes that both have. */
function equality(
  { equals }: ExpectationFile,
  { selected, others, goneFor }: Sides,
  path: Path,
  reporter: Reporter,
): Equality {
  const axes = Object.keys(selected[0]!.labels).filter((axis) => Object.hasOwn(others[0]!.labels, axis));
  const keyOf = (task: Task) => JSON.stringify(axes.map((axis) => canonicalValue(task.axes[axis]!)));
  const groups = new Map<string, Task[]>();
  for (const other of others) {
    const group = groups.get(keyOf(other));
    if (group) group.push(other);
    else groups.set(keyOf(other), [other]);
  }
  const pairs: (readonly [TaskId, TaskId])[] = [];
  const alone: Equality['alone'][number][] = [];
  for (const task of selected) {
    const [partner, second] = groups.get(keyOf(task)) ?? [];
    const gone = partner === undefined ? goneFor(task) : undefined;
    if (gone !== undefined) {
      alone.push({ task: task.id, gone });
      continue;
    }
    if (partner !== undefined && second === undefined) {
      pairs.push([task.id, partner.id]);
      continue;
    }
    const at = { path: [...path, 'equals'] };
    const [found, hint] =
      partner === undefined
        ? ['there is none at its point', 'say with at: for which tasks this holds']
        : [`both ${partner.id} and ${second!.id} would do`, 'choose one with at: inside equals:'];
    reporter.error('E_EXPECT', `${task.id} must equal one task of "${equals!.stage}", and ${found}`, at, { hint });
    // The first that fails speaks for all.
    return { pairs: [], alone: [] };
  }
  return { pairs, alone };
}

/** Finds the tasks of a stage at a point, or the value that the call took from an axis; undefined after a mistake. */
class Finder {
  readonly #stages: ReadonlyMap<string, CheckedStage>;
  readonly #tasks = new Map<string, Task[]>();
  readonly #unknown: Known['unknown'];

  constructor(
    { stages, tasks, unknown }: Known,
    readonly reporter: Reporter,
  ) {
    this.#unknown = unknown;
    this.#stages = new Map(stages.map((stage) => [stage.name, stage]));
    for (const task of tasks) {
      const own = this.#tasks.get(task.stage);
      if (own) own.push(task);
      else this.#tasks.set(task.stage, [task]);
    }
  }

  /** The value of a task on an axis that the call has changed, where one of these stages has no task for want of it. */
  takenByCall(stages: readonly string[], task: Task): Difference | undefined {
    for (const { axes, changedAxes } of stages.flatMap((name) => this.#stages.get(name) ?? []))
      for (const [axis, points] of axes) {
        const value = task.axes[axis];
        const isThere = value !== undefined && selectPoints(points, value).size > 0;
        if (value !== undefined && !isThere && this.#isChanged(stages, axis)) return { name: axis, wanted: value };
        if (value === undefined && changedAxes.has(axis)) return { name: axis, wanted: noneThere };
      }
    return undefined;
  }

  #isChanged(stages: readonly string[], axis: string): boolean {
    return stages.some((name) => this.#stages.get(name)?.changedAxes.has(axis));
  }

  find(name: string, at: At, path: Path): readonly Task[] | Difference | undefined {
    const stage = this.#stages.get(name);
    if (stage === undefined) {
      if (this.#unknown(name)) return undefined;
      const hint = suggestion(name, this.#stages.keys());
      this.reporter.error('E_UNKNOWN_STAGE', `There is no stage "${name}"`, { path: [...path, 'stage'] }, hinted(hint));
      return undefined;
    }
    const tasks = this.#tasks.get(name);
    // A stage without tasks has a mistake of its own, which was reported there.
    if (tasks === undefined) return undefined;
    const wanted = this.#wanted(stage, at, path);
    if (wanted === undefined || 'name' in wanted) return wanted;
    const selected = tasks.filter(({ labels }) => wanted.every(([axis, points]) => points.has(labels[axis]!)));
    if (selected.length > 0) return selected;
    // All that is left of another axis may be excluded there.
    const changed = [...stage.changedAxes].find((axis) => !Object.hasOwn(at, axis));
    if (changed !== undefined) return { name: changed, wanted: noneThere };
    this.reporter.error('E_EXPECT', `"${name}" has no task there: it is excluded`, { path: [...path, 'at'] });
    return undefined;
  }

  /** Labels that `at:` asks for, by axis. */
  #wanted(
    stage: CheckedStage,
    at: At,
    path: Path,
  ): [axis: string, labels: ReadonlySet<string>][] | Difference | undefined {
    const axes = new Map(stage.axes);
    const wanted: [string, ReadonlySet<string>][] = [];
    for (const [axis, value] of Object.entries(at)) {
      const points = axes.get(axis);
      const place = [...path, 'at', axis];
      if (points === undefined) {
        const hint = axes.size === 0 ? 'it has no axes' : suggestion(axis, axes.keys());
        const message = `"${stage.name}" has no axis "${axis}"`;
        this.reporter.error('E_UNKNOWN_AXIS', message, { path: place, key: true }, hinted(hint));
        return undefined;
      }
      const labels = selectPoints(points, value);
      if (labels.size === 0 && stage.changedAxes.has(axis)) return { name: axis, wanted: value };
      if (labels.size === 0) {
        const message = `The axis "${axis}" has no such value`;
        this.reporter.error(
          'E_EXPECT',
          message,
          { path: place },
          { hint: valuesOf(points.map((point) => point.label)) },
        );
        return undefined;
      }
      wanted.push([axis, labels]);
    }
    return wanted;
  }
}
