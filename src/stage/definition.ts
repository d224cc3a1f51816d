import type { Static, TObject } from '@sinclair/typebox';
import type { Capability } from '../engine/engine.js';
import { UserError } from '../error.js';
import type { ResumePoint } from '../store/resume.js';
import type { AxisValue, Metrics } from '../values.js';
import type { StageCost } from './cost.js';
import type { ArtifactKind, OutputKind } from './kinds.js';
import type { Need } from './needs.js';

/** One input as a stage sees it while it runs. */
export interface InputArtifact {
  /** Absolute path of the file or folder; read-only. */
  readonly path: string;
  /**
   * For the items of a list: the axis values of the task that made it, by axis name. Empty for single inputs, so that
   * a result depends on what an input holds and not on what the axes of its pipeline are called.
   */
  readonly axes: Readonly<Record<string, AxisValue>>;
  /** The same as short readable labels, such as `{ precision: 'k1B2' }`. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface InputDeclaration {
  readonly description: string;
  /** True if the pipeline may leave it out. Default: false. */
  readonly optional?: boolean;
  /** True if the stage takes a list (fan-in over axes that it does not have itself). Default: exactly one artifact. */
  readonly list?: boolean;
  /** What it takes: an output that is declared as another kind is refused. `show --md` tabulates what a page is given. */
  readonly kind?: ArtifactKind;
}

export type InputDeclarations = Readonly<Record<string, InputDeclaration>>;
export type OutputDeclarations = Readonly<Record<string, OutputDeclaration>>;

export interface OutputDeclaration {
  readonly description: string;
  /** File or folder name inside the task's output folder. */
  readonly path: string;
  /** Default: a file like any other. */
  readonly kind?: OutputKind;
}

/** How a column shows a number: as it is, rounded to a whole one, or a share of 1 as percent. */
export const columnFormats = ['plain', 'whole', 'percent'] as const;

/** A column of the table that a run ends with. A task has a row, if its stage has columns. */
export interface ColumnDeclaration {
  readonly title: string;
  /** The metric that it shows. */
  readonly metric: string;
  /** Default: `plain`. */
  readonly format?: (typeof columnFormats)[number];
  /**
   * The title of another stage's column: this one then shows by how much its metric is above the other's. Both tasks
   * share a row, if there is one task with that column at the same point of the axes.
   */
  readonly minus?: string;
}

/** Live progress of a task. Everything but `done` and `total` is for people and never enters a result. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What `done` counts, such as `images`, `epochs`, `bytes`. */
  readonly unit: string;
  /** What is going on, such as `epoch 3/10`. */
  readonly phase?: string;
  /** Seconds left, where the stage knows better than by the pace of its progress so far. */
  readonly secondsLeft?: number;
  /** Live figures in display order, such as `{ loss: 0.31, accuracy: 0.87, 'images/s': 2900 }`. */
  readonly values?: Readonly<Record<string, number | string>>;
}

export interface ResourceRequest {
  /**
   * CPU cores the task keeps busy; `all` for every core the run may use, `any` for as many as it may have: all, or a part
   * while others that take any number are ready, too. Default 1.
   */
  readonly cpus?: number | 'all' | 'any';
  /** GPUs the task has to itself. Default 0. */
  readonly gpus?: number;
  /** The kind of them that a cluster is asked for. Default: any. */
  readonly gpuKind?: string;
  /** A part of the name of the graphics processor that its engine is to compute on. Default: that of the machine. */
  readonly gpu?: string;
  /** The name of the one that it computes on: one task at a time has it. */
  readonly device?: string;
  /** Memory in bytes that the task needs. Default: nobody counts. */
  readonly memory?: number;
  /** What a job of a cluster gets that follows one that ran out of it, one after the other. */
  readonly moreMemory?: readonly number[];
  /** Seconds that a job of a cluster may take. Default: what the cluster gives. */
  readonly time?: number;
  /** What a job gets that follows one whose time was up, one after the other. */
  readonly moreTime?: readonly number[];
}

/** What a declared input is while the stage runs. */
type InputOf<D extends InputDeclaration> = D extends { readonly list: true } ? readonly InputArtifact[] : InputArtifact;

/** Inputs by the names that are declared: optional ones may be missing. */
export type InputsOf<I extends InputDeclarations> = string extends keyof I
  ? Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>
  : { readonly [N in keyof I as I[N] extends { readonly optional: true } ? never : N]: InputOf<I[N]> } & {
      readonly [N in keyof I as I[N] extends { readonly optional: true } ? N : never]?: InputOf<I[N]>;
    };

export interface StageContext<
  P = unknown,
  I extends InputDeclarations = InputDeclarations,
  O extends OutputDeclarations = OutputDeclarations,
