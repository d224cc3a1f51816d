import { UserError } from '../../error.js';
import type { PlacedDiagnostic } from '../../pipeline/text/format.js';

/** A file, or a call, has mistakes: all of them are told at once. */
export class PipelineError extends UserError {
  override readonly name = 'PipelineError';

  /** @param message all of the mistakes, each with its line of the file */
  constructor(
    message: string,
    readonly diagnostics: readonly PlacedDiagnostic[],
  ) {
    super('E_PIPELINE', message);
  }
}
