import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTask } from '../../api/opening/tasks.js';
import type { Task, TaskInput } from '../../pipeline/expand/task.js';
import type { Reason } from '../../run/events.js';
import { type Cause, type Explanation, explainTask } from '../../run/explain/causes.js';
import { actionText, flatten, shownFile } from '../../run/plan/reasons.js';
import { duration, moment, programsText } from '../../run/views/text.js';
import type { KeyParts, TaskRecord } from '../../store/types.js';
import { jsonText } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import { brief, changeValue, firstFew, reasonLines } from '../explain/reasons.js';
import { failedText } from '../explain/status.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printText } from '../terminal/output.js';

/** Sections of causes that are written out. A sweep can have thousands. */
const shownCauses = 20;

/** `why`: the full reason for a task's state, up to its root causes. */
export async function whyCommand(
  file: string,
  target: string,
  options: PipelineOptions & { readonly json?: boolean },
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const task = chooseTask(pipeline, target);
  const explanation = await explainTask(pipeline, openStore(options, pipeline), task);
  if (options.json === true) print(explanationJson(explanation));
  else {
    print(explanationText(task, explanation));
    if (explanation.status.state === 'failed')
      printText(`\nWhat it wrote: ${callOf('log', pipeline, options, [task.id])}`);
  }
  return exitCodes.done;
}

/** Values of environment variables stay out: they may be secrets. */
function explanationJson({ record, ...rest }: Explanation): string {
  if (record === undefined) return jsonText(rest, 2);
  const env = Object.entries(record.parts.env).map(([name, value]) => ({ name, set: value !== null }));
  return jsonText({ ...rest, record: { ...record, parts: { ...record.parts, env } } }, 2);
}

