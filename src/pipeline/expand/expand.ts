import { dirname, resolve } from 'node:path';
import { parseMemory, parseTime } from '../../schema/units.js';
import type { InputOrigin, ResourceRequest, StageDefinition } from '../../stage/definition.js';
import type { AxisValue, TaskId } from '../../values.js';
import { type AxisPoint, product } from '../check/axes.js';
import type { Settings } from '../check/call.js';
import type { CheckedStage } from '../check/checked.js';
import type { Scope } from '../check/expressions.js';
import type { StageFile } from '../check/schema.js';
import type { LabelledAxes } from '../check/stages.js';
import type { Reporter } from '../text/reporter.js';
import { commandAction, fileNames } from './command.js';
import { arrivingInputs, taskInputs } from './inputs.js';
import { checkParameters, Origins } from './parameters.js';
import { Problems } from './problems.js';
import type { Task, TaskInput } from './task.js';
import { formatLabels, taskId } from './task-id.js';

/** More tasks than this are a mistake in the axes. */
const maximumTasks = 100_000;

interface Names extends Pick<Settings, 'params' | 'places' | 'repeat'> {
  readonly axes: LabelledAxes;
  /** What paths of the pipeline are relative to. */
  readonly folder: string;
}

/**
 * Stages → tasks in topological order. Stages must be in topological order. Stages with a mistake that would have
 * consequences here are left out; undefined if there are too many tasks.
 *
 * @param included tasks of included files, which come first
 */
export function expandStages(
  stages: readonly CheckedStage[],
  names: Names,
  reporter: Reporter,
  included: readonly Task[],
): Task[] | undefined {
  const tasks = [...included];
  const byStage = new Map<string, Task[]>();
  const byId = new Map<TaskId, Task>();
  const folderOf = foldersOf();
  for (const task of included) {
    const own = byStage.get(task.stage);
    if (own) own.push(task);
    else byStage.set(task.stage, [task]);
    byId.set(task.id, task);
  }
  for (const stage of stages) {
    if (reporter.doubtful(stage.name, 'uses', 'run', 'over', 'only', 'exclude', 'with')) continue;
    // A command whose inputs or outputs were taken out: nobody knows what names it may use.
    const isTakenOut = (part: 'inputs' | 'outputs') =>
      stage.file[part] === undefined && reporter.doubtful(stage.name, part);
    if (stage.file.run !== undefined && (isTakenOut('inputs') || isTakenOut('outputs'))) continue;
    const count = stage.axes.reduce((total, [, points]) => total * points.length, 1);
    if (tasks.length + count > maximumTasks) {
      const sizes = stage.axes.map(([axis, points]) => `${axis} has ${points.length} values`).join(', ');
      reporter.error(
        'E_TOO_MANY_TASKS',
        `With "${stage.name}" there would be more than ${maximumTasks} tasks`,
        { path: stage.path, key: true },
        sizes === '' ? {} : { hint: sizes },
      );
      return undefined;
    }
    const own = expandStage(stage, names, { byStage, byId, folderOf }, reporter);
    if (own.length === 0)
      reporter.error(
        'E_EXCLUDE',
        `Every point of "${stage.name}" is excluded`,
        { path: [...stage.path, stage.file.exclude === undefined ? 'only' : 'exclude'], key: true },
        { hint: 'remove an entry, or the stage' },
      );
    else byStage.set(stage.name, own);
    for (const task of own) {
      tasks.push(task);
      byId.set(task.id, task);
    }
  }
  return tasks;
}

function expandStage(
  stage: CheckedStage,
  names: Names,
  before: {
    readonly byStage: ReadonlyMap<string, readonly Task[]>;
    readonly byId: ReadonlyMap<TaskId, Task>;
    folderOf(file: string): string;
  },
  reporter: Reporter,
): Task[] {
  const { definition, name } = stage;
  const range = reporter.source.keyRange(stage.path);
  const executed = reporter.source.range([...stage.path, stage.file.run === undefined ? 'uses' : 'run']);
  const folder = before.folderOf(executed.file);
  const arriving = arrivingInputs(stage, before.byStage);
  const indices = definition && indicesOf(stage.axes);
  const problems = new Problems(reporter, stage, names);
  const report = (...problem: Parameters<Problems['expression']>) => problems.expression(...problem);
  const files = fileNames(stage);
  const options = optionsOf(stage, names.repeat);
  const env = stage.file.env === undefined ? [] : [...new Set(stage.file.env)].sort();
  const resources = { ...definition?.resources, ...(stage.file.resources && resourcesOf(stage.file.resources)) };
  const tasks: Task[] = [];
  for (const point of product(stage.axes)) {
    if (stage.excludes(point)) continue;
    const { labels, axes } = namesOf(point);
    problems.point = formatLabels(labels);
    const scope: Scope = { ...axes, params: names.params };
    const inputs = taskInputs(stage, point, arriving, problems, range);
    const parametersOf = (definition: StageDefinition) => {
      const origins = new Origins(reporter.source, names.places, indexOf(point, indices!));
      const context = { scope, origins, inputs: originsOf(inputs, before.byId), folder: names.folder };
      return checkParameters(stage, definition, context, problems);
    };
    const action = definition
      ? ({ kind: 'stage', uses: stage.file.uses!, definition } as const)
      : commandAction(stage, { ...scope, ...files }, report);
    tasks.push({
      id: taskId(name, labels),
      stage: name,
      axes,
      labels,
      action,
      folder,
      parameters: definition ? parametersOf(definition) : {},
      inputs,
      outputs: stage.outputs,
      env,
      resources,
      range,
      ...options,
    });
  }
  return tasks;
}

