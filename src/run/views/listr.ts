import {
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTask,
  type ListrTaskWrapper,
  type SimpleRenderer,
} from 'listr2';
import { fittedLines } from '../../text/fitted-lines.js';
import { printable, printableLine } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import type { Failure, RunEvent } from '../events.js';
import { Overall } from './overall.js';
import { ResizableOutput } from './resizable-output.js';
import { duration, progressText, reasonsText, retryText, shortened, TimeLeft, tailLines, uploadText } from './text.js';
import type { View } from './view.js';

type Row = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** What is known of a stage's tasks, shown as one row. */
interface StageState {
  readonly name: string;
  total: number;
  ended: number;
  cached: number;
  fetched: number;
  skipped: number;
  seconds: number;
  ending: boolean;
  /** Called once its first task is heard of: until then its row stands still. */
  begin: () => void;
  readonly begun: Promise<true>;
  /** Progress lines of the tasks that run now. */
  readonly running: Map<TaskId, string>;
  /** How its tasks failed, the newest last. */
  readonly failures: Map<TaskId, Failure>;
  row?: Row;
  finish: (error?: Error) => void;
  readonly finished: Promise<void>;
}

/** A row that is none of a stage. */
interface OtherRow {
  row?: Row;
  readonly finish: (error?: Error) => void;
  readonly finished: Promise<void>;
}

/** How often the line of the whole run is brought up to date. */
const overallMs = 1000;

/** A row a stage on a terminal, with live progress of the tasks that run; cached tasks are counted, not listed. */
export class ListrView implements View {
  readonly #stages = new Map<string, StageState>();
  readonly #left = new Map<TaskId, TimeLeft>();
  readonly #stageOf = new Map<TaskId, StageState>();
  readonly #warnings: string[] = [];
  readonly #overall = new Overall();
  /** The line of the whole run, where there is more than one task. */
  #whole: OtherRow | undefined;
  #clock: NodeJS.Timeout | undefined;
  /** What goes to the remote cache. */
  #upload: OtherRow | undefined;
  #rendered: Promise<unknown> = Promise.resolve();

