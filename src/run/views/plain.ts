import type { TaskId } from '../../values.js';
import type { RunEvent } from '../events.js';
import { countOf, duration, progressText, reasonsText, retryText, TimeLeft, tailLines, uploadText } from './text.js';
import type { View } from './view.js';

/** How often a running task says how far it is. */
const progressMs = 10_000;

/** One line an event, for logs and pipes: no cursor movements, little progress. */
export class PlainView implements View {
  readonly #shown = new Map<TaskId, number>();
  readonly #left = new Map<TaskId, TimeLeft>();
  #cached = 0;
  #fetched = 0;
  #remote = '';
  #uploadShown = 0;

  constructor(readonly write: (line: string) => void) {}

  handle(event: RunEvent): void {
    switch (event.event) {
      case 'start':
        this.#start(event);
        return;
      case 'task-waiting':
        this.write(`wait    ${event.task}: ${event.message}`);
        return;
      case 'task-start': {
        const why = reasonsText(event.reasons);
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
        // What is fetched has no start.
        if (!this.#shown.has(event.task)) this.#shown.set(event.task, now);
        if (now - this.#shown.get(event.task)! < progressMs) return;
        this.#shown.set(event.task, now);
        this.write(`        ${event.task}: ${progressText(event.progress, left, false)}`);
        return;
      }
      case 'task-log':
      case 'estimate':
        return;
      case 'task':
        this.#end(event);
        return;
      case 'upload': {
        const now = performance.now();
        if (event.pending === 0 || now - this.#uploadShown < progressMs) return;
        this.#uploadShown = now;
        this.write(`upload  ${uploadText(event)}`);
        return;
      }
      case 'warning':
        this.write(`warning ${event.message}${event.hint === undefined ? '' : `\n        hint: ${event.hint}`}`);
        return;
      case 'interrupted':
        this.write(event.jobsGoOn ? 'interrupted' : 'interrupted: ending the running tasks (again to kill them)');
        return;
      case 'end':
        this.#sum(event);
        return;
      default:
        event satisfies never;
    }
  }

  #start({ pipeline, tasks, remote }: Extract<RunEvent, { event: 'start' }>): void {
    this.#remote = remote?.name ?? '';
    const shared = remote && (remote.readOnly ? `with results from ${remote.name}` : `shared through ${remote.name}`);
    const parts = [
      ...(tasks.length > 0 ? [countOf(tasks.length, 'task')] : []),
      ...(shared === undefined ? [] : [shared]),
    ];
    this.write(`${pipeline}: ${parts.join(', ')}`);
  }

  #sum({ uploaded = 0 }: Extract<RunEvent, { event: 'end' }>): void {
    const fetched = this.#fetched > 0 ? `, ${this.#fetched} of them from ${this.#remote}` : '';
    if (this.#cached > 0) this.write(`cached  ${countOf(this.#cached, 'task')}${fetched}`);
    if (uploaded > 0) this.write(`shared  ${countOf(uploaded, 'result')} through ${this.#remote}`);
  }

  #end(event: Extract<RunEvent, { event: 'task' }>): void {
    // Fifty cached tasks would hide the one that ran: they are counted.
    if (event.from === 'remote') this.#fetched++;
    if (event.status === 'cached') this.#cached++;
    else if (event.status === 'ran') this.write(`done    ${event.task} in ${duration(event.seconds)}`);
    else if (event.status === 'failed') {
      this.write(`FAILED  ${event.task}: ${event.failure!.message}`);
      for (const line of tailLines(event.failure!, '        ')) this.write(line);
    }
  }

  async close(): Promise<void> {}
}
