import { defectHint } from '../defect.js';
import { UserError } from '../error.js';
import { systemError } from '../files/error.js';
import type { Failure } from './events.js';

/**
 * Why a task failed, whatever was thrown: what a user can do something about, in these words, and a defect of this
 * program's own with a report for its developers. Either is the trouble of one task, and the others go on.
 *
 * @param reports folder that reports go to
 */
export function failureOf(error: unknown, reports: string): Failure {
  const told = error instanceof UserError ? error : systemError(error);
  if (told === undefined) {
    const message = `It could not be handled: ${error instanceof Error ? error.message : String(error)}`;
    return { code: 'E_DEFECT', message, hint: defectHint(error, reports) };
  }
  return told.toFailure();
}
