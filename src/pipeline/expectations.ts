import type { AxisValue } from '../stage/definition.js';
import { matches } from './axes.js';
import type { Reporter } from './load.js';
import type { ExpectationFile } from './schema.js';
import type { Path } from './source.js';
import type { CheckedStage } from './stages.js';
import { suggestion } from './suggest.js';
import type { Expectation, Task } from './task.js';

type At = Readonly<Record<string, AxisValue>>;

/** `expect:` entries with the tasks they speak of. */
export function resolveExpectations(
  entries: readonly ExpectationFile[],
  stages: readonly CheckedStage[],
  tasks: readonly Task[],
  reporter: Reporter,
): Expectation[] {
  const find = (stage: string, at: At, path: Path): readonly Task[] => select(stage, at, path, stages, tasks, reporter);
  return entries.flatMap((entry, i): Expectation[] => {
    const path: Path = ['expect', i];
    const before = reporter.diagnostics.length;
    const selected = find(entry.stage, (entry.at ?? {}) as At, path);
    const expected = expectedOf(entry, selected, path, find, reporter);
    if (reporter.diagnostics.length > before || expected === undefined) return [];
    const { metric, source } = entry;
    const range = reporter.source.range(path);
    return [
      { tasks: selected.map(({ id }) => id), metric, expected, ...(source === undefined ? {} : { source }), range },
    ];
  });
}

function expectedOf(
  entry: ExpectationFile,
  selected: readonly Task[],
  path: Path,
  find: (stage: string, at: At, path: Path) => readonly Task[],
  reporter: Reporter,
): Expectation['expected'] | undefined {
  const { value, min, max, equals, tolerance = 0 } = entry;
  const kinds = [value !== undefined, min !== undefined || max !== undefined, equals !== undefined].filter(
    Boolean,
  ).length;
  if (kinds !== 1) {
    reporter.error('E_EXPECT', 'an expectation has exactly one of `value`, `min`/`max` and `equals`', { path });
    return undefined;
  }
  if (value !== undefined) return { kind: 'value', value, tolerance };
  if (equals === undefined)
    return { kind: 'bounds', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  const at: Path = [...path, 'equals'];
  const others = find(equals.stage, (equals.at ?? {}) as At, at);
  const pairs = selected.map((task) => {
    const partners = others.filter((other) =>
      Object.keys(other.labels).every(
        (axis) => !Object.hasOwn(task.labels, axis) || task.labels[axis] === other.labels[axis],
      ),
    );
    if (partners.length === 1) return partners[0]!;
    const found = partners.length === 0 ? 'no task' : `${partners.length} tasks`;
    if (others.length > 0)
      reporter.error('E_EXPECT', `${task.id} must equal one task of "${equals.stage}", and ${found} fit`, { path: at });
    return undefined;
  });
  const partners = pairs.filter((task) => task !== undefined);
  return { kind: 'equals', metric: equals.metric ?? entry.metric, tasks: partners.map(({ id }) => id), tolerance };
}

function select(
  name: string,
  at: At,
  path: Path,
  stages: readonly CheckedStage[],
  tasks: readonly Task[],
  reporter: Reporter,
): readonly Task[] {
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage === undefined) {
    const hint = suggestion(
      name,
      stages.map((candidate) => candidate.name),
    );
    reporter.error(
      'E_UNKNOWN_STAGE',
      `there is no stage "${name}"`,
      { path: [...path, 'stage'] },
      hint === undefined ? {} : { hint },
    );
    return [];
  }
  const points = new Map(stage.axes);
  for (const [axis, wanted] of Object.entries(at)) {
    const known = points.get(axis);
    if (known === undefined) {
      const hint = suggestion(axis, points.keys());
      reporter.error(
        'E_UNKNOWN_AXIS',
        `"${name}" has no axis "${axis}"`,
        { path: [...path, 'at', axis], key: true },
        hint === undefined ? {} : { hint },
      );
      return [];
    }
    if (!known.some((point) => matches(point, wanted))) {
      const hint = `its values are ${known.map(({ label }) => label).join(', ')}`;
      reporter.error('E_EXPECT', `the axis "${axis}" has no such value`, { path: [...path, 'at', axis] }, { hint });
      return [];
    }
  }
  const selected = tasks.filter(
    (task) =>
      task.stage === name &&
      Object.entries(at).every(([axis, wanted]) =>
        matches({ value: task.axes[axis]!, label: task.labels[axis]! }, wanted),
      ),
  );
  if (selected.length === 0)
    reporter.error('E_EXPECT', `"${name}" has no task there: it is excluded`, { path: [...path, 'at'] });
  return selected;
}
