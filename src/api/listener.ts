import type { RunEvent } from '../run/events.js';

type TaskEvent = Extract<RunEvent, { event: 'task' }>;
type EndEvent = Extract<RunEvent, { event: 'end' }>;

/** Tells a program of the events of a run, and keeps what became of each task. */
export class Listener {
  /** Called once, if the program's own function throws: nothing more is told then. */
  onThrow: () => void = () => undefined;
  readonly #tasks = new Map<string, TaskEvent>();
  #end: EndEvent | undefined;
  #thrown: { readonly error: unknown } | undefined;

  constructor(readonly listen: ((event: RunEvent) => void) | undefined) {}

  /** The end is told last, by `close`: there is more to do after the last task. */
  tell(event: RunEvent): void {
    if (event.event === 'task') this.#tasks.set(event.task, event);
    if (event.event === 'end') this.#end = event;
    else this.#give(event);
  }

  of(task: string): TaskEvent | undefined {
    return this.#tasks.get(task);
  }

  get end(): EndEvent | undefined {
    return this.#end;
  }

  /** @throws what the program's own function threw */
  close(): void {
    if (this.#end !== undefined) this.#give(this.#end);
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  #give(event: RunEvent): void {
    if (this.#thrown !== undefined) return;
    try {
      this.listen?.(event);
    } catch (error) {
      this.#thrown = { error };
      this.onThrow();
    }
  }
}
