import { readFile } from 'node:fs/promises';
import { digestBytes } from '../../files/digest.js';
import { parseAnnResult } from '../../results/ann-result.js';
import { parseConversion } from '../../results/conversion-result.js';
import { parseHistory } from '../../results/history.js';
import type { ResultKind } from '../../results/kinds.js';
import { parseSnnResult } from '../../results/snn-result.js';
import type { ReportContent, ReportItem } from './content.js';

/** A file of the report's inputs, with the labels of the task that made it. */
export interface ReportFile {
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Reads what a report is made from, in the order given.
 * @throws {UserError} E_PLOT_INPUT for files that are something else
 */
export async function readContent(
  files: Readonly<Partial<Record<ResultKind, readonly ReportFile[]>>>,
  about: Pick<ReportContent, 'title' | 'description' | 'expected' | 'repeat' | 'dataSets'>,
): Promise<ReportContent> {
  const read = <T>(input: ResultKind, parse: (text: string, file: ReportFile) => T): Promise<ReportItem<T>[]> =>
    Promise.all(
      (files[input] ?? []).map(async (file) => {
        const bytes = await readFile(file.path);
        return { result: parse(bytes.toString('utf8'), file), labels: file.labels, digest: digestBytes(bytes) };
      }),
    );
  return {
    ...about,
    ann: await read('ann', (text, { path }) => parseAnnResult(text, path)),
    snn: await read('snn', (text, { path }) => parseSnnResult(text, path)),
    conversion: await read('conversion', (text, { path }) => parseConversion(text, path)),
    history: await read('history', (text, { path, labels }) => parseHistory(text, historyLabel(labels), path)),
  };
}

/** What a training is called in charts and tables. */
function historyLabel(labels: Readonly<Record<string, string>>): string {
  return Object.values(labels).join(' ') || 'training';
}