/** An explanation for people. */
function explanationText(task: Task, explanation: Explanation): string {
  const sections = [stateText(explanation), ...causesText(explanation)];
  const { status, record } = explanation;
  if (record !== undefined) sections.push(status.state === 'cached' ? keyText(task, record) : lastText(record));
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function stateText(explanation: Explanation): string[] {
  const { task, status, record, ran, own } = explanation;
  switch (status.state) {
    case 'cached':
      return [
        `${task} is cached${record === undefined ? '' : ` since ${moment(record.provenance.finishedAt)}`}.`,
        ...(ran === undefined ? [] : [`It ran in run ${ran.run}, because`, ...indent(ran.reasons)]),
        ...(record === undefined ? [] : [`It took ${madeText(record)}.`, ...foreignText(record, explanation)]),
      ];
    case 'failed': {
      const others = status.reasons.filter(({ code }) => code !== 'new');
      return [
        `${task} ${failedText(status.failure)}`,
        ...(others.length === 0 ? ['It will run again.'] : ['It will run again, because', ...indent(others)]),
      ];
    }
    case 'stale':
    case 'missing':
      return [`${task} ${openText(status.state, status.reasons)}`, ...indent(status.reasons)];
    case 'waiting': {
      const one = status.on.length === 1;
      const others = one ? status.on[0] : `${status.on.length} tasks`;
      if (own === undefined || own.length === 0)
        return [
          `${task} waits for ${others}: it will run unless ${one ? 'that produces' : 'those produce'} the same as last time.`,
        ];
      return [`${task} waits for ${others}, and will run in any case, because`, ...indent(own)];
    }
    default:
      return status satisfies never;
  }
}

/** A section a cause; tasks with the same reasons, as sweeps have them, share one. */
function causesText({ causes }: Explanation): string[][] {
  const groups = new Map<string, { readonly first: Cause; readonly alike: TaskId[] }>();
  for (const cause of causes) {
    const alike = JSON.stringify([cause.state, cause.run, cause.reasons]);
    const group = groups.get(alike);
    if (group === undefined) groups.set(alike, { first: cause, alike: [] });
    else group.alike.push(cause.task);
  }
  const sections = [...groups.values()].map(({ first, alike }) => [
    causeTitle(first),
    ...indent(first.reasons),
    ...(alike.length === 0 ? [] : [`  the same: ${firstFew(alike)}`]),
  ]);
  const more = sections.length - shownCauses;
  return more <= 0 ? sections : [...sections.slice(0, shownCauses), [`And ${more} more: --json lists them.`]];
}

function causeTitle({ task, state, run, reasons, finishedAt, path = [] }: Cause): string {
  const because = reasons.length === 0 ? ', and the reason is no longer known' : ', because';
  if (state === 'ran') return `${task} ran in run ${run}${because}`;
  if (state === 'changed') return `${task} changed (its result is now from ${moment(finishedAt!)})${because}`;
  const way = path.length > 2 ? ` (${path.join(' → ')})` : '';
  if (state === 'failed') return `${task}${way} failed, and will run again:`;
  return `${task}${way} ${openText(state, reasons, because)}`;
}

/** An input that can't be read is no reason to run: the task would fail. */
function openText(state: string, reasons: readonly Reason[], because = ', because'): string {
  return reasons.some(({ code }) => code === 'unreadable')
    ? "can't run as it is, because"
    : `is ${state}: it will run${because}`;
}

function indent(reasons: readonly Reason[]): string[] {
  return reasons.flatMap(reasonLines).map((line) => `  ${line}`);
}

function madeText({ provenance }: TaskRecord): string {
  const { seconds, threads, platform } = provenance;
  const cores = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${duration(seconds)} with ${cores} on ${platform} (${programsText(provenance)})`;
}

/** A result may come from a task of another name: then it is the same computation. */
function foreignText({ provenance }: TaskRecord, { task, pipeline }: Explanation): string[] {
  if (provenance.task === task && provenance.pipeline === pipeline) return [];
  return [`It was made as ${provenance.task} of the pipeline ${provenance.pipeline}.`];
}

function lastText(record: TaskRecord): string[] {
  return [`It last ran on ${moment(record.provenance.finishedAt)}: ${madeText(record)}.`];
}

/** What the key of a cached task consists of. */
function keyText(task: Task, { key, parts, outputs }: TaskRecord): string[] {
  const { action, parameters, inputs, env, files, engine } = parts;
  const code = 'stage' in action ? `stage ${action.stage}, code ${brief(action.fingerprint)}` : actionText(action);
  const variables = Object.entries(env).map(([name, value]) => `${name} (${value === null ? 'not set' : 'set'})`);
  const results = Object.entries(outputs).map(
    ([name, { digest, kind, size }]) => `${name}: ${brief(digest)}, a ${kind} of ${size} bytes, ${parts.outputs[name]}`,
  );
  return [
    `Its key is ${key}, made from`,
    `  ${'stage' in action ? code : `the command ${code}`}`,
    ...(engine === null
      ? []
      : [`  engine ${[engine.name, ...librariesOf(engine), `code ${brief(engine.fingerprint)}`].join(', ')}`]),
    ...Object.entries(flatten(parameters)).flatMap(([name, value]) =>
      name === '' ? [] : [`  parameter ${name}: ${changeValue('parameter', value)}`],
    ),
    ...Object.entries(inputs).flatMap(([name, input]) => inputLines(name, input, task.inputs[name])),
    ...Object.values(files).map((digest) => `  file of the stage: ${brief(digest)}`),
    ...variables.map((variable) => `  environment variable ${variable}`),
    'It made',
    ...results.map((result) => `  ${result}`),
  ];
}

const librariesOf = ({ libraries = {} }: NonNullable<KeyParts['engine']>) =>
  Object.entries(libraries).map(([name, version]) => `${name} ${version}`);

function inputLines(name: string, input: KeyParts['inputs'][string], declared: TaskInput | undefined): string[] {
  if ('digest' in input) {
    const source =
      declared?.kind === 'output'
        ? `, made by ${declared.task}`
        : declared?.kind === 'file'
          ? `, ${shownFile(declared)}`
          : '';
    return [`  input ${name}: ${brief(input.digest)}${source}`];
  }
  return input.map(({ digest }, index) => {
    const maker = declared?.kind === 'list' ? `, made by ${declared.items[index]?.task}` : '';
    return `  input ${name}, item ${index + 1}: ${brief(digest)}${maker}`;
  });
}