/** What only some stages say of how their tasks run, whatever the point. @param repeat axes of repetition */
function optionsOf(
  { axes, file }: CheckedStage,
  repeat: readonly string[],
): Pick<Task, 'repeat' | 'slurm' | 'retries' | 'timeout'> {
  const { retries, timeout, slurm } = file;
  const own = repeat.filter((axis) => axes.some(([name]) => name === axis));
  return {
    ...(own.length === 0 ? {} : { repeat: own }),
    ...(slurm === undefined ? {} : { slurm }),
    ...(retries === undefined ? {} : { retries }),
    ...(timeout === undefined ? {} : { timeout: parseTime(timeout) }),
  };
}

/** The folders of a few files, which are asked for once a stage. */
function foldersOf(): (file: string) => string {
  const known = new Map<string, string>();
  return (file) => {
    const folder = known.get(file) ?? dirname(resolve(file));
    known.set(file, folder);
    return folder;
  };
}

/** One for each task, however many take what it makes: checks remember what they found out about it. */
const originOf = new WeakMap<Task, TaskOrigin>();

/** The stages that make single inputs. */
function originsOf(
  inputs: Readonly<Record<string, TaskInput>>,
  byId: ReadonlyMap<TaskId, Task>,
): Readonly<Record<string, InputOrigin>> {
  const origins: Record<string, InputOrigin> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const task = input.kind === 'output' ? byId.get(input.task) : undefined;
    if (task?.action.kind !== 'stage') continue;
    const known = originOf.get(task) ?? new TaskOrigin(task.action.uses, task, byId);
    originOf.set(task, known);
    origins[name] = known;
  }
  return origins;
}

/** The task that makes an input. What made its own inputs is looked up when it is asked for, and is no part of its JSON. */
class TaskOrigin implements InputOrigin {
  readonly parameters: Task['parameters'];
  readonly #task: Task;
  readonly #byId: ReadonlyMap<TaskId, Task>;

  constructor(
    readonly uses: string,
    task: Task,
    byId: ReadonlyMap<TaskId, Task>,
  ) {
    this.parameters = task.parameters;
    this.#task = task;
    this.#byId = byId;
  }

  get inputs(): Readonly<Record<string, InputOrigin>> {
    return originsOf(this.#task.inputs, this.#byId);
  }
}

type Point = Readonly<Record<string, AxisPoint>>;

/** What tasks at a point of the axes are called, and the values there. */
function namesOf(point: Point): Pick<Task, 'labels' | 'axes'> {
  const labels: Record<string, string> = {};
  const axes: Record<string, AxisValue> = {};
  for (const [axis, { label, value }] of Object.entries(point)) {
    labels[axis] = label;
    axes[axis] = value;
  }
  return { labels, axes };
}

type Indices = ReadonlyMap<string, ReadonlyMap<AxisPoint, number>>;

/** Where each point stands among those of its axis. */
function indicesOf(axes: CheckedStage['axes']): Indices {
  return new Map(axes.map(([axis, points]) => [axis, new Map(points.map((point, i) => [point, i]))]));
}

function indexOf(point: Point, indices: Indices): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(point).map(([axis, value]) => [axis, indices.get(axis)!.get(value)!]));
}

function resourcesOf({ memory, time, gpus, ...others }: NonNullable<StageFile['resources']>): ResourceRequest {
  const [kind, number = gpus] = typeof gpus === 'string' ? gpus.split(':') : [];
  const [amount, ...moreMemory] = [memory ?? []].flat().map(parseMemory);
  const [first, ...moreTime] = [time ?? []].flat().map(parseTime);
  return {
    ...others,
    ...(number === undefined ? {} : { gpus: Number(number) }),
    ...(kind === undefined ? {} : { gpuKind: kind }),
    ...(amount === undefined ? {} : { memory: amount }),
    ...(moreMemory.length === 0 ? {} : { moreMemory }),
    ...(first === undefined ? {} : { time: first }),
    ...(moreTime.length === 0 ? {} : { moreTime }),
  };
}
