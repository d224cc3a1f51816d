import { show } from '../../schema/words.js';
import type { AxisValue, TaskId } from '../../values.js';
import { canonicalValue, type Point, sameValue, valueText } from '../check/axes.js';
import type { CheckedStage, OutputReference } from '../check/checked.js';
import type { Problems } from './problems.js';
import type { Task, TaskInput } from './task.js';
import { taskId } from './task-id.js';

/** What arrives from each stage that an input names, by the labels of the axes that producer and consumer share. */
export type Arriving = ReadonlyMap<OutputReference, ReadonlyMap<string, readonly Task[]>>;

/** The key of all points where producer and consumer share no axes. */
const everywhere = '';

/** Points meet by their values: labels of two files may differ, or mean different values. */
const keyOf = (axes: readonly string[], value: (axis: string) => AxisValue) =>
  axes.length === 0 ? everywhere : JSON.stringify(axes.map((axis) => canonicalValue(value(axis))));

/** The tasks that make a stage's inputs: to be asked once, and looked up at each point. */
export function arrivingInputs(stage: CheckedStage, byStage: ReadonlyMap<string, readonly Task[]>): Arriving {
  const arriving = new Map<OutputReference, ReadonlyMap<string, readonly Task[]>>();
  for (const target of stage.inputs.values()) {
    if (target.kind === 'file') continue;
    for (const from of target.from) {
      // A stage without tasks has a mistake of its own, which was reported there.
      const producers = byStage.get(from.stage);
      if (producers !== undefined) arriving.set(from, groupsOf(producers, from));
    }
  }
  return arriving;
}

function groupsOf(producers: readonly Task[], { at, shared }: OutputReference): ReadonlyMap<string, readonly Task[]> {
  // The same ones arrive at every point.
  if (at.size === 0 && shared.length === 0) return new Map([[everywhere, producers]]);
  const groups = new Map<string, Task[]>();
  for (const task of producers) {
    if (![...at].every(([axis, labels]) => labels.has(task.labels[axis]!))) continue;
    const key = keyOf(shared, (axis) => task.axes[axis]!);
    const group = groups.get(key);
    if (group) group.push(task);
    else groups.set(key, [task]);
  }
  return groups;
}

/** The inputs at a point; what is excluded where it is needed is reported. */
export function taskInputs(
  stage: CheckedStage,
  point: Point,
  arriving: Arriving,
  problems: Problems,
  range: Task['range'],
): Record<string, TaskInput> {
  const inputs: Record<string, TaskInput> = {};
  for (const [name, target] of stage.inputs) {
    if (target.kind === 'file') {
      inputs[name] = { kind: 'file', path: target.path, range };
      continue;
    }
    const items: { readonly task: TaskId; readonly output: string }[] = [];
    for (const from of target.from) {
      const groups = arriving.get(from);
      if (groups === undefined) continue;
      const producers = groups.get(keyOf(from.shared, (axis) => point[axis]!.value));
      if (producers !== undefined) for (const { id } of producers) items.push({ task: id, output: from.output });
      else reportMissing(stage, name, from, { point, others: [...groups.values()].flat(), problems });
    }
    const [first] = items;
    if (first === undefined) continue;
    inputs[name] = target.list ? { kind: 'list', items } : { kind: 'output', task: first.task, output: first.output };
  }
  return inputs;
}

/** With all that it holds: two maps of one label differ in that. */
const written = (value: AxisValue): string => (typeof value === 'object' ? JSON.stringify(value) : show(value));

function reportMissing(
  stage: CheckedStage,
  input: string,
  from: OutputReference,
  { point, others, problems }: { point: Point; others: readonly Task[]; problems: Problems },
): void {
  const at = { path: [...stage.path, 'inputs', input] };
  for (const axis of from.shared) {
    const { value } = point[axis]!;
    const values = others.map(({ axes }) => axes[axis]!);
    const alike = values.find((other) => typeof other !== typeof value && valueText(other) === valueText(value));
    if (alike === undefined || values.some((other) => sameValue(other, value))) continue;
    const message = `"${stage.name}" has ${show(value)} on the axis "${axis}", and "${from.stage}" has ${show(alike)}`;
    problems.report('E_EXCLUDED_INPUT', message, at, { hint: 'write it the same way in both: in quotes, it is text' });
    return;
  }
  // An included file has values of its own.
  const missing = from.stage.includes('/')
    ? from.shared.find((axis) => !others.some(({ axes }) => sameValue(axes[axis]!, point[axis]!.value)))
    : undefined;
  if (missing !== undefined && others.length > 0) {
    const { value, label } = point[missing]!;
    const like = others.find(({ labels }) => labels[missing] === label)?.axes[missing];
    const other = like === undefined ? '' : `: its ${label} is ${written(like)}`;
    const message = `"${stage.name}" has ${written(value)} on the axis "${missing}", and "${from.stage}" has no such value${other}`;
    const hint = `give both the same values, or add exclude: [{ ${missing}: ${label} }] here`;
    problems.report('E_EXCLUDED_INPUT', message, at, { hint });
    return;
  }
  const labels = Object.fromEntries(from.shared.map((axis) => [axis, point[axis]!.label]));
  const entry = Object.entries(labels).map(([axis, label]) => `${axis}: ${label}`);
  const named = Object.fromEntries([...from.at].map(([axis, [label]]) => [axis, label!]));
  const message = `"${stage.name}" needs ${taskId(from.stage, { ...labels, ...named })}, which is excluded there`;
  const isNowhere = from.at.size > 0 && others.length === 0;
  const hint = isNowhere ? 'name another point' : `add exclude: [{ ${entry.join(', ')} }] here, too`;
  problems.report('E_EXCLUDED_INPUT', message, at, { hint });
}
