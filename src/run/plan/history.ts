import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../files/error.js';
import { IrregularFile, readRegularFile } from '../../files/regular-file.js';
import { namesIn } from '../../store/listing.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Failure, FailureNote, RunEvent } from '../events.js';
import type { Failed, RunCall, RunNote, TaskNote } from './history-note.js';
import { isRunNote } from './history-note.js';

/**
 * Runs kept, beside the newest whole one of each form that no `--set` makes: many small runs do not push out the full
 * one. Their records may go sooner.
 */
const kept = 100;

/**
 * `20261123T202138123Z-7.json`: the names sort by time, and differ where two runs took the same number. That of a whole
 * run without `--set` ends in a hash of its form, so that it can be told without being read.
 */
const namePattern = /^\d{8}T\d{9}Z-(\d+)(?:-([0-9a-f]{8}))?\.json$/;

/** Notes what happens in a run. */
export class RunRecorder {
  readonly #tasks: Record<TaskId, TaskNote> = {};
  readonly #failed: Record<TaskId, FailureNote> = {};
  #interrupted = false;
  readonly #started = new Map<TaskId, Pick<TaskNote, 'key' | 'reasons'>>();

  handle(event: RunEvent): void {
    if (event.event === 'task-start') {
      this.#started.set(event.task, { key: event.key, reasons: event.reasons });
    } else if (event.event === 'task') {
      const key = event.key === undefined ? {} : { key: event.key };
      const note: TaskNote = { status: event.status, ...key, ...this.#started.get(event.task) };
      this.#tasks[event.task] = note;
      if (event.failure !== undefined && note.key !== undefined)
        this.#failed[event.task] = { key: note.key, at: new Date().toISOString(), ...briefly(event.failure) };
    } else if (event.event === 'interrupted') {
      this.#interrupted = true;
    }
  }

  /**
   * Adds the run to the history of its pipeline. One in which nothing ran, and in which all was as in the run before or
   * nothing was looked at, is left out.
   */
  async write(store: Store, pipeline: string, call: RunCall): Promise<void> {
    const folder = store.published(pipeline).runsFolder;
    const names = notesIn(folder);
    const newest = names.at(-1);
    const seen = Object.values(this.#tasks).some(({ key }) => key !== undefined);
    if (!seen) return;
    const digest = digestOf(this.#tasks);
    if (this.#started.size === 0 && newest !== undefined && digestIn(folder, newest) === digest) return;
    const last = newest === undefined ? undefined : readNote(folder, newest);
    const run = newest === undefined ? 1 : numberOf(newest) + 1;
    const finishedAt = new Date().toISOString();
    const note: RunNote = {
      ...{ type: 'spikeline-run/1', digest, run, finishedAt, ...call },
      ...{ interrupted: this.#interrupted, tasks: this.#tasks, ...this.#failedSince(last, call) },
    };
    await store
      .published(pipeline)
      .writeNote(
        join(folder, `${finishedAt.replaceAll(/[-:.]/g, '')}-${run}${markOf(note)}.json`),
        `${JSON.stringify(note)}\n`,
      );
    for (const name of outdated(notesIn(folder))) rmSync(join(folder, name), { force: true });
  }

  /** Failures of earlier runs count on, until their tasks are done or gone. */
  #failedSince(last: RunNote | undefined, { targets }: RunCall): { readonly failed?: Failed } {
    const before = Object.entries(last?.failed ?? {}).filter(([id]) => {
      const now = this.#tasks[id as TaskId];
      return now === undefined ? targets !== undefined : now.status === 'skipped' || now.status === 'failed';
    });
    const failed = { ...Object.fromEntries(before), ...this.#failed } as Failed;
    return Object.keys(failed).length === 0 ? {} : { failed };
  }
}

/** The tasks of a pipeline that failed when they last ran. */
export function failedTasks(store: Store, pipeline: string): Failed {
  const folder = store.published(pipeline).runsFolder;
  for (const name of notesIn(folder).reverse()) {
    const note = readNote(folder, name);
    if (note !== undefined) return note.failed ?? {};
  }
  return {};
}

/** Of a message that is kept, this many characters are. */
const longestMessage = 500;

function briefly({ code, message }: Failure): Pick<Failure, 'code' | 'message'> {
  return { code, message: message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message };
}

/** The runs of a pipeline that are kept, newest first, read as they are asked for. Damaged notes are left out. */
export async function* runsOf(store: Store, pipeline: string): AsyncGenerator<RunNote> {
  const folder = store.published(pipeline).runsFolder;
  for (const name of notesIn(folder).reverse()) {
    const note = readNote(folder, name);
    if (note !== undefined) yield note;
  }
}

/**
 * What the runs that are kept have come to: of each form of the pipeline, that is of each `--profile`, `--set` and
 * `--engine`, the results of the newest whole run and of those after it. A small run does not put a full one out of reach.
 *
 * @param folder of the pipeline's runs
 */
export function reachOfRuns(folder: string): {
  readonly tasks: ReadonlySet<TaskId>;
  readonly keys: ReadonlySet<TaskKey>;
} {
  const whole = new Set<string>();
  const tasks = new Set<TaskId>();
  const keys = new Set<TaskKey>();
  for (const name of notesIn(folder).reverse()) {
    const run = readNote(folder, name);
    if (run === undefined || whole.has(formOf(run))) continue;
    if (isWhole(run)) whole.add(formOf(run));
    for (const [task, { status, key }] of Object.entries(run.tasks)) {
      if (key === undefined || (status !== 'ran' && status !== 'cached')) continue;
      tasks.add(task as TaskId);
      keys.add(key);
    }
  }
  return { tasks, keys };
}

/** The newest run that meets a condition. */
export async function findRun(
  store: Store,
  pipeline: string,
  meets: (run: RunNote) => boolean,
): Promise<RunNote | undefined> {
  for await (const run of runsOf(store, pipeline)) if (meets(run)) return run;
  return undefined;
}

/** Had the tasks the same keys? Whether one ran or was found makes no difference. */
export function sameTasks(a: RunNote['tasks'], b: RunNote['tasks']): boolean {
  const ids = Object.keys(a) as TaskId[];
  return ids.length === Object.keys(b).length && ids.every((id) => b[id] !== undefined && a[id]!.key === b[id].key);
}

const isWhole = ({ targets, interrupted }: RunNote) => targets === undefined && !interrupted;
const formOf = ({ set = [], profile, engine }: RunCall) => JSON.stringify([set, profile, engine]);

/** What the name of a run's note says of its form. */
function markOf(note: RunNote): string {
  return isWhole(note) && (note.set ?? []).length === 0 ? `-${hash('sha256', formOf(note), 'hex').slice(0, 8)}` : '';
}

/** Names of notes that are not kept any more, of all that there are. */
function outdated(names: readonly string[]): string[] {
  const forms = new Set<string>();
  return [...names].reverse().filter((name, index) => {
    const form = namePattern.exec(name)![2];
    const isNewest = form !== undefined && !forms.has(form);
    if (form !== undefined) forms.add(form);
    return index >= kept && !isNewest;
  });
}

/** Names of notes, the oldest first. */
function notesIn(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => namePattern.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
}

function numberOf(name: string): number {
  return Number(namePattern.exec(name)![1]);
}

/** Of tasks with their keys: it is the same where {@link sameTasks} is true. */
function digestOf(tasks: RunNote['tasks']): string {
  const ids = (Object.keys(tasks) as TaskId[]).sort();
  return hash('sha256', JSON.stringify(ids.map((id) => [id, tasks[id]!.key])), 'hex');
}

/** The digest that a note begins with: to take ten thousand tasks from it would take as long as much of a run. */
function digestIn(folder: string, name: string): string | undefined {
  const text = readText(folder, name) ?? '';
  return text.endsWith('}\n') ? /^\{"type":"spikeline-run\/1","digest":"([0-9a-f]{64})"/.exec(text)?.[1] : undefined;
}

/** Undefined for one that is gone, damaged, or none of ours: others may write to a shared store. */
function readNote(folder: string, name: string): RunNote | undefined {
  try {
    const note: unknown = JSON.parse(readText(folder, name) ?? '');
    return isRunNote(note) ? note : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readText(folder: string, name: string): string | undefined {
  try {
    return readRegularFile(join(folder, name)).toString();
  } catch (error) {
    if (error instanceof IrregularFile || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
