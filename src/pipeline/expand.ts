import type { StageDefinition } from '../stage/definition.js';
import { type Point, product } from './axes.js';
import { check } from './check.js';
import { type ExpressionProblem, evaluate, parseTemplate, resolve, type Scope } from './expressions.js';
import type { Reporter } from './load.js';
import type { Path } from './source.js';
import type { CheckedStage, StageInput } from './stages.js';
import type { CommandPart, Json, Task, TaskAction, TaskId, TaskInput } from './task.js';

/** More tasks than this are a mistake in the axes. */
const maximumTasks = 100_000;

/** Stages → tasks in topological order. Stages must be in topological order. */
export function expandStages(
  stages: readonly CheckedStage[],
  params: { readonly [name: string]: Json },
  reporter: Reporter,
): Task[] | undefined {
  const tasks: Task[] = [];
  const byStage = new Map<string, Task[]>();
  for (const stage of stages) {
    const count = stage.axes.reduce((total, [, points]) => total * points.length, 1);
    if (tasks.length + count > maximumTasks) {
      reporter.error('E_TOO_MANY_TASKS', `there would be more than ${maximumTasks} tasks`, {
        path: stage.path,
        key: true,
      });
      return undefined;
    }
    const own = expandStage(stage, params, byStage, reporter);
    if (own.length === 0 && reporter.diagnostics.length === 0)
      reporter.error('E_EXCLUDE', `every point of "${stage.name}" is excluded`, {
        path: [...stage.path, 'exclude'],
        key: true,
      });
    byStage.set(stage.name, own);
    tasks.push(...own);
  }
  return reporter.diagnostics.length > 0 ? undefined : tasks;
}

function expandStage(
  stage: CheckedStage,
  params: { readonly [name: string]: Json },
  byStage: ReadonlyMap<string, readonly Task[]>,
  reporter: Reporter,
): Task[] {
  const { definition } = stage;
  const range = reporter.source.keyRange(stage.path);
  const groups = new Map<string, Map<string, readonly Task[]>>();
  for (const [input, target] of stage.inputs)
    if (target.kind === 'output') groups.set(input, groupTasks(byStage.get(target.stage) ?? [], target.shared));
  // The first point that fails speaks for all.
  const reported = new Set<string>();
  const tasks: Task[] = [];
  for (const point of product(stage.axes)) {
    if (stage.excludes(point)) continue;
    const labels = Object.fromEntries(Object.entries(point).map(([axis, { label }]) => [axis, label]));
    const axes = Object.fromEntries(Object.entries(point).map(([axis, { value }]) => [axis, value]));
    const id = taskId(stage.name, labels);
    const where = Object.keys(labels).length === 0 ? '' : ` (at ${formatLabels(labels)})`;
    const report: Report = (code, message, path, rest = {}) => {
      const key = JSON.stringify([code, path, rest.part]);
      if (reported.has(key)) return;
      reported.add(key);
      const at = { path, ...(rest.key ? { key: true } : {}), ...(rest.part === undefined ? {} : { part: rest.part }) };
      reporter.error(code, message, at, rest.hint === undefined ? {} : { hint: rest.hint });
    };
    const scope: Scope = { params, ...axes };
    const parameters = definition ? checkParameters(stage, definition, scope, where, report) : {};
    tasks.push({
      id,
      stage: stage.name,
      axes,
      labels,
      action: definition ? { kind: 'stage', uses: stage.file.uses!, definition } : commandAction(stage, scope, report),
      parameters,
      inputs: taskInputs(stage, point, labels, groups, report, range),
      outputs: stage.outputs,
      env: [...new Set(stage.file.env ?? [])].sort(),
      resources: { ...definition?.resources, ...(stage.file.resources as object | undefined) },
      range,
    });
  }
  return tasks;
}

type Report = (
  code: string,
  message: string,
  path: Path,
  rest?: { readonly part?: string; readonly hint?: string; readonly key?: boolean },
) => void;

/** `stage@axis=label,…`. */
export function taskId(stage: string, labels: Readonly<Record<string, string>>): TaskId {
  return (Object.keys(labels).length === 0 ? stage : `${stage}@${formatLabels(labels)}`) as TaskId;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([axis, label]) => `${axis}=${label}`)
    .join(',');
}

function groupTasks(tasks: readonly Task[], axes: readonly string[]): Map<string, Task[]> {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const key = JSON.stringify(axes.map((axis) => task.labels[axis]));
    const group = groups.get(key);
    if (group) group.push(task);
    else groups.set(key, [task]);
  }
  return groups;
}

function taskInputs(
  stage: CheckedStage,
  point: Point,
  labels: Readonly<Record<string, string>>,
  groups: ReadonlyMap<string, ReadonlyMap<string, readonly Task[]>>,
  report: Report,
  range: Task['range'],
): Record<string, TaskInput> {
  const inputs: Record<string, TaskInput> = {};
  for (const [name, target] of stage.inputs) {
    if (target.kind === 'file') {
      inputs[name] = { kind: 'file', path: target.path, range };
      continue;
    }
    const key = JSON.stringify(target.shared.map((axis) => point[axis]!.label));
    const producers = groups.get(name)!.get(key);
    if (producers === undefined) {
      report(
        'E_EXCLUDED_INPUT',
        `"${target.stage}" has no task at ${formatLabels(labels)}: it is excluded there`,
        [...stage.path, 'inputs', name],
        {
          hint: 'exclude the same point here',
        },
      );
      continue;
    }
    inputs[name] = connect(target, producers);
  }
  return inputs;
}

