import { canonicalJson, withoutNegativeZero } from '../files/canonical.js';
import { digestBytes, digestJson, hexOf } from '../files/digest.js';
import type { Metrics, MetricValue } from '../values.js';
import type { KeyParts, TaskKey, TaskRecord } from './types.js';

const type = 'spikeline-record/1';

/** The key of a task: SHA-256 of the canonical JSON of its parts. */
export function keyOf(parts: KeyParts): TaskKey {
  return hexOf(digestJson(parts)) as TaskKey;
}

/** The text of a record's file, with a checksum over the record's canonical JSON. */
export function encodeRecord(record: TaskRecord): string {
  const text = canonicalJson({ ...record, metrics: storableMetrics(record.metrics) });
  return `{"type":"${type}","checksum":"${digestBytes(text)}","record":${text}}\n`;
}

/**
 * Reads a record's file. `foreign` is the record of another version, to be left alone; undefined is a damaged one, or
 * one that lies under the name of another.
 */
export function decodeRecord(text: string, key: TaskKey): TaskRecord | 'foreign' | undefined {
  try {
    const file = JSON.parse(text) as { type?: unknown; checksum?: unknown; record?: TaskRecord };
    if (typeof file.type === 'string' && file.type.startsWith('spikeline-record/') && file.type !== type)
      return 'foreign';
    const { record } = file;
    if (file.type !== type || record === undefined) return undefined;
    return digestJson(record) === file.checksum && record.key === key && keyOf(record.parts) === key
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}

/** True if a record of the store's own has what it is made of: whoever edits one may seal it, too. */
export function isWhole({ outputs, metrics, provenance }: TaskRecord): boolean {
  return [outputs, metrics, provenance].every((part: unknown) => typeof part === 'object' && part !== null);
}

/**
 * Metrics as JSON can hold them. A loss that is NaN is a result, too, and must not cost the training that found it: it
 * is kept as the text `NaN`, and so are infinities.
 */
export function storableMetrics(metrics: Metrics): Metrics {
  const storable = (value: MetricValue): MetricValue => {
    const numbers = [value].flat().filter((item) => typeof item === 'number');
    if (numbers.every(Number.isFinite)) return withoutNegativeZero(value);
    return Array.isArray(value) ? value.map(String) : String(value);
  };
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, storable(value)]));
}
