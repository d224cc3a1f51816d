import type { TaskId } from '../../pipeline/task.js';
import type { RunEvent } from '../events.js';
import { duration, progressText, retryText, TimeLeft } from './text.js';
import type { View } from './view.js';

/** How often a running task says how far it is. */
const progressMs = 10_000;

/** One line an event, for logs and pipes: no cursor movements, little progress. */
export class PlainView implements View {
  readonly #shown = new Map<TaskId, number>();
  readonly #left = new Map<TaskId, TimeLeft>();
  #cached = 0;

  constructor(readonly write: (line: string) => void) {}

  handle(event: RunEvent): void {
    switch (event.event) {
      case 'start':
        this.write(`${event.pipeline}: ${event.tasks.length} ${event.tasks.length === 1 ? 'task' : 'tasks'}`);
        return;
      case 'task-waiting':
        this.write(`wait    ${event.task}: ${event.message}`);
        return;
      case 'task-start': {
        const why = event.reasons.map(({ text }) => text).join('; ');
        this.write(`start   ${event.task}${why === '' ? '' : ` (${why})`}`);
        this.#shown.set(event.task, performance.now());
        return;
      }
      case 'task-retry':
        this.write(`retry   ${event.task} ${retryText(event)}`);
        return;
      case 'task-progress': {
        const timer = this.#left.get(event.task) ?? new TimeLeft();
        this.#left.set(event.task, timer);
        const left = timer.update(event.progress);
        const now = performance.now();
        if (now - (this.#shown.get(event.task) ?? 0) < progressMs) return;
        this.#shown.set(event.task, now);
        this.write(`        ${event.task}: ${progressText(event.progress, left, false)}`);
        return;
      }
      case 'task-log':
        return;
      case 'task':
        this.#end(event);
        return;
      case 'interrupted':
        this.write('interrupted: ending the running tasks (again to kill them)');
        return;
      case 'end':
        if (this.#cached > 0) this.write(`cached  ${this.#cached} ${this.#cached === 1 ? 'task' : 'tasks'}`);
        return;
      default:
        event satisfies never;
    }
  }

  #end(event: Extract<RunEvent, { event: 'task' }>): void {
    // Fifty cached tasks would hide the one that ran: they are counted.
    if (event.status === 'cached') this.#cached++;
    else if (event.status === 'ran') this.write(`done    ${event.task} in ${duration(event.seconds)}`);
    else if (event.status === 'failed') this.write(`FAILED  ${event.task}: ${event.failure?.message ?? ''}`);
  }

  async close(): Promise<void> {}
}
