import type { Change, Reason } from '../../run/events.js';
import { isPackage } from '../../run/plan/reasons.js';

/** Changes of one reason that are written out. */
const shownChanges = 20;
/** Two values that are longer together stand below each other. */
const longest = 90;

/** A reason in full: a line a change, the old value beside the new one. */
export function reasonLines({ code, text, changes = [] }: Reason): string[] {
  // Of a variable there is no more to be said.
  if (changes.length === 0 || code === 'env') return [text];
  const lines = changes.slice(0, shownChanges).flatMap((change) => changeLines(code, change));
  const more = changes.length - shownChanges;
  return more <= 0 ? lines : [...lines, `… and ${more} more: --json lists them`];
}

function changeLines(code: string, change: Change): string[] {
  const { name, task } = change;
  const kind = changeKind(code, change);
  const [from, to] = [change.from, change.to].map((value) =>
    value === undefined ? undefined : changeValue(code, value),
  );
  const what = kind === name ? kind : `${kind} ${name}`;
  const maker = task === undefined ? '' : `, made by ${task}`;
  if (from === undefined) return [`${what} is new: ${to}${maker}`];
  if (to === undefined) return [`${what} is gone: it was ${from}`];
  if (from.length + to.length <= longest) return [`${what}: ${from} → ${to}${maker}`];
  return [`${what}:`, `  - ${from}`, `  + ${to}`];
}

/** What kind of thing changed. */
export function changeKind(code: string, change: Change): string {
  if (code !== 'code') return code;
  if (change.name === 'stage' || change.name === 'command') return change.name;
  return isPackage(change) ? 'package' : 'source file';
}

/** A value of a change: parameters as in JSON, so that 1 is not "1"; the beginning of digests; all else as it is. */
export function changeValue(code: string, value: unknown): string {
  if (code === 'parameter' || typeof value !== 'string') return JSON.stringify(value);
  return /^sha256:[0-9a-f]{64}$/.test(value) ? brief(value) : value;
}

/** Enough of a digest to tell it from others. */
export function brief(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** `a, b, c and 7 more` */
export function firstFew(tasks: readonly string[]): string {
  return `${tasks.slice(0, 3).join(', ')}${tasks.length > 3 ? ` and ${tasks.length - 3} more` : ''}`;
}
