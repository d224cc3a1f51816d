import type { ResourceRequest, StageDefinition } from '../../stage/definition.js';
import type { CacheFile } from '../../store/remote/cache-schema.js';
import type { AxisValue, Json, TaskId } from '../../values.js';
import type { Shell } from '../check/shell.js';
import type { SlurmSettings } from '../check/slurm.js';
import type { SourceRange } from '../text/diagnostic.js';

/** Where a task's input comes from. A list keeps axis order; its items are always single outputs. */
export type TaskInput =
  | { readonly kind: 'output'; readonly task: TaskId; readonly output: string }
  | { readonly kind: 'list'; readonly items: readonly { readonly task: TaskId; readonly output: string }[] }
  | { readonly kind: 'file'; readonly path: string; readonly range: SourceRange };

/** What a task executes. */
export type TaskAction =
  | { readonly kind: 'stage'; readonly uses: string; readonly definition: StageDefinition }
  /** List form: no shell. `{ input }` and `{ output }` stand for paths known only when the task runs. */
  | { readonly kind: 'command'; readonly command: readonly CommandWord[] }
  /** String form: given to the shell, every expression so that it stays one value. */
  | { readonly kind: 'shell'; readonly shell: Shell; readonly script: readonly CommandPart[] };

/** A word of a command is the concatenation of its parts. */
export type CommandWord = readonly CommandPart[];
export type CommandPart =
  | { readonly text: string }
  /** An expression's value that was known when the file was read (parameters, axes). */
  | { readonly value: string }
  | { readonly input: string }
  | { readonly output: string };

/** Which task one is: its stage, and the point of the axes. */
export interface TaskPoint {
  readonly id: TaskId;
  readonly stage: string;
  /** Values of the stage's own axes, in the order of `over`. */
  readonly axes: Readonly<Record<string, AxisValue>>;
  /** Short readable forms of the same, unique within the axis, safe as folder names. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Nothing but that of a task. */
export const pointOf = ({ id, stage, axes, labels }: TaskPoint): TaskPoint => ({ id, stage, axes, labels });

/** A stage at one point of its axes: what is scheduled, cached, run. */
export interface Task extends TaskPoint {
  readonly action: TaskAction;
  /** Those of its axes that are declared to be repetition, in the order of the pipeline file. Missing if none is. */
  readonly repeat?: readonly string[];
  /** The folder of the file that says what it executes: commands run there. */
  readonly folder: string;
  /** `with:` with expressions evaluated and the schema's defaults applied; for commands an empty object. */
  readonly parameters: { readonly [name: string]: Json };
  readonly inputs: Readonly<Record<string, TaskInput>>;
  /** Output name → file or folder name; the first is the default output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of declared environment variables, sorted. */
  readonly env: readonly string[];
  readonly resources: ResourceRequest;
  /** How it becomes a job of Slurm, over what is said for all. */
  readonly slurm?: SlurmSettings;
  /** How often it is tried again when it fails. Default 0. */
  readonly retries?: number;
  /** How long it may take, in seconds. Default: as long as it takes. */
  readonly timeout?: number;
  /** The stage's name in the pipeline file. */
  readonly range: SourceRange;
}

/** One line of `expect:`, resolved to the tasks it speaks of. */
export interface Expectation {
  /** If it is inapplicable, they need not exist. */
  readonly tasks: readonly TaskId[];
  readonly metric: string;
  /** A number to be met within `tolerance`, or as the text that it is kept as beyond 2^53; bounds; or another task's metric to be equal to, per task in `tasks` order. */
  readonly expected:
    | { readonly kind: 'value'; readonly value: number | string; readonly tolerance: number }
    | { readonly kind: 'bounds'; readonly min?: number; readonly max?: number }
    | {
        readonly kind: 'equals';
        readonly metric: string;
        readonly tasks: readonly TaskId[];
        readonly tolerance: number;
      };
  readonly source?: string;
  /** Why it is not compared in this call: what the number belongs to and the call has not. Else missing. */
  readonly inapplicable?: readonly Difference[];
  readonly range: SourceRange;
}

/** A param of the call that is not what an expectation speaks of, or a value that the call took from an axis. */
export interface Difference {
  readonly name: string;
  readonly wanted: Json;
  /** Missing for an axis. */
  readonly actual?: Json;
}

/** A pipeline file, checked and expanded. Tasks are in topological order: inputs come first. */
export interface Pipeline {
  readonly name: string;
  readonly description?: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** Absolute paths of all files that it was read from, its own first. Missing if it was not read from files. */
  readonly files?: readonly string[];
  /** Its folder: what relative paths are relative to. */
  readonly folder: string;
  /** The effective `params` after profile and `--set`. */
  readonly params: { readonly [name: string]: Json };
  readonly axes: Readonly<Record<string, readonly AxisValue[]>>;
  readonly stages: readonly string[];
  readonly tasks: readonly Task[];
  readonly expectations: readonly Expectation[];
  /** A cache that is shared with other machines. It enters no key. */
  readonly cache?: CacheFile;
  /** What stages for any engine compute with, as the call says. Default: the default engine. */
  readonly engine?: string;
  readonly slurm?: SlurmSettings;
}