  handle(event: RunEvent): void {
    this.#overall.handle(event);
    switch (event.event) {
      case 'start':
        this.#start(event);
        return;
      case 'task-waiting':
        this.#running(event.task, event.message);
        return;
      case 'task-start':
        this.#running(event.task, reasonsText(event.reasons));
        return;
      case 'task-progress': {
        const timer = this.#left.get(event.task) ?? new TimeLeft();
        this.#left.set(event.task, timer);
        this.#running(event.task, progressText(event.progress, timer.update(event.progress), true));
        return;
      }
      case 'task':
        this.#end(event);
        return;
      case 'interrupted':
        if (event.jobsGoOn) return;
        for (const stage of this.#stages.values()) {
          stage.ending = true;
          show(stage);
        }
        return;
      case 'task-retry':
        this.#running(event.task, `again ${retryText(event)}`);
        return;
      case 'upload':
        if (this.#upload?.row) this.#upload.row.title = `upload  ${uploadText(event)}`;
        return;
      case 'warning':
        this.#warnings.push(`${event.message}${event.hint === undefined ? '' : `\n  hint: ${event.hint}`}\n`);
        return;
      case 'end':
        if (this.#upload?.row && event.uploaded === 0) this.#upload.row.skip();
        this.#upload?.finish();
        this.#finishWhole();
        return;
      case 'task-log':
      case 'estimate':
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.values()) {
      stage.begin();
      stage.finish();
    }
    this.#upload?.finish();
    this.#finishWhole();
    await this.#rendered;
    const { columns } = process.stderr;
    for (const warning of this.#warnings) process.stderr.write(fittedLines(printable(warning), columns, 2));
  }

  #start({ tasks, remote }: Extract<RunEvent, { event: 'start' }>): void {
    for (const task of tasks) {
      const stage = this.#stages.get(task.stage) ?? newStage(task.stage);
      stage.total++;
      this.#stages.set(task.stage, stage);
      this.#stageOf.set(task.id, stage);
    }
    const rows = [...this.#stages.values()].map(stageRow);
    if (remote?.readOnly === false) {
      this.#upload = newRow();
      rows.push(otherRow(this.#upload, `upload  to ${remote.name}`));
    }
    if (tasks.length > 1) {
      this.#whole = newRow();
      // Last: of more rows than the terminal has, the first are not seen.
      rows.push(otherRow(this.#whole, this.#overall.text()));
      this.#clock = setInterval(() => this.#showWhole(), overallMs);
      // A run that has ended is not kept going by its clock.
      this.#clock.unref();
    }
    const list = new Listr(rows, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        ...{ collapseErrors: true, showErrorMessage: false, formatOutput: 'truncate' },
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ResizableOutput() }),
      },
    });
    this.#rendered = list.run().catch(() => undefined);
  }

  #showWhole(): void {
    if (this.#whole?.row) this.#whole.row.title = this.#overall.text();
  }

  #finishWhole(): void {
    clearInterval(this.#clock);
    this.#showWhole();
    const { outcome } = this.#overall;
    if (outcome === 'skipped') this.#whole?.row?.skip();
    this.#whole?.finish(outcome === 'failed' ? new Error('failed') : undefined);
    // Once rows are drawn for good, a new title would draw them all again.
    this.#whole = undefined;
  }

  #running(task: TaskId, text: string): void {
    const stage = this.#stageOf.get(task)!;
    stage.begin();
    stage.running.set(task, text);
    show(stage);
  }

  #end({ task, status, from, seconds, failure }: Extract<RunEvent, { event: 'task' }>): void {
    const stage = this.#stageOf.get(task)!;
    stage.begin();
    stage.running.delete(task);
    stage.ended++;
    if (status === 'cached') stage.cached++;
    if (from === 'remote') stage.fetched++;
    if (status === 'ran') stage.seconds += seconds;
    if (status === 'skipped') stage.skipped++;
    if (failure !== undefined) stage.failures.set(task, failure);
    show(stage);
    if (stage.ended < stage.total) return;
    if (isSkipped(stage)) stage.row?.skip();
    stage.finish(stage.failures.size > 0 ? new Error('failed') : undefined);
  }
}

/** True if all of a stage is over, some of it because a task before it failed, or the run was interrupted. */
const isSkipped = ({ ended, total, skipped, failures }: StageState): boolean =>
  ended === total && skipped > 0 && failures.size === 0;

function newStage(name: string): StageState {
  const { finish, finished } = newRow();
  let begin: () => void = () => undefined;
  const begun = new Promise<true>((resolve) => {
    begin = () => resolve(true);
  });
  const counts = { total: 0, ended: 0, cached: 0, fetched: 0, skipped: 0, seconds: 0 };
  return { name, ...counts, ending: false, begin, begun, running: new Map(), failures: new Map(), finish, finished };
}

/** What a row waits for. */
function newRow(): Pick<OtherRow, 'finish' | 'finished'> {
  let finish: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  finished.catch(() => undefined);
  return { finish, finished };
}

type ListedRow = ListrTask<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** listr2 asks twice whether a row is enabled: before it shows it, and before it starts it. In between, the row stands still. */
function stageRow(stage: StageState): ListedRow {
  let shown = false;
  return {
    title: printableLine(stage.total > 1 ? `${stage.name}  ${stage.total} tasks` : stage.name),
    enabled: () => {
      if (shown) return stage.begun;
      shown = true;
      return true;
    },
    task: (_, row) => {
      stage.row = row;
      show(stage);
      // All of it may be over before it is shown.
      if (isSkipped(stage)) row.skip();
      return stage.finished;
    },
  };
}

function otherRow(other: OtherRow, title: string): ListedRow {
  return {
    title: printableLine(title),
    task: (_, row) => {
      other.row = row;
      return other.finished;
    },
  };
}

/** Tasks of a stage that are shown at a time. */
const shownTasks = 8;
/** Failures of a stage that are shown while it goes on, and lines of each: the end of the run shows more. */
const shownFailures = 2;
const shownLines = 4;

function show(stage: StageState): void {
  const { row, name, total, ended, cached, fetched, skipped, failures, running, ending } = stage;
  const failed = failures.size;
  if (row === undefined) return;
  const ran = ended - cached - skipped - failed;
  const counts = [
    ...(ended < total && total > 1 ? [`${ended}/${total}`] : []),
    ...(cached > 0 ? [total === cached ? 'cached' : `${cached} cached`] : []),
    ...(fetched > 0 ? [`${fetched} fetched`] : []),
    ...(ran > 0 && ended === total ? [`${total > 1 ? `${ran} ran, ` : ''}${duration(stage.seconds)}`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  row.title = printableLine(counts.length > 0 ? `${name}  ${counts.join(', ')}` : name);
  if (running.size === 0 && failed === 0) return;
  const lines = [...running].slice(0, shownTasks).map(([task, text]) => `${pointOf(task)}${text}`);
  if (running.size > shownTasks) lines.push(`and ${running.size - shownTasks} more`);
  for (const [task, failure] of [...failures].slice(-shownFailures))
    lines.push(`FAILED ${pointOf(task)}${failure.message}`, ...tailLines(failure, '', shownLines));
  if (ending) lines.push('ending (Ctrl-C again kills)');
  row.output = lines.map(printableLine).join('\n');
}

/** `precision=k1B2  `, where the stage has axes; at most half of the terminal's width, so that what changes is seen. */
function pointOf(task: TaskId): string {
  if (!task.includes('@')) return '';
  return `${shortened(task.slice(task.indexOf('@') + 1), Math.max(12, (process.stdout.columns ?? 80) >> 1))}  `;
}
