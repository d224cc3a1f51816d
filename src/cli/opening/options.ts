import type { PipelineOptions } from '../../api/opening/options.js';

/** Options of `run` and `plan`. */
export interface RunCommandOptions extends PipelineOptions {
  readonly jobs?: string;
  /** `true` for all, or targets. */
  readonly force?: true | readonly string[];
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly reporter?: string;
  readonly executor?: string;
  /** Opens the page of the run. */
  readonly open?: boolean;
  readonly port?: string;
}
