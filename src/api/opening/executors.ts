import { UserError } from '../../error.js';

const executors = ['local', 'slurm'] as const;

/** What runs tasks. */
export type ExecutorName = (typeof executors)[number];

/** @throws UserError for an executor that there is not */
export function readExecutor(name = 'local'): ExecutorName {
  const found = executors.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UserError('E_USAGE', `There is no executor "${name}".`, `known: ${executors.join(', ')}`);
}
