import { UserError } from '../error.js';
import { parseJson } from '../network/describe.js';
import { readSnnBatches } from '../results/snn-result.js';

/** The authors' names of what their programs note of every batch. */
const files = { correct: 'accuracy.txt', spikes: 'spike_num.txt', sops: 'sop_num.txt' } as const;

/**
 * The logs that the authors' programs write and their plots read: for each precision `k1B2/accuracy.txt` (correct
 * images), `spike_num.txt` and `sop_num.txt`, a line a batch.
 * @param results files of `snn-infer`
 * @returns texts by path
 * @throws {UserError} E_LOGS_INPUT for other files, or where two results belong to one precision
 */
export function authorsLogs(
  results: readonly { readonly label: string; readonly text: string }[],
): Map<string, string> {
  const logs = new Map<string, string>();
  const noises = new Map<string, number>();
  for (const { label, text } of results) {
    const result = readSnnBatches(parseJson(text));
    if (result === undefined) throw new UserError('E_LOGS_INPUT', `${label} is not a result of snn-infer.`);
    const { precision, noise, batches } = result;
    const other = noises.get(precision);
    if (other !== undefined)
      throw new UserError(
        'E_LOGS_INPUT',
        `There are two results for ${precision}, with noise ${other} and ${noise}, but the authors' logs have room for one.`,
        'Give the stage the axis in which they differ, such as `over: [noise]`: it then writes a folder for each.',
      );
    noises.set(precision, noise);
    for (const [field, file] of Object.entries(files))
      logs.set(`${precision}/${file}`, batches[field as keyof typeof files].map((count) => `${count}\n`).join(''));
  }
  return logs;
}
