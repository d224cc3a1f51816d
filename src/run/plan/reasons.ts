import { dirname, relative } from 'node:path';
import { canonicalJson } from '../../files/canonical.js';
import type { CommandPart, Task, TaskInput } from '../../pipeline/expand/task.js';
import type { KeyInput, KeyParts } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Change, Reason } from '../events.js';

/** What a task's result was or would be made from. */
export interface KeyComposition {
  readonly parts: KeyParts;
  /** Digests of source files and versions of packages, by name. */
  readonly code?: Readonly<Record<string, string>>;
}

/**
 * Why the key of a task is another one than last time: one reason for each thing that changed.
 *
 * @param task tells what inputs are made by
 * @param files that the stage names itself, in the order of its key
 */
export function reasonsToRun(
  task: Pick<Task, 'inputs'>,
  before: KeyComposition,
  now: KeyComposition,
  files: readonly string[],
): Reason[] {
  const [old, current] = [before.parts, now.parts];
  if (old.type !== current.type)
    return [reason('code', 'it was made by a version of Spikeline that made keys differently', [])];
  return [
    ...actionReasons(before, now),
    ...changesOf(flatten(old.parameters), flatten(current.parameters)).map((change) =>
      reason('parameter', `${change.name}: ${changeText(change)}`, [change]),
    ),
    ...differing(old.inputs, current.inputs).map((name) =>
      inputReason(task, name, old.inputs[name], current.inputs[name]),
    ),
    ...changesOf(old.files, current.files).map((change) => {
      const name = files[Number(change.name)];
      return reason('file', `file ${name ?? 'of the stage'} changed`, [{ ...change, name: name ?? 'of the stage' }]);
    }),
    ...differing(old.env, current.env).map((name) => environmentReason(name, old.env[name], current.env[name])),
    ...engineReasons(old.engine, current.engine),
    ...changesOf(old.outputs, current.outputs).map((change) =>
      reason('output', `output "${change.name}": ${changeText(change)}`, [change]),
    ),
  ];
}

function actionReasons(before: KeyComposition, now: KeyComposition): Reason[] {
  const [old, current] = [before.parts.action, now.parts.action];
  if ('stage' in old && 'stage' in current) {
    if (old.stage !== current.stage)
      return [
        reason('code', `stage: ${old.stage} → ${current.stage}`, [
          { name: 'stage', from: old.stage, to: current.stage },
        ]),
      ];
    if (old.fingerprint === current.fingerprint) return [];
    const changes = changesOf(before.code ?? {}, now.code ?? {});
    return [reason('code', `code of stage ${current.stage} changed${changedFiles(changes)}`, changes)];
  }
  const [from, to] = [actionText(old), actionText(current)];
  return from === to
    ? []
    : [reason('code', `command: ${shortPair(from, to).join(' → ')}`, [{ name: 'command', from, to }])];
}