function connect(target: StageInput, producers: readonly Task[]): TaskInput {
  const items = producers.map(({ id }) => ({ task: id, output: target.output }));
  return target.collected.length > 0 || target.list ? { kind: 'list', items } : { kind: 'output', ...items[0]! };
}

function checkParameters(
  stage: CheckedStage,
  definition: StageDefinition,
  scope: Scope,
  where: string,
  report: Report,
): { readonly [name: string]: Json } {
  const given = stage.file.with ?? {};
  const root = [...stage.path, 'with'];
  let failed = false;
  const expressionFailed = ({ raw, code, message, hint }: ExpressionProblem, path: Path) => {
    failed = true;
    report(code, message, [...root, ...path], { part: raw, ...(hint === undefined ? {} : { hint }) });
  };
  const parameters = evaluate(given, scope, expressionFailed) as { [name: string]: Json };
  if (failed) return parameters;
  const violations = check(definition.parameters, parameters);
  for (const { path, atKey, code, message, hint } of violations) {
    const named = atKey || path.length === 0 ? message : `"${path.join('.')}" ${message}`;
    const origin = expressionAt(given, path);
    const from = origin === undefined ? '' : ` (from ${origin})`;
    const at = stage.file.with === undefined ? [...stage.path, 'uses'] : [...root, ...path];
    report(code, `${named}${from}${where}`, at, { key: atKey, ...(hint === undefined ? {} : { hint }) });
  }
  if (violations.length === 0)
    for (const { parameter, message } of definition.check?.(parameters) ?? [])
      report('E_VALUE', `${message}${where}`, [...root, parameter]);
  return parameters;
}

/** The expression that a value came from, if it is one. */
function expressionAt(given: unknown, path: Path): string | undefined {
  let value = given;
  for (const step of path) {
    if (typeof value === 'string') break;
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  if (typeof value !== 'string' || !value.includes('${{')) return undefined;
  return parseTemplate(value)
    .flatMap((part) => ('expression' in part ? [part.expression.path.join('.')] : []))
    .join(', ');
}

function commandAction(stage: CheckedStage, scope: Scope, report: Report): TaskAction {
  const { run } = stage.file;
  const path: Path = [...stage.path, 'run'];
  if (Array.isArray(run))
    return {
      kind: 'command',
      command: run.map((word, i) => commandParts(String(word), stage, scope, [...path, i], true, report)),
    };
  return { kind: 'shell', script: commandParts(String(run ?? ''), stage, scope, path, false, report) };
}

function commandParts(
  text: string,
  stage: CheckedStage,
  scope: Scope,
  path: Path,
  list: boolean,
  report: Report,
): CommandPart[] {
  const template = parseTemplate(text);
  const names = {
    ...scope,
    inputs: Object.fromEntries([...stage.inputs.keys()].map((name) => [name, name])),
    outputs: Object.fromEntries(Object.keys(stage.outputs).map((name) => [name, name])),
  };
  let before = '';
  return template.map((part): CommandPart => {
    if ('text' in part) {
      before += part.text;
      return part;
    }
    const { raw, path: names0 } = part.expression;
    // Inside the user's own quotes, ours would end them, and the shell would read the value as code.
    if (!list && insideQuotes(before))
      report('E_EXPRESSION', `${raw} stands inside quotes`, path, {
        part: raw,
        hint: 'remove the quotes around it: every expression is quoted for the shell',
      });
    const result = resolve(part.expression, names);
    if (!('value' in result)) {
      report(result.code, result.message, path, {
        part: raw,
        ...(result.hint === undefined ? {} : { hint: result.hint }),
      });
      return { text: '' };
    }
    const [kind, name] = names0;
    if ((kind === 'inputs' || kind === 'outputs') && name !== undefined) {
      const target = stage.inputs.get(name);
      const isList = kind === 'inputs' && target?.kind === 'output' && target.collected.length > 0;
      if (isList && list && template.length > 1)
        report('E_EXPRESSION', `${raw} is a list of files, which must be a word of its own`, path, { part: raw });
      return kind === 'inputs' ? { input: name } : { output: name };
    }
    if (typeof result.value === 'object')
      report('E_EXPRESSION', `${raw} is a map or list, which can't be part of a command`, path, { part: raw });
    return { value: String(result.value) };
  });
}

/** Has a shell that read this text an open quote? */
function insideQuotes(script: string): boolean {
  let quote = '';
  for (let i = 0; i < script.length; i++) {
    const character = script[i]!;
    if (character === '\\' && quote !== "'") i++;
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
  }
  return quote !== '';
}
