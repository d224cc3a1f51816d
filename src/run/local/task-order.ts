import type { MaybePromise } from '../../files/maybe-promise.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { TaskId } from '../../values.js';

/** A task among others. */
interface Place<Outcome> {
  readonly task: Task;
  readonly before: readonly Place<Outcome>[];
  readonly after: Place<Outcome>[];
  /** How many of those before it are yet to be stored. */
  waitsFor: number;
  /** What those after it are told: the first that became known. */
  told?: Outcome | 'stored';
  /** Once it has ended. */
  outcome?: Outcome;
  /** Called when it has ended. */
  readonly onEnd: (() => void)[];
}

/**
 * Brings tasks to their ends: one after the other where they depend on each other, side by side where not.
 *
 * What depends on a task can begin when its outputs are stored, or when it has ended. Its record may be written later,
 * along with others. Should it never be, the next run finds a task that is not done, and those after it are known by the
 * content of their inputs, whoever made that.
 */
export class TaskOrder<Outcome> {
  readonly #places = new Map<TaskId, Place<Outcome>>();
  readonly #bring: (task: Task, before: readonly (Outcome | 'stored')[]) => Promise<Outcome>;
  readonly #allStored: () => void;
  #toStore: number;
  #toEnd: number;
  #end = () => {};
  #fail: (error: unknown) => void = () => {};

  /**
   * @param tasks in an order in which none comes before what it depends on; what is not among them counts as stored
   * @param bring is given how those before the task ended, as far as they have
   * @param allStored is called when the outputs of all tasks are stored, or never will be
   */
  constructor(
    tasks: readonly Task[],
    bring: (task: Task, before: readonly (Outcome | 'stored')[]) => Promise<Outcome>,
    allStored: () => void,
  ) {
    this.#bring = bring;
    this.#allStored = allStored;
    this.#toStore = tasks.length;
    this.#toEnd = tasks.length;
    for (const task of tasks) {
      const before: Place<Outcome>[] = [];
      for (const id of dependenciesOf(task)) if (this.#places.has(id)) before.push(this.#places.get(id)!);
      const place: Place<Outcome> = { task, before, after: [], waitsFor: before.length, onEnd: [] };
      for (const { after } of before) after.push(place);
      this.#places.set(task.id, place);
    }
  }

  /** Brings all tasks, each as soon as it can begin. Their outcomes in their order; rejects as soon as `bring` does. */
  run(): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      const places = [...this.#places.values()];
      this.#end = () => resolve(places.map(({ outcome }) => outcome!));
      this.#fail = reject;
      if (places.length === 0) this.#end();
      for (const place of places) if (place.before.length === 0) this.#begin(place);
    });
  }

  /** The outputs of a task are stored: what needs them can begin. */
  tellStored(task: TaskId): void {
    this.#tell(this.#places.get(task)!, 'stored');
  }

  /** Resolves when all that a task depends on has ended: what is told of it is then told last. */
  afterThoseBefore(task: TaskId): MaybePromise<unknown> {
    const { before } = this.#places.get(task)!;
    if (before.every(({ outcome }) => outcome !== undefined)) return false;
    const open = before.filter(({ outcome }) => outcome === undefined);
    return Promise.all(open.map(({ onEnd }) => new Promise<void>((resolve) => onEnd.push(resolve))));
  }

  #begin(place: Place<Outcome>): void {
    const before = place.before.map(({ told }) => told!);
    this.#bring(place.task, before)
      .then((outcome) => {
        place.outcome = outcome;
        this.#tell(place, outcome);
        if (--this.#toEnd === 0) this.#end();
      }, this.#fail)
      .then(() => {
        for (const listener of place.onEnd) listener();
      }, this.#fail);
  }

  #tell(place: Place<Outcome>, told: Outcome | 'stored'): void {
    if (place.told !== undefined) return;
    place.told = told;
    if (--this.#toStore === 0) this.#allStored();
    for (const next of place.after) if (--next.waitsFor === 0) this.#begin(next);
  }
}
