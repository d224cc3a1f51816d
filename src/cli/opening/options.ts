/** Options of all commands that read a pipeline. */
export interface PipelineOptions {
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly engine?: string;
  readonly artifacts?: string;
}

/** Options of `run` and `plan`. */
export interface RunCommandOptions extends PipelineOptions {
  readonly jobs?: string;
  /** `true` for all, or targets. */
  readonly force?: true | readonly string[];
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly reporter?: string;
  readonly executor?: string;
}
