import type { InputArtifact, Metrics, Progress } from '../stage/definition.js';
import type { TaskKey } from '../store/types.js';
import type { Failure } from './events.js';

/** All that a task process is told. Paths are absolute. */
export interface Job {
  /** The artifacts folder: the task keeps its mid-way state in the store there. */
  readonly artifacts: string;
  readonly key: TaskKey;
  readonly action:
    | { readonly kind: 'stage'; readonly uses: string }
    | { readonly kind: 'command'; readonly words: readonly string[] }
    | { readonly kind: 'shell'; readonly script: string };
  readonly pipelineFolder: string;
  readonly parameters: unknown;
  readonly inputs: Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly threads: number;
  /** Declared environment variables that are set. */
  readonly env: Readonly<Record<string, string>>;
}

export type ToTask = { readonly type: 'job'; readonly job: Job } | { readonly type: 'abort' };

export type FromTask =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'done'; readonly metrics: Metrics }
  | { readonly type: 'failed'; readonly failure: Failure };
