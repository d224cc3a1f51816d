import type { Failure, RunEvent } from '../../run/events.js';
import { Overall } from '../../run/views/overall.js';
import { progressText, reasonsText, retryText, TimeLeft } from '../../run/views/text.js';
import type { Progress } from '../../stage/definition.js';
import type { TaskKey } from '../../store/types.js';
import type { Metrics, TaskId } from '../../values.js';

/** What has become of a task so far. */
export interface LiveTask {
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** How far it is, or why it waits. */
  text: string;
  /** From 0 to 1, while it runs. */
  share?: number;
  failure?: Pick<Failure, 'code' | 'message' | 'hint'>;
  /** Live figures by name, as `[share, value]`. */
  readonly curves: Record<string, (readonly [number, number])[]>;
}

/** Points of a curve: of more, every other is left out. */
const mostPoints = 240;

/** A run as far as its events have told, for those who come later. */
export class LiveState {
  readonly tasks = new Map<TaskId, LiveTask>();
  readonly metrics = new Map<TaskId, Metrics>();
  /** Of tasks whose results can be had. */
  readonly keys = new Map<TaskId, TaskKey>();
  readonly warnings: string[] = [];
  readonly #left = new Map<TaskId, TimeLeft>();
  readonly #overall = new Overall();
  /** True once all has been told. */
  ended = false;

  constructor(tasks: readonly TaskId[]) {
    for (const id of tasks) this.tasks.set(id, { state: 'waiting', text: '', curves: {} });
  }

  /** `12/64 done, 3 running, 84 s, about 5 min 20 s left` */
  get summary(): string {
    return this.#overall.text();
  }

  handle(event: RunEvent): void {
    // After the end its time stands still.
    if (!this.ended) this.#overall.handle(event);
    switch (event.event) {
      case 'task-start':
        this.#change(event.task, { state: 'running', text: reasonsText(event.reasons) });
        return;
      case 'task-waiting':
        this.#change(event.task, { text: event.message });
        return;
      case 'task-retry':
        this.#change(event.task, { text: `again ${retryText(event)}` });
        return;
      case 'task-progress':
        this.#progress(event.task, event.progress);
        return;
      case 'task':
        this.#end(event);
        return;
      case 'warning':
        this.warnings.push(event.message);
        return;
      case 'end':
        this.ended = true;
        return;
      default:
    }
  }

  #progress(id: TaskId, progress: Progress): void {
    const timer = this.#left.get(id) ?? new TimeLeft();
    this.#left.set(id, timer);
    const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
    this.#change(id, { text: progressText(progress, timer.update(progress), false), share });
    const task = this.tasks.get(id);
    for (const [name, value] of Object.entries(progress.values ?? {})) {
      const number = Number(value);
      // How fast it is says nothing of what comes of it.
      if (task === undefined || name.includes('/') || value === '' || !Number.isFinite(number)) continue;
      let points = task.curves[name] ?? [];
      if (share < (points.at(-1)?.[0] ?? 0)) points = [];
      points.push([share, number]);
      task.curves[name] = points.length > mostPoints ? points.filter((_, i) => i % 2 === 1) : points;
    }
  }

  #end({ task, status, key, metrics, failure }: Extract<RunEvent, { event: 'task' }>): void {
    const state = status === 'failed' || status === 'skipped' ? status : 'done';
    this.#change(task, { state, text: status, ...(failure && { failure }) });
    if (metrics !== undefined) this.metrics.set(task, metrics);
    if (state === 'done' && key !== undefined) this.keys.set(task, key);
  }

  #change(id: TaskId, changes: Partial<LiveTask>): void {
    const task = this.tasks.get(id);
    if (task !== undefined) Object.assign(task, changes);
  }
}
