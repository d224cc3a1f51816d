import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { hexOf } from '../../files/digest.js';
import type { Digest } from '../../values.js';

// Servers such as bazel-remote take only what is a message `ActionResult` of the Remote Execution API, version 2, and
// hand it out only while they have all blobs that it names. As much of it as that takes:
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
export function encodeActionResult(blobs: readonly NamedBlob[], text: string): Uint8Array {
  const message = new BinaryWriter();
  for (const { digest, size } of blobs) {
    const hash = hexOf(digest);
    message.tag(outputFiles, WireType.LengthDelimited).fork();
    message.tag(1, WireType.LengthDelimited).string(hash);
    message.tag(2, WireType.LengthDelimited).fork();
    message.tag(1, WireType.LengthDelimited).string(hash).tag(2, WireType.Varint).int64(size);
    message.join().join();
  }
  return message.tag(stdoutRaw, WireType.LengthDelimited).string(text).finish();
}

/** The text that a message carries; undefined if it is no such message. Other fields, which servers add, are passed over. */
export function decodeActionResult(message: Uint8Array): string | undefined {
  try {
    const reader = new BinaryReader(message);
    let text: string | undefined;
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === stdoutRaw && type === WireType.LengthDelimited) text = reader.string();
      else reader.skip(type, field);
    }
    return text;
  } catch {
    // Whatever it is, it ends too early, or has no such fields.
    return undefined;
  }
}
