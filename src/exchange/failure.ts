import { UserError } from '../error.js';
import type { ImportCode } from '../formats/problem.js';
import type { Network } from '../network/architecture.js';

/** Ends an import. The problem is a clause about "it", such as `it holds 6 arrays and not 31`. */
export type Fail = (code: ImportCode, problem: string, hint?: string) => never;

/** @param label how messages call the file */
export function failing(label: string, network: Pick<Network, 'name'>): Fail {
  return (code, problem, hint) => {
    throw new UserError(code, `${label} can't be imported as a checkpoint of ${network.name}: ${problem}.`, hint);
  };
}
