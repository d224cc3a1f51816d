import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import { printable, printableLine } from '../../text/printable.js';
import type { TaskId } from '../../values.js';
import type { Failure, RunEvent } from '../events.js';
import { duration, progressText, retryText, TimeLeft, tailLines, uploadText } from './text.js';
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
  /** Progress lines of the tasks that run now. */
  readonly running: Map<TaskId, string>;
  /** How its tasks failed, the newest last. */
  readonly failures: Map<TaskId, Failure>;
  row?: Row;
  finish: (error?: Error) => void;
  readonly finished: Promise<void>;
}

interface UploadState {
  row?: Row;
  readonly finish: () => void;
  readonly finished: Promise<void>;
}

/** A row a stage on a terminal, with live progress of the tasks that run; cached tasks are counted, not listed. */
export class ListrView implements View {
  readonly #stages = new Map<string, StageState>();
  readonly #left = new Map<TaskId, TimeLeft>();
  readonly #stageOf = new Map<TaskId, StageState>();
  readonly #warnings: string[] = [];
  /** What goes to the remote cache. */
  #upload: UploadState | undefined;
  #rendered: Promise<unknown> = Promise.resolve();

  handle(event: RunEvent): void {
    switch (event.event) {
      case 'start':
        this.#start(event);
        return;
      case 'task-waiting':
        this.#running(event.task, event.message);
        return;
      case 'task-start':
        this.#running(event.task, event.reasons.map(({ text }) => text).join('; '));
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
        return;
      case 'task-log':
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.values()) stage.finish();
    this.#upload?.finish();
    await this.#rendered;
    for (const warning of this.#warnings) process.stderr.write(printable(warning));
  }

  #start({ tasks, remote }: Extract<RunEvent, { event: 'start' }>): void {
    for (const task of tasks) {
      const stage = this.#stages.get(task.stage) ?? newStage(task.stage);
      stage.total++;
      this.#stages.set(task.stage, stage);
      this.#stageOf.set(task.id, stage);
    }
    const rows = [...this.#stages.values()].map((stage) => ({
      title: printableLine(stage.name),
      task: (_: unknown, row: Row) => {
        stage.row = row;
        show(stage);
        return stage.finished;
      },
    }));
    if (remote?.readOnly === false) {
      const upload = newUpload();
      this.#upload = upload;
      const task = (_: unknown, row: Row) => {
        upload.row = row;
        return upload.finished;
      };
      rows.push({ title: printableLine(`upload  to ${remote.name}`), task });
    }
    const list = new Listr(rows, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: true, showErrorMessage: false, formatOutput: 'truncate' },
    });
    this.#rendered = list.run().catch(() => undefined);
  }

  #running(task: TaskId, text: string): void {
    const stage = this.#stageOf.get(task)!;
    stage.running.set(task, text);
    show(stage);
  }

  #end({ task, status, from, seconds, failure }: Extract<RunEvent, { event: 'task' }>): void {
    const stage = this.#stageOf.get(task)!;
    stage.running.delete(task);
    stage.ended++;
    if (status === 'cached') stage.cached++;
    if (from === 'remote') stage.fetched++;
    if (status === 'ran') stage.seconds += seconds;
    if (status === 'skipped') stage.skipped++;
    if (failure !== undefined) stage.failures.set(task, failure);
    show(stage);
    if (stage.ended < stage.total) return;
    if (stage.skipped > 0 && stage.failures.size === 0) stage.row?.skip();
    stage.finish(stage.failures.size > 0 ? new Error('failed') : undefined);
  }
}

function newStage(name: string): StageState {
  let finish: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  finished.catch(() => undefined);
  const counts = { total: 0, ended: 0, cached: 0, fetched: 0, skipped: 0, seconds: 0 };
  return { name, ...counts, ending: false, running: new Map(), failures: new Map(), finish, finished };
}

function newUpload(): UploadState {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { finish, finished };
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
    ...(ended === 0 && running.size === 0 ? ['waits'] : []),
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

/** `precision=k1B2  `, where the stage has axes. */
function pointOf(task: TaskId): string {
  return task.includes('@') ? `${task.slice(task.indexOf('@') + 1)}  ` : '';
}
