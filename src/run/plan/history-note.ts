import type { TaskKey } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { FailureNote, Reason } from '../events.js';

/** What became of a task in a run. */
export interface TaskNote {
  readonly status: 'ran' | 'cached' | 'failed' | 'skipped';
  /** Missing for tasks that were not looked at. */
  readonly key?: TaskKey;
  /** Why it ran. */
  readonly reasons?: readonly Reason[];
}

/** What chose the pipeline's form in a run. */
export interface RunCall {
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly engine?: string;
  /** Without targets, a run has all tasks of its pipeline. */
  readonly targets?: readonly string[];
}

/** A run as its pipeline's history knows it: the tasks by key, for the store to tell the rest. */
export interface RunNote extends RunCall {
  readonly type: 'spikeline-run/1';
  /** Of the tasks with their keys. Notes of older versions have none. */
  readonly digest?: string;
  readonly run: number;
  readonly finishedAt: string;
  readonly interrupted: boolean;
  readonly tasks: Readonly<Record<TaskId, TaskNote>>;
  /** The tasks that failed when they last ran, in this run or before it. */
  readonly failed?: Failed;
}

/** Failures by task. */
export type Failed = Readonly<Record<TaskId, FailureNote>>;

const statuses: readonly unknown[] = ['ran', 'cached', 'failed', 'skipped'];

/** True if a note of a run has the form that it was written in, on which its readers rely. */
export function isRunNote(value: unknown): value is RunNote {
  if (!isMap(value) || value.type !== 'spikeline-run/1') return false;
  const { run, finishedAt, interrupted, tasks, failed, set, profile, engine, targets } = value;
  return (
    Number.isSafeInteger(run) &&
    isText(finishedAt) &&
    typeof interrupted === 'boolean' &&
    isMapOf(tasks, isTaskNote) &&
    (failed === undefined || isMapOf(failed, isFailureNote)) &&
    [set, targets].every((list) => list === undefined || isListOf(list, isText)) &&
    [profile, engine].every((name) => name === undefined || isText(name))
  );
}

function isTaskNote(value: unknown): boolean {
  if (!isMap(value)) return false;
  const { status, key, reasons } = value;
  return (
    statuses.includes(status) &&
    (key === undefined || isText(key)) &&
    (reasons === undefined ||
      isListOf(reasons, (reason) => isMap(reason) && isText(reason.code) && isText(reason.text)))
  );
}

function isFailureNote(value: unknown): boolean {
  return isMap(value) && [value.key, value.at, value.code, value.message].every(isText);
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMapOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return isMap(value) && Object.values(value).every(isItem);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
