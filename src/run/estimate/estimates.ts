// How long tasks will take, by how long tasks like them took: the nearest record, scaled by what its stage declares. Where
// nothing like a task has run, by what is forecast of it.

import { canonicalJson } from '../../files/canonical.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { CostCount, StageCost } from '../../stage/cost.js';
import type { KeyInput, TaskRecord } from '../../store/types.js';
import type { Digest, Json, Metrics, TaskId } from '../../values.js';
import { speedup } from '../local/cores.js';
import { thisPlatform } from '../local/platform.js';
import type { Forecasts } from './forecasts.js';

/** What is expected of a task. */
export interface TaskEstimate {
  /** Seconds with so many cores. */
  seconds(cores: number): number;
  /** Bytes that its outputs take, as far as they are new; undefined where no task like it has run. */
  readonly bytes?: number;
}

/** Seconds that a task takes to begin, whatever its counts are: a process, its code, its inputs. */
const startSeconds = 0.4;

/** More of a kind say no more of a task, and each is compared with each. */
const mostOfKind = 200;

interface Measured {
  readonly record: TaskRecord;
  readonly amount: number | undefined;
}

interface Parameters {
  readonly [name: string]: unknown;
}

/** Estimates tasks of a pipeline. */
export class Estimator {
  readonly #records: readonly TaskRecord[];
  /** By what they have made: the newest counts. */
  readonly #makers = new Map<Digest, TaskRecord>();
  readonly #costs = new Map<string, StageCost>();
  readonly #tasks: ReadonlyMap<TaskId, Task>;
  readonly #kinds = new Map<Task | TaskRecord, string>();
  #byKind: Map<string, Measured[]> | undefined;

  /**
   * @param records see `measuredRecords`
   * @param metricsOf those of tasks that are up to date
   * @param forecasts what is told of tasks of which nothing like them has run. Default: nothing
   */
  constructor(
    readonly pipeline: Pipeline,
    records: readonly TaskRecord[],
    readonly metricsOf: (task: TaskId) => Metrics | undefined,
    readonly forecasts?: Forecasts,
  ) {
    this.#records = [...records].sort((a, b) => (a.provenance.finishedAt < b.provenance.finishedAt ? -1 : 1));
    for (const record of this.#records)
      for (const { digest } of Object.values(record.outputs)) this.#makers.set(digest, record);
    this.#tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
    for (const { action } of pipeline.tasks)
      if (action.kind === 'stage' && action.definition.cost !== undefined)
        this.#costs.set(action.definition.name, action.definition.cost);
  }

  /** Undefined where no task like it has run, and nothing is forecast of it. */
  estimate(task: Task): TaskEstimate | undefined {
    return this.#byRecords(task) ?? this.#byForecast(task);
  }

  #byForecast(task: Task): TaskEstimate | undefined {
    const forecast = this.forecasts?.of(task);
    const amount = this.#amountOfTask(task);
    if (forecast === undefined || amount === undefined) return undefined;
    const { each, threads, once = startSeconds } = forecast;
    return { seconds: (cores) => once + each * amount * (speedup(threads) / speedup(Math.max(1, cores))) };
  }

