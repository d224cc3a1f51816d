import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { undeclaredWarnings } from '../../pipeline/expand/undeclared.js';
import { printErrorText } from '../terminal/output.js';

/** Says what `run` warns of before it begins, on standard error: a task may be called cached though its files have changed. */
export function printWarnings(pipeline: Pipeline, tasks: readonly Task[]): void {
  for (const { message, hint } of undeclaredWarnings(pipeline, tasks))
    printErrorText(`warning ${message}${hint === undefined ? '' : `\n        hint: ${hint}`}`, 8);
}
