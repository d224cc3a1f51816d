import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { crc32c, eventFile } from '../../src/exchange/tensorboard.js';

const masked = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The records of a TFRecord file, with both of their checksums compared. */
function recordsOf(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 8)).toBe(masked(crc32c(file.subarray(at, at + 8))));
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(crc32c(data)));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** Fields of a message by number, as they are read. */
function fieldsOf(data: Uint8Array, read: Readonly<Record<number, (reader: BinaryReader) => unknown>>) {
  const reader = new BinaryReader(data);
  const fields: Record<number, unknown> = {};
  while (reader.pos < reader.len) {
    const [number] = reader.tag();
    fields[number] = read[number]!(reader);
  }
  return fields;
}

describe('event files of TensorBoard', () => {
  it('have the checksums of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  it('begin with their version, and have a record a number', () => {
    const scalars = [
      { tag: 'loss', step: 1, value: 0.5 },
      { tag: 'accuracy', step: 200, value: 0.25 },
    ];
    const [version, ...events] = recordsOf(Buffer.from(eventFile(scalars, 1_700_000_000)));
    const time = (reader: BinaryReader) => reader.double();
    expect(fieldsOf(version!, { 1: time, 3: (reader) => reader.string() })).toEqual({
      ...{ 1: 1_700_000_000, 3: 'brain.Event:2' },
    });
    const read = events.map((event) => {
      const fields = fieldsOf(event, { 1: time, 2: (reader) => Number(reader.int64()), 5: (reader) => reader.bytes() });
      const { 1: entry } = fieldsOf(fields[5] as Uint8Array, { 1: (reader) => reader.bytes() });
      const { 1: tag, 2: value } = fieldsOf(entry as Uint8Array, {
        ...{ 1: (reader) => reader.string(), 2: (reader) => reader.float() },
      });
      return { tag, step: fields[2], value };
    });
    expect(read).toEqual(scalars);
  });

  it('have numbers of 32 bits: those that are none are told as they are, and larger ones as infinite', () => {
    const values = [Number.NaN, Number.NEGATIVE_INFINITY, 1e39, -1e300, 1e-50];
    const scalars = values.map((value, step) => ({ tag: 'x', step, value }));
    const [, ...events] = recordsOf(Buffer.from(eventFile(scalars, 1)));
    // The last four bytes of an event are its number.
    expect(events.map((event) => event.readFloatLE(event.length - 4))).toEqual(values.map(Math.fround));
  });

  it('are the same bytes for the same numbers', () => {
    const scalars = [{ tag: 'loss', step: 0, value: 1 }];
    expect(eventFile(scalars, 1)).toEqual(eventFile(scalars, 1));
  });
});
