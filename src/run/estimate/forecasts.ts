// What can be told of tasks of which nothing like them has run: what they will compute, by what the pipeline says, and how
// long a few steps of that take on this machine.
import { engineFor } from '../../engine/engines.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { engineFingerprint } from '../../stage/fingerprint.js';
import { type ExpectedInput, type StageForecast, stageForecast, type WorkShare } from '../../stage/forecast.js';
import { isUserStage } from '../../stage/registry.js';
import type { Metrics, TaskId } from '../../values.js';
import { engineOf } from '../plan/identity.js';
import { measureApart } from './measure.js';
import { neededTasks } from './measured.js';
import { type Measurable, type Measurement, measurableName, recall, remember } from './measurements.js';
import { OtherWork } from './other-work.js';

/** Work of which a few steps can be measured. */
export interface Sample extends Measurable {
  readonly name: string;
  /** Whose work it is. */
  readonly stage: string;
  /** See `WorkShare`. */
  readonly title: string;
  readonly unit: string;
  /** What its stage says of the graphics processor. */
  readonly gpu?: string;
}

/** Seconds for one of what a stage counts, with so many threads; and for the beginning of a task, if that is said. */
export interface Forecast {
  readonly each: number;
  readonly threads: number;
  readonly once?: number;
}

export interface ForecastSettings {
  /** Threads that steps are measured with. */
  readonly threads: number;
  /** Of tasks that are up to date. */
  readonly metricsOf: (task: TaskId) => Metrics | undefined;
  /** True if what was measured before doesn't count. Default: it does. */
  readonly anew?: boolean;
}

/** Tells of tasks of a pipeline what their stages can tell beforehand. */
export class Forecasts {
  readonly #stages = new Map<string, StageForecast>();
  readonly #tasks: ReadonlyMap<TaskId, Task>;
  readonly #measured = new Map<string, Measurement>();
  readonly #metrics = new Map<TaskId, Metrics>();
  readonly #expectedInputs = new Map<TaskId, ExpectedInput>();
  /** What of each task's work can be measured; undefined where nothing can be told of it. */
  readonly #samples = new Map<TaskId, readonly (Sample & { readonly share: number })[] | undefined>();

  private constructor(
    readonly pipeline: Pipeline,
    readonly settings: ForecastSettings,
  ) {
    this.#tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
  }

  /** @param tasks those that may be asked for */
  static async of(pipeline: Pipeline, tasks: readonly Task[], settings: ForecastSettings): Promise<Forecasts> {
    const forecasts = new Forecasts(pipeline, settings);
    const uses = new Set(pipeline.tasks.flatMap(({ action }) => (action.kind === 'stage' ? [action.uses] : [])));
    for (const name of uses) {
      const forecast = isUserStage(name) ? undefined : await stageForecast(name);
      if (forecast !== undefined) forecasts.#stages.set(name, forecast);
    }
    for (const { id, action, parameters } of neededTasks(pipeline, tasks)) {
      const forecast = action.kind === 'stage' ? forecasts.#stages.get(action.uses) : undefined;
      const metrics = settings.metricsOf(id) ?? (await forecast?.metrics?.(parameters, pipeline.folder));
      if (metrics !== undefined) forecasts.#metrics.set(id, metrics);
    }
    for (const task of tasks) forecasts.#samples.set(task.id, await forecasts.#samplesOf(task));
    return forecasts;
  }

  /** Metrics that a task has or will have; of those that the others need. */
  metrics(id: TaskId): Metrics | undefined {
    return this.#metrics.get(id);
  }

  /** What of these tasks' work is yet to be measured, each once. */
  missing(tasks: readonly Task[]): readonly Sample[] {
    const samples = tasks.flatMap(({ id }) => this.#samples.get(id) ?? []);
    const distinct = new Map(samples.map((sample) => [sample.name, sample]));
    return [...distinct.values()].filter(({ name }) => !this.#measured.has(name));
  }

  /** Measures a few steps, and remembers them. */
  async measure({ name, stage, work, engine: fingerprint, threads, gpu }: Sample): Promise<Measurement> {
    const { engine } = this.pipeline;
    const others = new OtherWork();
    const options = { threads, ...(engine === undefined ? {} : { engine }) };
    const { used, ...times } = await measureApart({ stage, work, options }, gpu);
    const measured = { ...times, hindered: others.hinder(threads, used) };
    this.#measured.set(name, measured);
    await remember(name, { work, engine: fingerprint, threads }, measured);
    return measured;
  }

  /** What can be told of a task's time; undefined where steps of it are yet to be measured, or nothing can be told. */
  of({ action, id }: Task): Forecast | undefined {
    const { threads } = this.settings;
    const samples = this.#samples.get(id);
    if (samples === undefined) {
      const once = action.kind === 'stage' ? this.#stages.get(action.uses)?.seconds : undefined;
      return once === undefined ? undefined : { each: 0, threads, once };
    }
    let each = 0;
    let once: number | undefined;
    for (const { name, share } of samples) {
      const measured = this.#measured.get(name);
      if (measured === undefined) return undefined;
      each += share * measured.each;
      once = Math.max(once ?? 0, measured.once);
    }
    return { each, threads, ...(once === undefined ? {} : { once }) };
  }

  /** True if its time rests on steps that were measured. */
  isMeasured(task: Task): boolean {
    const samples = this.#samples.get(task.id) ?? [];
    return samples.length > 0 && this.of(task) !== undefined;
  }

  /** True if it was measured while other programs had a part of the machine. */
  isHindered(task: Task): boolean {
    return (this.#samples.get(task.id) ?? []).some(({ name }) => this.#measured.get(name)?.hindered === true);
  }

  async #samplesOf({
    action,
    parameters,
    inputs,
    resources: { gpu },
  }: Task): Promise<(Sample & { readonly share: number })[] | undefined> {
    if (action.kind !== 'stage') return undefined;
    const forecast = this.#stages.get(action.uses);
    const shares: readonly WorkShare[] | undefined = forecast?.work?.(parameters, this.#expected(inputs));
    if (shares === undefined) return undefined;
    // One that computes nothing itself may have to do with what others do.
    const engine = engineOf(action.definition, this.pipeline.engine) ?? engineFor(['evaluate'], this.pipeline.engine);
    const fingerprint = await engineFingerprint(engine, gpu);
    return shares.map(({ work, ...about }) => {
      const measurable = { work, engine: fingerprint, threads: this.settings.threads };
      const name = measurableName(measurable);
      const measured = this.#measured.get(name) ?? (this.settings.anew ? undefined : recall(name));
      if (measured !== undefined) this.#measured.set(name, measured);
      return { ...measurable, ...about, name, stage: action.uses, ...(gpu === undefined ? {} : { gpu }) };
    });
  }

  #expected(inputs: Task['inputs']): Readonly<Record<string, ExpectedInput>> {
    const expected: Record<string, ExpectedInput> = {};
    for (const [name, input] of Object.entries(inputs)) {
      const found = input.kind === 'output' ? this.#expectedInput(input.task) : undefined;
      if (found !== undefined) expected[name] = found;
    }
    return expected;
  }

  #expectedInput(id: TaskId): ExpectedInput | undefined {
    const known = this.#expectedInputs.get(id);
    const { action, parameters, inputs } = this.#tasks.get(id)!;
    if (known !== undefined || action.kind !== 'stage') return known;
    const metrics = this.metrics(id);
    const about = { uses: action.uses, parameters, inputs: this.#expected(inputs) };
    const expected = metrics === undefined ? about : { ...about, metrics };
    this.#expectedInputs.set(id, expected);
    return expected;
  }
}
