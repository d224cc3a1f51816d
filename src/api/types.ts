// What programs see of pipelines, runs and results.

import type { Failure, RunEvent, TaskStatus } from '../run/events.js';
import type { AxisValue, Json, Metrics } from '../values.js';

/** Which form of a pipeline is meant: what the options of the same names say on the command line. */
export interface LoadOptions {
  /** Params and axes by name, as after `--set`: `{ epochs: 2, precision: [{ k: 0, B: 1 }] }`. */
  readonly set?: Readonly<Record<string, Json>>;
  readonly profile?: string;
  /** What computes stages for any engine. Default: the default engine. */
  readonly engine?: string;
  /** Folder of results and store. Default: `artifacts/` of the file's project. */
  readonly artifacts?: string;
}

/** A pipeline as its files were when it was loaded. */
export interface Pipeline {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Absolute path of the folder of results and store. */
  readonly artifacts: string;
  /** In the order of the file; what a task needs comes before it. */
  readonly tasks: readonly PipelineTask[];
}

export interface PipelineTask {
  /** `stage`, or `stage@axis=label,…`: unique within the pipeline, and a target. */
  readonly id: string;
  readonly stage: string;
  /** Values of the stage's own axes, by name. */
  readonly axes: Readonly<Record<string, AxisValue>>;
  /** The same as short readable labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of the tasks whose outputs are its inputs. */
  readonly dependsOn: readonly string[];
}

/** Which task a row is about. */
export interface TaskRow {
  readonly task: string;
  readonly stage: string;
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PlanOptions {
  /** Tasks or stages, each with all that it needs. Default: all. */
  readonly targets?: readonly string[];
  /** `true` for all of them, or targets to run whether or not they are cached. */
  readonly force?: boolean | readonly string[];
}

/** What would become of a task now, and why. */
export type PlannedTask = TaskRow & TaskStatus;

export interface RunOptions extends PlanOptions {
  /** Tasks at a time at most. Default: as many as the machine has processors and memory for. */
  readonly jobs?: number;
  /** True to go on with what does not depend on a task that failed. Default: nothing else begins. */
  readonly keepGoing?: boolean;
  /** What runs the tasks: `local`, the default, or `slurm`. */
  readonly executor?: string;
  /** Ends the run, as Ctrl-C does: running tasks are asked to end, finished work is kept, the next run goes on. */
  readonly signal?: AbortSignal;
  /** Is told of all that happens, as it happens. What it throws ends the run, and is what `run` then rejects with. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** What came of a run: a task that failed is part of it, and no error of the run. */
export interface RunResult {
  /** `interrupted` by the signal; `failed` if a task did. */
  readonly state: 'done' | 'failed' | 'interrupted';
  readonly seconds: number;
  /** Of each task that was asked for, in the pipeline's order. */
  readonly tasks: readonly TaskOutcome[];
  /** Paths of the pages that were written. */
  readonly pages: readonly string[];
  /** Jobs of a cluster that go on after an interruption. */
  readonly jobs: readonly string[];
}

/** What became of a task. */
export type TaskOutcome = TaskRow &
  (
    | (TaskOutputs & {
        readonly state: 'ran' | 'cached';
        /** Of a cached task whose result was taken from the remote cache just now. */
        readonly from?: 'remote';
        readonly seconds: number;
      })
    | { readonly state: 'failed'; readonly seconds: number; readonly failure: Failure }
    /** The run ended before its turn, or a task that it needs failed. */
    | { readonly state: 'skipped' }
  );

/** The result of a task that is up to date. */
export type TaskResult = TaskRow & TaskOutputs;

export interface TaskOutputs {
  /** 64 hexadecimal digits: the same for the same computation, wherever it runs. */
  readonly key: string;
  readonly metrics: Metrics;
  readonly outputs: Readonly<Record<string, Output>>;
}

/** A file or folder that a task made. */
export interface Output {
  /** Absolute path: a link to what is in the store, or a folder of such links. Read it, and write nothing there. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes; of a folder those of all its files. */
  readonly size: number;
}
