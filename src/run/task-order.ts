import { dependenciesOf } from '../pipeline/targets.js';
import type { Task, TaskId } from '../pipeline/task.js';

/** A task's way to its end. */
interface Progress<Outcome> {
  /**
   * What depends on the task can begin: its outputs are stored, or it has ended. Its record may be written later, along
   * with others. Should it never be, the next run finds a task that is not done, and those after it are known by the
   * content of their inputs, whoever made that.
   */
  readonly stored: Promise<Outcome | 'stored'>;
  readonly ended: Promise<Outcome>;
}

/** Brings tasks one after the other where they depend on each other, and side by side where not. */
export class TaskOrder<Outcome> {
  readonly #tell = new Map<TaskId, () => void>();

  /**
   * Brings each task as soon as what it needs is stored.
   *
   * @param tasks in an order in which none comes before what it depends on
   * @param bring is given how those before it ended, as far as they have
   * @param allStored is called when the outputs of all tasks are stored, or never will be
   */
  bring(
    tasks: readonly Task[],
    bring: (task: Task, before: readonly (Outcome | 'stored')[]) => Promise<Outcome>,
    allStored: () => void,
  ): Promise<Outcome[]> {
    const begun = new Map<TaskId, Progress<Outcome>>();
    let open = tasks.length;
    for (const task of tasks) {
      const before = dependenciesOf(task).flatMap((id) => begun.get(id)?.stored ?? []);
      const ended = Promise.all(before).then((outcomes) => bring(task, outcomes));
      const stored = new Promise<Outcome | 'stored'>((resolve, reject) => {
        this.#tell.set(task.id, () => resolve('stored'));
        ended.then(resolve, reject);
      });
      begun.set(task.id, { stored, ended });
      void stored.then(() => {
        if (--open === 0) allStored();
      });
    }
    return Promise.all([...begun.values()].map(({ ended }) => ended));
  }

  /** The outputs of a task are stored: what needs them can begin. */
  tellStored(task: TaskId): void {
    this.#tell.get(task)!();
  }
}