function changedFiles(changes: readonly Change[]): string {
  const names = changes.map((change) =>
    isPackage(change) ? `${change.name} ${show(change.from)} → ${show(change.to)}` : change.name,
  );
  if (names.length === 0) return '';
  return `: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}

/** True if a change of code is one of a package, which is known by its version, as source files are by their digests. */
export function isPackage({ from, to }: Change): boolean {
  return [from, to].some((value) => value !== undefined && !isDigestText(value));
}

function isDigestText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('sha256:');
}

/** A command as it stands in the pipeline file, with the values it had. */
export function actionText(action: KeyParts['action']): string {
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

function inputReason(
  { inputs }: Pick<Task, 'inputs'>,
  name: string,
  from: Input | undefined,
  to: Input | undefined,
): Reason {
  const declared = inputs[name];
  if (isItems(from ?? to) && isItems(to ?? from)) {
    const items = itemChanges(declared, (from ?? []) as readonly KeyInput[], (to ?? []) as readonly KeyInput[]);
    const what = from === undefined ? ' is new' : to === undefined ? ' is gone' : `: ${listText(items)}`;
    const changes = items.map((change) => ({ ...change, name: `${name}[${change.name}]` }));
    return reason('input', `input "${name}"${what}`, changes);
  }
  const maker = declared?.kind === 'output' ? { task: declared.task } : {};
  const change: Change = { name, ...known('from', digestsOf(from)), ...known('to', digestsOf(to)), ...maker };
  if (from === undefined) return reason('input', `input "${name}" is new`, [change]);
  if (to === undefined) return reason('input', `input "${name}" is gone`, [change]);
  const what = isItems(from) || isItems(to) ? ' changed' : seenChange(from, to);
  if (declared?.kind === 'file') {
    const path = shownFile(declared);
    return reason('file', `file ${path}${what}`, [{ ...change, name: path }]);
  }
  const made = change.task === undefined ? '' : ` (made by ${change.task})`;
  return reason('input', `input "${name}"${made}${what}`, [change]);
}

const isItems = (input: Input | undefined): input is readonly KeyInput[] => Array.isArray(input);
const digestsOf = (input: Input | undefined) => (isItems(input) ? input.map(({ digest }) => digest) : input?.digest);

/** What of an input is another: its content, or else what can be seen beside it. */
function seenChange(from: KeyInput, to: KeyInput): string {
  if (from.digest !== to.digest) return ` changed: ${brief(from.digest)} → ${brief(to.digest)}`;
  if (from.name !== to.name) return ` has a different file name: ${from.name} → ${to.name}`;
  return to.executable === true ? ' is executable now' : ' is not executable any more';
}

/** A file as its pipeline names it; one that lies elsewhere by its full path. */
export function shownFile({ path, range }: Extract<TaskInput, { kind: 'file' }>): string {
  const short = relative(dirname(range.file), path);
  return short.startsWith('..') ? path : short;
}

/** What changed in a list, each item under its labels, or where the task can't see those, under its file name. */
function itemChanges(declared: TaskInput | undefined, from: readonly KeyInput[], to: readonly KeyInput[]): Change[] {
  const axes = Object.keys((to[0] ?? from[0])?.labels ?? {});
  const digests = (items: readonly KeyInput[]) =>
    Object.fromEntries(items.map((item) => [itemName(item, axes), item.digest]));
  const makers = new Map<string, TaskId>();
  if (declared?.kind === 'list')
    for (const [index, item] of to.entries()) {
      const maker = declared.items[index];
      if (maker !== undefined) makers.set(itemName(item, axes), maker.task);
    }
  // Without labels an item is known by its place, and has not changed because others stand before it now.
  const [before, now] = axes.length > 0 ? [from, to] : [without(from, to), without(to, from)];
  return changesOf(digests(before), digests(now)).map((change) => {
    // Who made what is gone is not known: another may have its place.
    const task = axes.length === 0 && change.to === undefined ? undefined : makers.get(change.name);
    // The task is not told labels, but people know an item better by them.
    const name = axes.length === 0 ? (task?.split('@')[1] ?? change.name) : change.name;
    return { ...change, name, ...known('task', task) };
  });
}

/** The items of a list without those that the other one has, too, anywhere in it. */
function without(items: readonly KeyInput[], others: readonly KeyInput[]): readonly KeyInput[] {
  const left = new Map<string, number>();
  for (const { digest } of others) left.set(digest, (left.get(digest) ?? 0) + 1);
  return items.filter(({ digest }) => {
    const count = left.get(digest) ?? 0;
    left.set(digest, count - 1);
    return count <= 0;
  });
}

/** The item of a list as its labels name it: `precision=k1B2,noise=0.1`, in the order of `axes`. */
function itemName({ labels, name = '' }: KeyInput, axes: readonly string[]): string {
  if (labels === undefined) return name;
  const known = labels as Readonly<Record<string, string>>;
  const others = Object.keys(known).filter((axis) => !axes.includes(axis));
  return [...axes.filter((axis) => axis in known), ...others].map((axis) => `${axis}=${known[axis]}`).join(',');
}

function listText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'the order, the values or the file names of its items changed';
  const kinds = { changed: [] as string[], new: [] as string[], gone: [] as string[] };
  for (const { name, from, to } of changes)
    kinds[from === undefined ? 'new' : to === undefined ? 'gone' : 'changed'].push(name);
  return Object.entries(kinds)
    .filter(([, items]) => items.length > 0)
    .map(
      ([what, items]) =>
        `${items.slice(0, 3).join(' and ')}${items.length > 3 ? ` and ${items.length - 3} more` : ''} ${what}`,
    )
    .join(', ');
}

/** Values stay out: they may be secrets, and this may stand in a public log. */
function environmentReason(name: string, from: string | null | undefined, to: string | null | undefined): Reason {
  const what =
    from === undefined || to === undefined
      ? 'is declared differently'
      : from === null
        ? 'is set now'
        : to === null
          ? 'is not set any more'
          : 'changed';
  return reason('env', `environment variable ${name} ${what}`, [{ name }]);
}

function engineReasons(from: KeyParts['engine'], to: KeyParts['engine']): Reason[] {
  if (from?.name !== to?.name) {
    const change = { name: 'engine', ...known('from', from?.name), ...known('to', to?.name) };
    return [reason('engine', `engine: ${from?.name ?? 'none'} → ${to?.name ?? 'none'}`, [change])];
  }
  const libraries = changesOf(from?.libraries ?? {}, to?.libraries ?? {}).map((change) =>
    reason('engine', `engine ${to!.name}: ${change.name} ${show(change.from)} → ${show(change.to)}`, [change]),
  );
  if (from?.fingerprint === to?.fingerprint) return libraries;
  const change = { name: to!.name, from: from!.fingerprint, to: to!.fingerprint };
  return [reason('engine', `code of the engine ${to!.name} changed`, [change]), ...libraries];
}

/** What differs between two maps, in the order of the old one, then of the new one. */
export function changesOf(from: Readonly<Record<string, unknown>>, to: Readonly<Record<string, unknown>>): Change[] {
  return differing(from, to).map((name) => ({ name, ...known('from', from[name]), ...known('to', to[name]) }));
}

function differing(from: Readonly<Record<string, unknown>>, to: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((name) => !isSame(from[name], to[name]));
}

/** What comes from a record has its maps sorted by name, what was just made has not. */
function isSame(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);
}

/** `{ precision: { k: 0 } }` → `{ 'precision.k': 0 }`; lists stay whole. */
export function flatten(value: unknown, prefix = ''): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [prefix]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, item]) => flatten(item, prefix === '' ? name : `${prefix}.${name}`)),
  ) as Readonly<Record<string, unknown>>;
}

function known<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: T };
}

function reason(code: string, text: string, changes: readonly Change[]): Reason {
  return { code, text, changes };
}

/** `2 → 10`: the two never read alike, where only their types differ either. */
function changeText({ from, to }: Change): string {
  const texts = [from, to].map((value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')));
  const [old, current] = texts[0] === texts[1] ? [JSON.stringify(from), JSON.stringify(to)] : texts;
  return shortPair(old!, current!).join(' → ');
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  return shorten(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Characters of a value in one line. */
const longest = 60;

function shorten(text: string, length = longest): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Two texts in one line each; of long ones what they begin with alike is cut, so that the difference stays. */
export function shortPair(from: string, to: string, length = longest): [string, string] {
  if (from.length <= length && to.length <= length) return [from, to];
  let start = 0;
  while (start < from.length && from[start] === to[start]) start++;
  // A few words before the difference are left, to find it by.
  const cut = from.lastIndexOf(' ', Math.max(0, start - length / 3)) + 1;
  const mark = cut === 0 ? '' : '…';
  return [shorten(mark + from.slice(cut), length), shorten(mark + to.slice(cut), length)];
}

function brief(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 8);
}
