import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../../src/files/digest.js';
import { encodeRecord } from '../../../src/store/record.js';
import { decodeActionResult, encodeActionResult } from '../../../src/store/remote/action-result.js';
import { decodeEntry, encodeEntry } from '../../../src/store/remote/entry.js';
import type { TaskRecord } from '../../../src/store/types.js';
import { keyParts, recordOf } from '../examples.js';

const blob = (text: string) => ({ digest: digestBytes(text), size: text.length });
const record = recordOf(keyParts({ k: 1 }, { file: 'file.bin' }), { file: { kind: 'file', ...blob('content') } });

describe('a message ActionResult', () => {
  it('has the bytes that protoc makes of the same', () => {
    // protoc --encode=ActionResult of output_files { path, digest { hash, size_bytes } }, stdout_raw.
    const { digest, size } = { ...blob('abc'), size: 300 };
    const hex = digest.slice('sha256:'.length);
    const hash = Buffer.from(hex);
    expect(Buffer.from(encodeActionResult([{ digest, size }], 'text'))).toEqual(
      Buffer.concat([
        Buffer.from([0x12, 2 + 64 + 2 + 2 + 64 + 3]),
        Buffer.from([0x01]),
        Buffer.from([0x0a, 64]),
        hash,
        Buffer.from([0x12, 2 + 64 + 3, 0x0a, 64]),
        hash,
        Buffer.from([0x10, 0xac, 0x02, 0x2a, 4]),
        Buffer.from('text'),
      ]),
    );
  });

  it('carries any text, past fields that a server adds', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 3 }), (text, blobs) => {
        const list = Array.from({ length: blobs }, (_, i) => blob('x'.repeat(i * 1000)));
        const message = encodeActionResult(list, text);
        expect(decodeActionResult(message)).toBe(text);
        // execution_metadata { worker: "w" }, exit_code: -1, and a fixed32 and a fixed64 that nobody knows yet.
        const added = [0x4a, 3, 0x0a, 1, 0x77, 0x20, ...Array<number>(9).fill(0xff), 0x01, 0xa5, 0x06, 1, 2, 3, 4];
        const wide = [0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8];
        expect(decodeActionResult(Buffer.concat([message, Buffer.from([...added, ...wide])]))).toBe(text);
      }),
    );
  });

  it('is not any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = decodeActionResult(Buffer.from(bytes));
        expect(text === undefined || typeof text === 'string').toBe(true);
      }),
    );
    const message = encodeActionResult([], 'text');
    for (let end = 1; end < message.length; end++) expect(decodeActionResult(message.subarray(0, end))).toBeUndefined();
  });
});

describe('an entry', () => {
  it('is read as it was written', () => {
    expect(decodeEntry(encodeEntry(record, [blob('content')]), record.key)).toEqual(record);
    expect(decodeEntry(encodeEntry(record, [], 'k'), record.key, 'k')).toEqual(record);
    expect(decodeEntry(encodeEntry(record, [], 'k'), record.key)).toEqual(record);
  });

  it('is none without the right signature', () => {
    expect(decodeEntry(encodeEntry(record, []), record.key, 'k')).toBeUndefined();
    expect(decodeEntry(encodeEntry(record, [], 'other'), record.key, 'k')).toBeUndefined();
  });

  it('of another version is none', () => {
    const text = encodeRecord(record).replace('spikeline-record/1', 'spikeline-record/2');
    expect(decodeEntry(encodeActionResult([], text), record.key)).toBeUndefined();
  });

  it('is damaged by every flipped bit, or by none', () => {
    const message = encodeEntry(record, []);
    for (let at = 0; at < message.length; at++) {
      const other = Buffer.from(message);
      other[at]! ^= 1 << (at % 8);
      const found = decodeEntry(other, record.key);
      if (found !== undefined && 'parts' in found) expect(found).toEqual(record);
      else expect(found === undefined || 'problem' in found).toBe(true);
    }
  });

  // Checksum and key are right: only the form tells.
  it.each<[string, object]>([
    ['an output is missing', { outputs: {} }],
    ['an output is too many', { outputs: { ...record.outputs, more: record.outputs.file } }],
    ['an output leads elsewhere', { outputs: { file: { kind: 'file', digest: '../../etc/passwd', size: 1 } } }],
    ['a size is negative', { outputs: { file: { ...record.outputs.file, size: -1 } } }],
    ['a size is no number', { outputs: { file: { ...record.outputs.file, size: '1' } } }],
    ['an output is a link', { outputs: { file: { ...record.outputs.file, kind: 'link' } } }],
    ['a folder is executable', { outputs: { file: { ...record.outputs.file, kind: 'folder', executable: true } } }],
    ['a metric is a map', { metrics: { accuracy: { value: 1 } } }],
    ['a metric steers the terminal', { metrics: { note: '\u001b[2J' } }],
    ['a name steers the terminal', { provenance: { ...record.provenance, platform: 'x\u001b]0;x\u0007' } }],
    ['the time is none', { provenance: { ...record.provenance, finishedAt: 'yesterday' } }],
    ['something is added', { more: 1 }],
    ['the provenance is missing', { provenance: undefined }],
  ])('has the form of one: %s', (_, changes) => {
    const entries = Object.entries({ ...record, ...changes }).filter(([, value]) => value !== undefined);
    const changed = Object.fromEntries(entries) as unknown as TaskRecord;
    expect(decodeEntry(encodeEntry(changed, []), record.key)).toEqual({
      problem: 'its record is malformed',
    });
  });
});
