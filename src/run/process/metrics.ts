import { UserError } from '../../error.js';
import { systemCode, systemError } from '../../files/error.js';
import { IrregularFile, readRegularFile } from '../../files/regular-file.js';
import { show } from '../../schema/words.js';
import { decodeText } from '../../text/encoding.js';
import type { Metrics, MetricValue } from '../../values.js';
import { parseExactly, type WrittenNumber } from './metrics-json.js';

/** Bytes that it may have: it is read by the program itself, and kept in each record. */
const longest = 16 * 2 ** 20;
/** Metrics that a task may have: each is a column of the tables that people look at. */
const most = 10_000;
const advice = 'Keep a table as an output of its own, such as a CSV file, or as a list, which is one metric.';

/**
 * Metrics of a command: numbers, texts and lists at the top of the JSON file that it wrote as its output `metrics`.
 * A number that would become another, such as an integer beyond 2^53, is kept as the text that it was written as. Files of
 * other formats than `.json` are results like any other.
 *
 * @param warn is told what in the file is no metric, and what is kept as text
 * @throws {UserError} E_METRICS; StoreError for what the system refuses
 */
export function readMetrics(file: string | undefined, warn: (message: string) => void): Metrics {
  if (file === undefined || !file.endsWith('.json')) return {};
  let parsed: ReturnType<typeof parseExactly>;
  try {
    const text = decodeText(readRegularFile(file, longest));
    if (typeof text !== 'string')
      throw new UserError('E_METRICS', `The output "metrics" can't be read: ${text.why}.`, text.hint);
    parsed = parseExactly(text);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // That an output is missing is said of all outputs alike.
    if (systemCode(error) === 'ENOENT') return {};
    if (error instanceof IrregularFile)
      throw new UserError('E_METRICS', `The output "metrics" can't be read: ${error.message}.`);
    const refused = systemError(error);
    if (refused !== undefined) throw refused;
    const why = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError('E_METRICS', `The output "metrics" is not JSON: ${why}.`);
  }
  const { value, kept } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError('E_METRICS', 'The output "metrics" must be a JSON object.');
  const entries = Object.entries(value);
  if (entries.length > most) throw tooMany('The output "metrics"', entries.length);
  const others = entries.filter(([, content]) => !isMetric(content));
  if (others.length > 0) warn(leftOut(others));
  if (kept.length > 0) warn(keptAsText(kept));
  return Object.fromEntries(entries.filter((entry): entry is [string, MetricValue] => isMetric(entry[1])));
}

/** So many are named. */
const few = 3;

function leftOut(others: readonly (readonly [string, unknown])[]): string {
  const named = others.slice(0, few).map(([name, content]) => `${show(name)} (${kindOf(content)})`);
  const more = others.length > few ? ` and ${others.length - few} more` : '';
  const inside = others.find(([, content]) => kindOf(content) === 'a map')?.[0];
  const inMaps =
    inside === undefined ? '' : ` Numbers in a map become metrics if they are written as "${inside}.NAME".`;
  return `What of its metrics is no number, no text and no list of either is left out: ${named.join(', ')}${more}.${inMaps}`;
}

function keptAsText(numbers: readonly WrittenNumber[]): string {
  const named = numbers.slice(0, few).map(({ written, line }) => `${shortened(written)} (line ${line})`);
  const more = numbers.length > few ? ` and ${numbers.length - few} more` : '';
  return `What of its metrics no number holds exactly is kept as text, with which nothing is computed: ${named.join(', ')}${more}.`;
}

/** A number may be written with a million digits. */
const longestShown = 40;
const shortened = (written: string): string =>
  written.length > longestShown ? `${written.slice(0, longestShown)}…` : written;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list of something else' : 'a map';
}

/**
 * What a stage returned as its metrics, without those that are undefined.
 *
 * @throws {UserError} E_METRICS for what is no metric, such as a map
 */
export function checkMetrics(returned: unknown): Metrics {
  if (returned === undefined || returned === null) return {};
  if (typeof returned !== 'object' || Array.isArray(returned))
    throw new UserError('E_METRICS', 'The stage returned something other than a map of metrics.');
  const entries = Object.entries(returned).filter(([, value]) => value !== undefined);
  for (const [name, value] of entries)
    if (!isMetric(value))
      throw new UserError(
        'E_METRICS',
        `The stage returned "${name}", which is not a valid metric.`,
        'Metrics are numbers, texts, true or false, and lists of numbers or of texts.',
      );
  if (entries.length > most) throw tooMany('The stage', entries.length);
  const metrics = Object.fromEntries(entries) as Metrics;
  if (JSON.stringify(metrics).length > longest)
    throw new UserError('E_METRICS', 'The metrics that the stage returned are larger than 16 MiB as JSON.', advice);
  return metrics;
}

function tooMany(who: string, count: number): UserError {
  return new UserError('E_METRICS', `${who} has ${count} metrics, and a task can have ${most}.`, advice);
}

function isMetric(value: unknown): value is MetricValue {
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'number') || value.every((item) => typeof item === 'string');
  return ['number', 'string', 'boolean'].includes(typeof value);
}
