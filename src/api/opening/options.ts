/** Options of all commands that read a pipeline. */
export interface PipelineOptions {
  readonly set?: readonly string[];
  readonly profile?: string;
  readonly engine?: string;
  readonly artifacts?: string;
}
