import { StoreError, systemError } from '../files/error.js';
import type { Pipeline, Task } from '../pipeline/expand/task.js';
import { undeclaredWarnings } from '../pipeline/expand/undeclared.js';
import { sharedAbort } from '../run/abort.js';
import type { RunEvent } from '../run/events.js';
import type { Cluster, Executor, RunResult } from '../run/executor.js';
import { RunRecorder } from '../run/plan/history.js';
import { openSharing } from '../run/share/open-sharing.js';
import type { Sharing } from '../run/share/sharing.js';
import type { Caution } from '../store/remote/settings.js';
import type { Store } from '../store/store.js';
import type { TaskId } from '../values.js';
import { claimFolder } from './opening/claim.js';
import { cacheSources } from './opening/config.js';
import type { ExecutorKind } from './opening/executors.js';
import type { PipelineOptions } from './opening/options.js';
import { pageTasks } from './results/declared.js';
import { writePages } from './results/pages.js';

/** What a run is to bring up to date, and how. */
export interface RunRequest {
  readonly pipeline: Pipeline;
  readonly store: Store;
  /** What chose the pipeline's present form: its history and its pages say so. */
  readonly options: PipelineOptions;
  readonly targets: readonly string[];
  /** The tasks that the targets name, with what they need. */
  readonly tasks: readonly Task[];
  readonly force: ReadonlySet<TaskId>;
  readonly keepGoing: boolean;
  /** Tasks at a time at most. */
  readonly jobs: number;
  readonly executor: ExecutorKind;
  /** True where somebody looks at the run as it goes on: it then tells what its tasks are expected to take. */
  readonly watched?: boolean;
}

/** Of a run with more tasks, those that run tell soon enough how long they take, and to look up all would hold it up. */
const mostEstimated = 5000;

/** Who is told of a run's events: nobody before it starts. */
interface Listener {
  emit(event: RunEvent): void;
}

/** One run of a pipeline, whoever asks for it and whoever listens: with what it shares, notes and leaves behind. */
export class PipelineRun {
  readonly #recorder = new RunRecorder();
  readonly #listener: Listener;
  readonly #sharing: Sharing | undefined;
  readonly #executor: Executor;
  readonly #estimating = sharedAbort();

  private constructor(
    readonly request: RunRequest,
    listener: Listener,
    sharing: Sharing | undefined,
    /** What is told when it starts: whoever listens does so only then. */
    readonly cautions: readonly Caution[],
    executor: Executor,
  ) {
    this.#listener = listener;
    this.#sharing = sharing;
    this.#executor = executor;
  }

  /**
   * @throws UserError where another file of the project has the pipeline's name
   * @throws PipelineError for mistakes in the user's configuration
   */
  static async open(request: RunRequest): Promise<PipelineRun> {
    const { pipeline, store, tasks, force, keepGoing, jobs } = request;
    await claimFolder(store, pipeline);
    const listener: Listener = { emit: () => undefined };
    const emit = (event: RunEvent) => listener.emit(event);
    const cautions: Caution[] = [];
    const caches = await cacheSources(pipeline, (caution) => cautions.push(caution));
    const sharing = await openSharing(caches, store, emit);
    const options = { tasks, force, keepGoing, jobs, ...(sharing && { sharing }), emit, caches };
    if (sharing?.caution !== undefined) cautions.push(sharing.caution);
    return new PipelineRun(request, listener, sharing, cautions, await request.executor.open(pipeline, store, options));
  }

  /** Where the jobs are that go on after an interruption. */
  get cluster(): Cluster | undefined {
    return this.#executor.cluster;
  }

  /** Results that the remote cache did not take. */
  get unshared(): number {
    return this.#sharing?.lost ?? 0;
  }

  /** Resolves when every task is done, has failed, or is skipped. */
  async start(emit: (event: RunEvent) => void): Promise<RunResult> {
    let isEstimated = !this.request.watched || this.request.tasks.length > mostEstimated;
    this.#listener.emit = (event) => {
      this.#recorder.handle(event);
      emit(event);
      // Where nothing runs, nothing has to be estimated.
      if (event.event !== 'task-start' || isEstimated) return;
      isEstimated = true;
      void this.#estimate().then(emit, () => undefined);
    };
    const { pipeline, tasks } = this.request;
    try {
      for (const { message, hint } of [...this.cautions, ...undeclaredWarnings(pipeline, tasks)])
        this.#listener.emit({ event: 'warning', message, ...(hint === undefined ? {} : { hint }) });
      return await this.#executor.start();
    } finally {
      await this.#sharing?.cache.close();
    }
  }

  /** What its tasks are expected to take: of the newest records, and by what is up to date now. */
  async #estimate(): Promise<RunEvent> {
    const { estimateRun } = await import('./results/estimates.js');
    return { event: 'estimate', seconds: await estimateRun({ ...this.request, signal: this.#estimating.signal }) };
  }

  /** Ends the run early: running tasks are asked to end, and killed by a second call. Jobs of a cluster go on. */
  interrupt(): void {
    this.#estimating.abort();
    this.#executor.interrupt();
  }

  /**
   * Adds the run to the pipeline's history, and writes the pages that it made. Where that can't be done, the results are
   * none the worse.
   *
   * @param warn is told of what could not be written
   * @returns paths of the pages
   */
  async keep({ results }: RunResult, warn: (message: string) => void): Promise<readonly string[]> {
    const { pipeline, store, options } = this.request;
    const unwritten = (what: string) => (error: unknown) => {
      const told = error instanceof StoreError ? error : systemError(error);
      if (told === undefined) throw error;
      warn(`${what}: ${told.message}`);
      return [];
    };
    await this.#recorder
      .write(store, pipeline.name, this.#call())
      .catch(unwritten('This run is not in the history that `diff` and `why` use'));
    if (pageTasks(pipeline).every(({ id }) => !results.has(id))) return [];
    return writePages({ pipeline, store, options, results }).catch(unwritten("The page of results can't be written"));
  }

  #call() {
    const { options, targets } = this.request;
    const { set, profile, engine } = options;
    return {
      ...(set === undefined ? {} : { set }),
      ...(profile === undefined ? {} : { profile }),
      ...(engine === undefined ? {} : { engine }),
      ...(targets.length === 0 ? {} : { targets }),
    };
  }
}
