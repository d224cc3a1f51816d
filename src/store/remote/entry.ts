import { createHmac, timingSafeEqual } from 'node:crypto';
import { validatorOf } from '../../schema/validators.js';
import { decodeRecord, encodeRecord } from '../record.js';
import type { TaskKey, TaskRecord } from '../types.js';
import { decodeActionResult, encodeActionResult, type NamedBlob } from './action-result.js';
import { RemoteRecordSchema } from './record-schema.js';

const signatureType = 'hmac-sha256';

/**
 * The entry of a finished task as remotes keep it: the record as the store has it, in the message that servers of the
 * protocol know, with a signature on a second line where there is a key to sign with.
 */
export function encodeEntry(record: TaskRecord, blobs: readonly NamedBlob[], signingKey?: string): Uint8Array {
  const text = encodeRecord(record);
  const signature = signingKey === undefined ? '' : `${signatureType}:${sign(text, signingKey)}\n`;
  return encodeActionResult(blobs, text + signature);
}

/** Why an entry is not to be believed. */
export interface BadEntry {
  readonly problem: string;
}

/**
 * The record of an entry. It is believed when its checksum is right, its key is that which was asked for and follows
 * from its parts, and its form is right. Undefined if it is of another version of this program, or where there is a key
 * to sign with and it is not signed with that.
 *
 * @param key as this machine computed it
 */
export function decodeEntry(message: Uint8Array, key: TaskKey, signingKey?: string): TaskRecord | BadEntry | undefined {
  const content = decodeActionResult(message);
  if (content === undefined) return { problem: 'it is not the entry of a task' };
  const end = content.indexOf('\n') + 1;
  const [text, signature] = [content.slice(0, end), content.slice(end).trimEnd()];
  // Whoever has no key shares results, too: these are none for those who have one.
  if (signingKey !== undefined && !isSigned(text, signature, signingKey)) return undefined;
  const record = decodeRecord(text, key);
  if (record === 'foreign') return undefined;
  if (record === undefined) return { problem: 'its record is damaged, or of another task' };
  const validate = validatorOf(RemoteRecordSchema);
  const outputs = Object.keys(record.parts.outputs).sort();
  const right = validate(record) && Object.keys(record.outputs).sort().join('\n') === outputs.join('\n');
  return right ? record : { problem: 'its record is malformed' };
}

function sign(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

function isSigned(text: string, signature: string, key: string): boolean {
  const expected = Buffer.from(`${signatureType}:${sign(text, key)}`);
  const found = Buffer.from(signature);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