  #byRecords(task: Task): TaskEstimate | undefined {
    const kind = this.#kindOfTask(task);
    const amount = this.#amountOfTask(task);
    let best: { readonly record: TaskRecord; readonly ratio: number; readonly distance: number } | undefined;
    for (const { record, amount: measured } of this.#ofKind(kind)) {
      const ratio = amount === undefined || measured === undefined ? undefined : amount / measured;
      if (ratio === undefined) continue;
      const distance = this.#distance(task, record, ratio);
      // Of equals the newest.
      if (best === undefined || distance <= best.distance) best = { record, ratio, distance };
    }
    if (best === undefined) return undefined;
    const { record, ratio } = best;
    const { seconds, threads } = record.provenance;
    // Most of a very short one is its beginning.
    const work = Math.max(seconds - startSeconds, seconds / 4);
    const takesAny = typeof (task.resources.cpus ?? 1) === 'string';
    return {
      seconds: (cores) =>
        seconds - work + work * ratio * (takesAny ? speedup(threads) / speedup(Math.max(1, cores)) : 1),
      bytes: Object.values(record.outputs).reduce((sum, { size }) => sum + size, 0),
    };
  }

  /** The newest records of a kind, the newest last, with their amounts. */
  #ofKind(kind: string): readonly Measured[] {
    if (this.#byKind === undefined) {
      this.#byKind = new Map();
      for (const record of this.#records.toReversed()) {
        const own = this.#kindOfRecord(record);
        const others = this.#byKind.get(own) ?? [];
        if (others.length < mostOfKind) others.push({ record, amount: this.#amountOfRecord(record) });
        this.#byKind.set(own, others);
      }
      for (const found of this.#byKind.values()) found.reverse();
    }
    return this.#byKind.get(kind) ?? [];
  }

  /** What kind of work a task is: its stage, what sets its parameters apart, and the same of what makes its inputs. */
  #kindOfTask(task: Task): string {
    const known = this.#kinds.get(task);
    if (known !== undefined) return known;
    const { action, inputs, parameters } = task;
    const name = action.kind === 'stage' ? action.definition.name : undefined;
    const parts = this.#countedApart(name, Object.keys(inputs)).map((input): string => {
      const from = inputs[input]!;
      if (from.kind !== 'output') return from.kind;
      return this.#kindOfTask(this.#tasks.get(from.task)!);
    });
    const kind = this.#kind(name ?? `${this.pipeline.name} ${task.stage}`, parameters, parts);
    this.#kinds.set(task, kind);
    return kind;
  }

  #kindOfRecord(record: TaskRecord): string {
    const known = this.#kinds.get(record);
    if (known !== undefined) return known;
    const { action, inputs, parameters } = record.parts;
    const { pipeline, task } = record.provenance;
    const name = 'stage' in action ? action.stage : undefined;
    const parts = this.#countedApart(name, Object.keys(inputs)).map((input): string => {
      const from = inputs[input]!;
      if (isList(from)) return 'list';
      const maker = this.#makers.get(from.digest);
      return maker === undefined || maker === record ? 'file' : this.#kindOfRecord(maker);
    });
    const kind = this.#kind(name ?? `${pipeline} ${task.split('@')[0]}`, parameters as Parameters, parts);
    this.#kinds.set(record, kind);
    return kind;
  }

  #kind(name: string, parameters: Parameters, inputs: readonly string[]): string {
    const { apart = [] } = this.#costs.get(name) ?? {};
    return JSON.stringify([name, apart.map((parameter) => canonicalJson(parameters[parameter] ?? null)), inputs]);
  }

  /** Inputs that are not counted: those that are may be of any kind, since it is their counts that matter. */
  #countedApart(name: string | undefined, inputs: readonly string[]): string[] {
    const counted = (this.#costs.get(name ?? '')?.counts ?? []).flatMap((count) => (isInput(count) ? count.input : []));
    return inputs.filter((input) => !counted.includes(input)).sort();
  }

  /** The product of what a task's time grows with; undefined if it can't be told yet. */
  #amountOfTask({ action, inputs, parameters }: Task): number | undefined {
    const name = action.kind === 'stage' ? action.definition.name : '';
    return this.#amount(name, parameters, (input) => {
      const from = inputs[input];
      if (from === undefined) return {};
      return from.kind === 'output' ? this.#expectedMetrics(from.task) : undefined;
    });
  }

  #amountOfRecord({ parts }: TaskRecord): number | undefined {
    const name = 'stage' in parts.action ? parts.action.stage : '';
    return this.#amount(name, parts.parameters as Parameters, (input) => {
      const from = parts.inputs[input];
      if (from === undefined) return {};
      return isList(from) ? undefined : this.#makers.get(from.digest)?.metrics;
    });
  }

  #amount(name: string, parameters: Parameters, metricsOf: (input: string) => Metrics | undefined): number | undefined {
    let product = 1;
    for (const count of this.#costs.get(name)?.counts ?? []) {
      let value: unknown;
      if (typeof count === 'string') value = parameters[count];
      else if ('lengthOf' in count) value = lengthOf(parameters[count.lengthOf]);
      else {
        const metrics = metricsOf(count.input);
        // An input that is left out is none that it grows with.
        value = metrics !== undefined && Object.keys(metrics).length === 0 ? 1 : metrics?.[count.metric];
      }
      if (typeof value !== 'number' || !(value > 0)) return undefined;
      product *= value;
    }
    return product;
  }

  /** The metrics of a task, or of one that was the same but for its code. */
  #expectedMetrics(id: TaskId): Metrics | undefined {
    const known = this.metricsOf(id);
    if (known !== undefined) return known;
    const { action, parameters } = this.#tasks.get(id)!;
    if (action.kind !== 'stage') return undefined;
    const { name, keyless = [] } = action.definition;
    const own = canonicalJson(Object.fromEntries(Object.entries(parameters).filter(([key]) => !keyless.includes(key))));
    const same = this.#records.findLast(
      ({ parts }) => 'stage' in parts.action && parts.action.stage === name && canonicalJson(parts.parameters) === own,
    );
    return same?.metrics ?? this.forecasts?.metrics(id);
  }

  /** How little a record says of a task: parameters that differ, how far it is scaled, and whether it was elsewhere. */
  #distance(task: Task, { parts, provenance }: TaskRecord, ratio: number): number {
    const counted = this.#costs.get('stage' in parts.action ? parts.action.stage : '')?.counts ?? [];
    const own = Object.entries(task.parameters).filter(([name]) => !counted.includes(name));
    const recorded = parts.parameters as Parameters;
    const differing = own.filter(
      ([name, value]) => name in recorded && canonicalJson(value) !== canonicalJson(recorded[name] as Json),
    );
    const axes = Object.entries(task.axes).filter(([name, value]) => !same(value, provenance.axes[name]));
    const elsewhere = provenance.platform === thisPlatform ? 0 : 3;
    return differing.length + axes.length / 2 + Math.abs(Math.log10(ratio)) + elsewhere;
  }
}

const isList = (input: KeyInput | readonly KeyInput[]): input is readonly KeyInput[] => Array.isArray(input);
const isInput = (count: CostCount): count is Extract<CostCount, { input: string }> =>
  typeof count === 'object' && 'input' in count;
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
