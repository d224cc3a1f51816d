// Event files of TensorBoard: records of TFRecord, each an `Event` of protocol buffers (tensorflow/core/util/event.proto).

import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** A number at a step. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/**
 * An event file of scalars.
 *
 * @param time of all of them, in seconds since the epoch
 */
export function eventFile(scalars: readonly Scalar[], time: number): Uint8Array {
  const version = new BinaryWriter().tag(1, 1).double(time).tag(3, 2).string('brain.Event:2').finish();
  return Buffer.concat([version, ...scalars.map((scalar) => scalarEvent(scalar, time))].map(tfRecord));
}

/** `Event { wall_time = 1; step = 2; summary = 5 { value = 1 { tag = 1; simple_value = 2 } } }` */
function scalarEvent({ tag, step, value }: Scalar, time: number): Uint8Array {
  // Of 32 bits: a larger number is infinite to it.
  const entry = new BinaryWriter().tag(1, 2).string(tag).tag(2, 5).float(Math.fround(value)).finish();
  const summary = new BinaryWriter().tag(1, 2).bytes(entry).finish();
  return new BinaryWriter().tag(1, 1).double(time).tag(2, 0).int64(step).tag(5, 2).bytes(summary).finish();
}

/** Length, its checksum, data, their checksum: all little-endian. */
function tfRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return record;
}

/** As TFRecord has it, so that a checksum of data with checksums in it is none of theirs. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

const polynomial = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli), as RFC 3720 has it. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
