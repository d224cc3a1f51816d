// The command line with one more executor, which shows what the contract asks for: it runs one task after the other, each
// in a run of its own.
import { executors } from '../../../src/api/opening/executors.js';
import { main } from '../../../src/cli/main.js';
import { dependenciesOf } from '../../../src/pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../../src/pipeline/expand/task.js';
import type { RunEvent } from '../../../src/run/events.js';
import type { Executor, RunOptions, RunResult } from '../../../src/run/executor.js';
import { LocalExecutor } from '../../../src/run/local/executor.js';
import { Outcomes } from '../../../src/run/outcomes.js';
import type { Store } from '../../../src/store/store.js';

class OneByOne implements Executor {
  readonly #outcomes: Outcomes;
  #current: LocalExecutor | undefined;
  #interrupted = false;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    readonly options: RunOptions,
  ) {
    this.#outcomes = new Outcomes(pipeline, store, options);
  }

  async start(): Promise<RunResult> {
    this.#outcomes.begin();
    for (const task of this.options.tasks) await this.#bring(task);
    return this.#outcomes.end(this.#interrupted);
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#current?.interrupt();
  }

  async #bring(task: Task): Promise<void> {
    const { results, isStopping } = this.#outcomes;
    const hopeless = dependenciesOf(task).some((id) => !results.has(id));
    if (this.#interrupted || isStopping || hopeless) return void this.#outcomes.skip(task, 0);
    const ends: Extract<RunEvent, { event: 'task' }>[] = [];
    const emit = (event: RunEvent) => {
      if (event.event === 'task') ends.push(event);
      else if (event.event !== 'start' && event.event !== 'end') this.options.emit(event);
    };
    this.#current = new LocalExecutor(this.pipeline, this.store, {
      ...this.options,
      ...{ tasks: [task], given: results, emit },
    });
    const run = await this.#current.start();
    const [end] = ends;
    const { status, seconds, failure, from } = end!;
    if (failure !== undefined) this.#outcomes.fail(task, failure, seconds);
    else if (status === 'ran' || status === 'cached')
      await this.#outcomes.done(task, run.results.get(task.id)!, status, seconds, from);
    else this.#outcomes.skip(task, seconds);
  }
}

(executors as (typeof executors)[number][]).push({
  name: 'one-by-one',
  open: async (pipeline, store, options) => new OneByOne(pipeline, store, options),
});
process.exit(await main(process.argv));
