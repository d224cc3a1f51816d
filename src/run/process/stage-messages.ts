import type { InputArtifact, Progress } from '../../stage/definition.js';
import type { TaskKey } from '../../store/types.js';
import type { Metrics } from '../../values.js';
import type { Failure } from '../events.js';

/** All that the process of a stage is told. Paths are absolute. */
export interface StageCall {
  /** The artifacts folder: the task keeps its mid-way state in the store there. */
  readonly artifacts: string;
  readonly key: TaskKey;
  readonly uses: string;
  /** Where the runnable code of a file of the user's lies. */
  readonly module?: string;
  readonly pipelineFolder: string;
  /** Of the file that says the stage. */
  readonly folder: string;
  readonly parameters: unknown;
  readonly inputs: Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly engine?: string;
}

/** What a stage's process says when all is done. */
export interface StageResult {
  readonly metrics: Metrics;
  /** What its engine computed with, where that can be one thing or another of the same bits. */
  readonly kernels?: string;
}

export type ToStage = { readonly type: 'call'; readonly call: StageCall } | { readonly type: 'abort' };

/** What a stage tells while it goes on. */
export type News =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'log' | 'warning'; readonly line: string };

export type FromStage =
  | { readonly type: 'news'; readonly news: readonly News[] }
  | ({ readonly type: 'done' } & StageResult)
  | { readonly type: 'failed'; readonly failure: Failure };
