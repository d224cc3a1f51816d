import type { CommandPart, Task } from '../pipeline/task.js';
import type { KeyParts } from '../store/types.js';
import type { Reason } from './events.js';

/** What a task's result was or would be made from. */
export interface Composition {
  readonly parts: KeyParts;
  /** Digests of source files and versions of packages, by name. */
  readonly code?: Readonly<Record<string, string>>;
}

/** Why the key of a task is another one than last time: one reason for each thing that changed. */
export function explain(task: Task, before: Composition, now: Composition, files: readonly string[]): Reason[] {
  const [old, current] = [before.parts, now.parts];
  return [
    ...actionReasons(before, now),
    ...changes(flatten(old.parameters), flatten(current.parameters)).map(({ name, from, to }) =>
      reason('parameter', `${name}: ${show(from)} → ${show(to)}`),
    ),
    ...changes(old.inputs, current.inputs).map(({ name, from, to }) => inputReason(task, name, from, to)),
    ...changes(old.files, current.files).map(({ name }) =>
      reason('file', `file ${files[Number(name)] ?? 'of the stage'} changed`),
    ),
    ...changes(old.env, current.env).map(({ name, from, to }) => environmentReason(name, from, to)),
    ...engineReasons(old.engine, current.engine),
    ...changes(old.outputs, current.outputs).map(({ name, from, to }) =>
      reason('output', `output "${name}": ${show(from)} → ${show(to)}`),
    ),
  ];
}

function actionReasons(before: Composition, now: Composition): Reason[] {
  const [old, current] = [before.parts.action, now.parts.action];
  if ('stage' in old && 'stage' in current) {
    if (old.stage !== current.stage) return [reason('code', `stage: ${old.stage} → ${current.stage}`)];
    if (old.fingerprint === current.fingerprint) return [];
    return [reason('code', `code of stage ${current.stage} changed${changedFiles(before.code, now.code)}`)];
  }
  const [from, to] = [actionText(old), actionText(current)];
  return from === to ? [] : [reason('code', `command: ${shorten(from)} → ${shorten(to)}`)];
}

function changedFiles(before: Composition['code'] = {}, now: Composition['code'] = {}): string {
  const names = changes(before, now).map(({ name, from, to }) => {
    const isVersion = [from, to].some((value) => value !== undefined && !value.startsWith('sha256:'));
    return isVersion ? `${name} ${show(from)} → ${show(to)}` : name;
  });
  if (names.length === 0) return '';
  return `: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}

/** A command as it stands in the pipeline file, with the values it had. */
function actionText(action: KeyParts['action']): string {
  if ('stage' in action) return `stage ${action.stage}`;
  if ('script' in action) return partsText(action.script as readonly CommandPart[]);
  return (action.command as readonly (readonly CommandPart[])[]).map(partsText).join(' ');
}

function partsText(parts: readonly CommandPart[]): string {
  return parts
    .map((part) => {
      if ('text' in part) return part.text;
      if ('value' in part) return part.value;
      return 'input' in part ? `\${{ inputs.${part.input} }}` : `\${{ outputs.${part.output} }}`;
    })
    .join('');
}

type Input = KeyParts['inputs'][string];

function inputReason(task: Task, name: string, from: Input | undefined, to: Input | undefined): Reason {
  if (from === undefined) return reason('input', `input "${name}" is new`);
  if (to === undefined) return reason('input', `input "${name}" is gone`);
  if (typeof from !== 'string' && typeof to !== 'string')
    return reason('input', `input "${name}": ${listText(from, to)}`);
  const declared = task.inputs[name];
  const contents = typeof from === 'string' && typeof to === 'string' ? `: ${brief(from)} → ${brief(to)}` : '';
  if (declared?.kind === 'file') return reason('file', `file ${declared.path} changed${contents}`);
  const maker = declared?.kind === 'output' ? ` (made by ${declared.task})` : '';
  return reason('input', `input "${name}"${maker} changed${contents}`);
}

/** What changed among the items of a list, each named by its labels. */
function listText(from: Exclude<Input, string>, to: Exclude<Input, string>): string {
  const byLabels = (items: Exclude<Input, string>) =>
    Object.fromEntries(
      items.map(({ labels, digest }) => {
        const pairs = Object.entries(labels as Readonly<Record<string, string>>).map(
          ([axis, label]) => `${axis}=${label}`,
        );
        return [pairs.join(','), digest];
      }),
    );
  const differing = changes(byLabels(from), byLabels(to));
  if (differing.length === 0) return 'the order or the values of its items changed';
  const names = (wanted: 'new' | 'gone' | 'changed') =>
    differing
      .filter(({ from, to }) => wanted === (from === undefined ? 'new' : to === undefined ? 'gone' : 'changed'))
      .map(({ name }) => name);
  return (['changed', 'new', 'gone'] as const)
    .map((what) => [what, names(what)] as const)
    .filter(([, items]) => items.length > 0)
    .map(
      ([what, items]) =>
        `${items.slice(0, 3).join(' and ')}${items.length > 3 ? ` and ${items.length - 3} more` : ''} ${what}`,
    )
    .join(', ');
}

/** Values stay out of the text: they may be secrets, and the text may stand in a public log. */
function environmentReason(name: string, from: string | null | undefined, to: string | null | undefined): Reason {
  const what =
    from === undefined || to === undefined
      ? 'is declared differently'
      : from === null
        ? 'is set now'
        : to === null
          ? 'is not set any more'
          : 'changed';
  return reason('env', `environment variable ${name} ${what}`);
}

function engineReasons(from: KeyParts['engine'], to: KeyParts['engine']): Reason[] {
  if (from?.name !== to?.name) return [reason('engine', `engine: ${from?.name ?? 'none'} → ${to?.name ?? 'none'}`)];
  return from?.fingerprint === to?.fingerprint ? [] : [reason('engine', `code of the engine ${to?.name} changed`)];
}

interface Change<T> {
  readonly name: string;
  readonly from: T | undefined;
  readonly to: T | undefined;
}

function changes<T>(from: Readonly<Record<string, T>>, to: Readonly<Record<string, T>>): Change<T>[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .map((name) => ({ name, from: from[name], to: to[name] }))
    .filter((change) => JSON.stringify(change.from) !== JSON.stringify(change.to));
}

/** `{ precision: { k: 0 } }` → `{ 'precision.k': 0 }`; lists stay whole. */
function flatten(value: unknown, prefix = ''): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [prefix]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, item]) => flatten(item, prefix === '' ? name : `${prefix}.${name}`)),
  ) as Readonly<Record<string, unknown>>;
}

function reason(code: string, text: string): Reason {
  return { code, text };
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  return shorten(typeof value === 'string' ? value : JSON.stringify(value));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function brief(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 8);
}
