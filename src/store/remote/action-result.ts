import { hexOf } from '../digest.js';
import type { Digest } from '../types.js';

// Servers such as bazel-remote take only what is a message `ActionResult` of the Remote Execution API, version 2, and
// hand it out only while they have all blobs that it names. Here is as much of protocol buffers as that takes:
//
//     message ActionResult { repeated OutputFile output_files = 2; bytes stdout_raw = 5; … }
//     message OutputFile { string path = 1; Digest digest = 2; … }
//     message Digest { string hash = 1; int64 size_bytes = 2; }

/** A blob that an entry needs. */
export interface NamedBlob {
  readonly digest: Digest;
  readonly size: number;
}

const outputFiles = 2;
const stdoutRaw = 5;

/** A message `ActionResult` that names blobs and carries a text as what the action wrote to standard output. */
export function encodeActionResult(blobs: readonly NamedBlob[], text: string): Buffer {
  const files = blobs.map(({ digest, size }) => {
    const hash = hexOf(digest);
    const message = Buffer.concat([bytesField(1, Buffer.from(hash)), tag(2, 0), varint(size)]);
    return bytesField(outputFiles, Buffer.concat([bytesField(1, Buffer.from(hash)), bytesField(2, message)]));
  });
  return Buffer.concat([...files, bytesField(stdoutRaw, Buffer.from(text))]);
}

/** The text that a message carries; undefined if it is no such message. Other fields, which servers add, are passed over. */
export function decodeActionResult(message: Buffer): string | undefined {
  let text: Buffer | undefined;
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 1; shift <= 2 ** 49; shift *= 128) {
      const byte = message[at++];
      if (byte === undefined) break;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw new RangeError();
  };
  try {
    while (at < message.length) {
      const key = number();
      const [field, type] = [Math.floor(key / 8), key % 8];
      if (type === 0) skipVarint();
      else if (type === 1) at += 8;
      else if (type === 5) at += 4;
      else if (type === 2) {
        const length = number();
        const content = message.subarray(at, at + length);
        if (content.length !== length) return undefined;
        at += length;
        if (field === stdoutRaw) text = content;
      } else return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return at === message.length ? text?.toString() : undefined;

  /** A negative number takes ten bytes, more than `number` can tell. */
  function skipVarint(): void {
    while ((message[at++] ?? 0) >= 128);
  }
}

const tag = (field: number, type: number): Buffer => varint(field * 8 + type);

function bytesField(field: number, content: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
