import { defectHint } from '../defect.js';
import { BundleError } from '../stage/bundle.js';
import { StageError } from '../stage/definition.js';
import { StoreError, systemError } from '../store/error.js';
import type { Failure } from './events.js';

/**
 * Why a task failed, whatever was thrown: what a user can do something about, in these words, and a defect of this
 * program's own with a report for its developers. Either is the trouble of one task, and the others go on.
 *
 * @param reports folder that reports go to
 */
export function failureOf(error: unknown, reports: string): Failure {
  const known = error instanceof BundleError || error instanceof StageError || error instanceof StoreError;
  const told = known ? error : systemError(error);
  if (told === undefined) {
    const message = `It could not be handled: ${error instanceof Error ? error.message : String(error)}`;
    return { code: 'E_DEFECT', message, hint: defectHint(error, reports) };
  }
  const { code, message, hint } = told as { code: string; message: string; hint?: string };
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
