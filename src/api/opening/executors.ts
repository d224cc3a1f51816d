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

/**
 * How many tasks may run at a time.
 *
 * @param said the same in the words of the call
 * @throws UserError for what is no such number
 */
export function readJobs(jobs: number, said: string): number {
  if (jobs >= 1 && (Number.isInteger(jobs) || jobs === Number.POSITIVE_INFINITY)) return jobs;
  throw new UserError('E_USAGE', `${said}: a whole number from 1 on is needed.`);
}
