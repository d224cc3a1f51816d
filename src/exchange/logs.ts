import { UserError } from '../error.js';
import { parseJson } from '../network/describe.js';
import { readSnnBatches } from '../results/snn-result.js';

/** The authors' names of what their programs note of every batch. */
const fields = { correct: 'accuracy.txt', spikes: 'spike_num.txt', sops: 'sop_num.txt' } as const;

/**
 * The logs that the authors' programs write and their plots read: for each precision `k1B2/accuracy.txt` (correct
 * images), `spike_num.txt` and `sop_num.txt`, a line a batch.
 * They are of one run, in whole counts, and so is what is written of a result of several seeds of the noise: the run with the first.
 * @param results files of `snn-infer`
 * @returns texts by path, and what their reader should know, a sentence each
 * @throws {UserError} E_LOGS_INPUT for other files, or where two results belong to one precision
 */
export function authorsLogs(results: readonly { readonly label: string; readonly text: string }[]): {
  readonly files: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const logs = new Map<string, string>();
  const noises = new Map<string, number>();
  for (const { label, text } of results) {
    const result = readSnnBatches(parseJson(text));
    if (result === undefined) throw new UserError('E_LOGS_INPUT', `${label} is not a result of snn-infer.`);
    const { precision, noise, batches, repetitions = [] } = result;
    const other = noises.get(precision);
    if (other !== undefined)
      throw new UserError(
        'E_LOGS_INPUT',
        `There are two results for ${precision}, with noise ${other} and ${noise}, but the authors' logs have room for one.`,
        'Give the stage the axis in which they differ, such as `over: [noise]`: it then writes a folder for each.',
      );
    noises.set(precision, noise);
    if (repetitions.length > 1)
      warnings.push(
        `The logs of ${precision} are of the noise of seed ${repetitions[0]!.seed} alone, not the mean over all ${repetitions.length}: the authors' logs are of one run.`,
      );
    for (const [field, file] of Object.entries(fields))
      logs.set(`${precision}/${file}`, batches[field as keyof typeof fields].map((count) => `${count}\n`).join(''));
  }
  return { files: logs, warnings };
}
