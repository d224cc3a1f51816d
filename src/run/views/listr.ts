import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import type { Task, TaskId } from '../../pipeline/task.js';
import type { RunEvent } from '../events.js';
import { duration, progressText, retryText, TimeLeft } from './text.js';
import type { View } from './view.js';

type Row = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** What is known of a stage's tasks, shown as one row. */
interface StageState {
  readonly name: string;
  total: number;
  ended: number;
  cached: number;
  skipped: number;
  failed: number;
  seconds: number;
  ending: boolean;
  /** Progress lines of the tasks that run now. */
  readonly running: Map<TaskId, string>;
  row?: Row;
  finish: (error?: Error) => void;
  readonly finished: Promise<void>;
}

/** A row a stage on a terminal, with live progress of the tasks that run; cached tasks are counted, not listed. */
export class ListrView implements View {
  readonly #stages = new Map<string, StageState>();
  readonly #left = new Map<TaskId, TimeLeft>();
  readonly #stageOf = new Map<TaskId, StageState>();
  #rendered: Promise<unknown> = Promise.resolve();

  handle(event: RunEvent): void {
    switch (event.event) {
      case 'start':
        this.#start(event.tasks);
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
        for (const stage of this.#stages.values()) {
          stage.ending = true;
          show(stage);
        }
        return;
      case 'task-retry':
        this.#running(event.task, `again ${retryText(event)}`);
        return;
      case 'task-log':
      case 'end':
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.values()) stage.finish();
    await this.#rendered;
  }

  #start(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const stage = this.#stages.get(task.stage) ?? newStage(task.stage);
      stage.total++;
      this.#stages.set(task.stage, stage);
      this.#stageOf.set(task.id, stage);
    }
    const list = new Listr(
      [...this.#stages.values()].map((stage) => ({
        title: stage.name,
        task: (_: unknown, row: Row) => {
          stage.row = row;
          show(stage);
          return stage.finished;
        },
      })),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false, formatOutput: 'truncate' },
      },
    );
    this.#rendered = list.run().catch(() => undefined);
  }

  #running(task: TaskId, text: string): void {
    const stage = this.#stageOf.get(task)!;
    stage.running.set(task, text);
    show(stage);
  }

  #end({ task, status, seconds }: Extract<RunEvent, { event: 'task' }>): void {
    const stage = this.#stageOf.get(task)!;
    stage.running.delete(task);
    stage.ended++;
    if (status === 'cached') stage.cached++;
    if (status === 'ran') stage.seconds += seconds;
    if (status === 'skipped') stage.skipped++;
    if (status === 'failed') stage.failed++;
    show(stage);
    if (stage.ended < stage.total) return;
    if (stage.skipped > 0 && stage.failed === 0) stage.row?.skip();
    stage.finish(stage.failed > 0 ? new Error('failed') : undefined);
  }
}

function newStage(name: string): StageState {
  let finish: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve());
  });
  finished.catch(() => undefined);
  const counts = { total: 0, ended: 0, cached: 0, skipped: 0, failed: 0, seconds: 0 };
  return { name, ...counts, ending: false, running: new Map(), finish, finished };
}

/** Tasks of a stage that are shown at a time. */
const shownTasks = 8;

function show(stage: StageState): void {
  const { row, name, total, ended, cached, skipped, failed, running, ending } = stage;
  if (row === undefined) return;
  const ran = ended - cached - skipped - failed;
  const counts = [
    ...(ended === 0 && running.size === 0 ? ['waits'] : []),
    ...(ended < total && total > 1 ? [`${ended}/${total}`] : []),
    ...(cached > 0 ? [total === cached ? 'cached' : `${cached} cached`] : []),
    ...(ran > 0 && ended === total ? [`${total > 1 ? `${ran} ran, ` : ''}${duration(stage.seconds)}`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  row.title = counts.length > 0 ? `${name}  ${counts.join(', ')}` : name;
  if (running.size === 0) return;
  const lines = [...running].slice(0, shownTasks).map(([task, text]) => {
    const point = task.includes('@') ? `${task.slice(task.indexOf('@') + 1)}  ` : '';
    return `${point}${text}`;
  });
  if (running.size > shownTasks) lines.push(`and ${running.size - shownTasks} more`);
  if (ending) lines.push('ending (Ctrl-C again kills)');
  row.output = lines.join('\n');
}