> {
  readonly parameters: P;
  /** One artifact an input; a list for inputs declared with `list`; missing for optional inputs left out. */
  readonly inputs: InputsOf<I>;
  /** Absolute paths to write, by output name. The parent folder exists. */
  readonly outputs: { readonly [N in keyof O]: string };
  /** CPU cores this task may use. Results must not depend on it. */
  readonly threads: number;
  /** The engine that the call chooses, for `engineFor`. Default: the default engine. */
  readonly engine?: string;
  readonly signal: AbortSignal;
  readonly resume: ResumePoint;
  /** The folder of the pipeline file: what relative paths in parameters are relative to. */
  readonly pipelineFolder: string;
  progress(progress: Progress): void;
  /** Writes a line to the task's log. */
  log(line: string): void;
  /** The same of something that whoever runs the pipeline should know of: it is also told by the run. */
  warn(message: string): void;
}

/** Something wrong with a parameter. */
export interface ParameterProblem {
  readonly parameter: string;
  /** Where inside the parameter's value: keys and indices. */
  readonly path?: readonly (string | number)[];
  /** Which characters of the text there. */
  readonly part?: { readonly start: number; readonly end: number };
  readonly message: string;
  readonly hint?: string;
}

/** Something wrong with what an input is made from. */
export interface InputProblem {
  readonly input: string;
  readonly message: string;
  readonly hint?: string;
}

/** What makes an input: a stage, with its parameters. */
export interface InputOrigin {
  readonly uses: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What makes the inputs of that one, in turn; built-in stages alone are told. */
  readonly inputs?: Readonly<Record<string, InputOrigin>>;
}

/** What a stage may be told of the pipeline that it is part of. */
export type PipelineFact = 'name' | 'description' | 'expect' | 'repeat';

export interface StageDefinition<
  S extends TObject = TObject,
  I extends InputDeclarations = InputDeclarations,
  O extends OutputDeclarations = OutputDeclarations,
> {
  readonly name: string;
  /** One line for `spikeline stages`. */
  readonly summary: string;
  /** JSON Schema (TypeBox) of `with:`. Defaults and descriptions are part of it. */
  readonly parameters: S;
  readonly inputs: I;
  /** The first output is the default one: what `inputs: { data: data }` refers to. */
  readonly outputs: O;
  /** What of its metrics the table shows that a run ends with. Default: nothing. */
  readonly columns?: readonly ColumnDeclaration[];
  /**
   * What it needs an engine for: the one that the call chooses (`--engine`) computes it if it can do all of that, else the
   * default one. That engine's fingerprint enters the key. Default: it uses none.
   */
  readonly usesEngine?: readonly Capability[];
  readonly resources?: ResourceRequest;
  /**
   * Parameters that are taken from the pipeline where `with:` leaves them out, by parameter: its `name`, its
   * `description`, what it expects (`expect`) of the artifacts that are the task's inputs, or the names of the axes of
   * repetition (`repeat`) that these have. They enter the key as any other parameter does.
   */
  readonly fromPipeline?: Readonly<Record<string, PipelineFact>>;
  /** What must be given in one of several ways, before anything runs. Default: what has to be there by itself is all. */
  readonly needs?: readonly Need<Static<S>, keyof I & string>[];
  /**
   * Other rules that a schema can't say. `inputs` lacks those that are not a stage's single output; `given` names all that
   * there are.
   */
  readonly check?: (
    parameters: Static<S>,
    inputs: Readonly<Record<string, InputOrigin>>,
    given: readonly string[],
  ) => readonly (ParameterProblem | InputProblem)[];
  /**
   * Paths outside the pipeline that the result depends on (such as a local data folder), to be hashed into the key.
   * A folder is hashed with all its files. Those of built-in stages may depend on the environment; a stage of the user's
   * is asked where there is none, and nothing can be read.
   */
  readonly files?: (parameters: Static<S>, pipelineFolder: string) => readonly string[] | Promise<readonly string[]>;
  /**
   * Parameters that the result does not depend on, such as where data come from whose checksum is known: they are no
   * part of the key.
   */
  readonly keyless?: readonly string[];
  /** What its time depends on: filled in from the file's export `cost`, which is no part of the key as all this is. */
  readonly cost?: StageCost;
  /** @returns metrics, if it has any */
  run(context: StageContext<Static<S>, I, O>): Promise<Metrics | undefined> | Promise<void>;
}

/** Declares a stage: what `run` is given has the types and names that the declaration says. */
export function defineStage<S extends TObject, const I extends InputDeclarations, const O extends OutputDeclarations>(
  definition: StageDefinition<S, I, O>,
): StageDefinition<S, I, O> {
  return definition;
}

/** The single artifact of an input that is not a list. */
export function inputFile(context: StageContext, name: string): InputArtifact {
  const input = context.inputs[name];
  if (input === undefined || Array.isArray(input))
    throw new UserError('E_STAGE_INPUT', `The input "${name}" must be one artifact.`);
  return input as InputArtifact;
}
