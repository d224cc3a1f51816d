import { UserError } from '../../error.js';

const [size, channels] = [32, 3];
/** Bytes of an image. */
export const imageBytes = size * size * channels;

const pixels = size * size;

/** A file of CIFAR's binary version. */
export interface CifarFile {
  /** How messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads files of CIFAR's binary version: records of one label byte (CIFAR-100: coarse, then fine; the fine one counts) and
 * 32·32 bytes of red, green and blue each. Their bytes are used up: files that follow one another in memory are changed into
 * images where they are, as there are a hundred megabytes and more of them.
 *
 * @returns images [count][32][32][3] and labels, of all files
 * @throws {UserError} E_DATA_CIFAR
 */
export function decodeCifar(
  files: readonly CifarFile[],
  labelBytes: 1 | 2,
): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const record = labelBytes + imageBytes;
  for (const { name, bytes } of files)
    if (bytes.length === 0 || bytes.length % record !== 0)
      throw new UserError(
        'E_DATA_CIFAR',
        `${name} is not a file of CIFAR's binary version: its ${bytes.length} bytes are not a multiple of ${record}.`,
        'The "binary version (suitable for C programs)" is needed.',
      );
  const bytes = inOnePiece(files.map((file) => file.bytes));
  const count = bytes.length / record;
  const labels = new Uint8Array(count);
  const planes = new Uint8Array(imageBytes);
  for (let n = 0; n < count; n++) {
    const at = n * record + labelBytes;
    labels[n] = bytes[at - 1]!;
    // An image ends before the next record begins.
    planes.set(bytes.subarray(at, at + imageBytes));
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++) bytes[n * imageBytes + p * channels + c] = planes[c * pixels + p]!;
  }
  return { images: bytes.subarray(0, count * imageBytes), labels };
}

function inOnePiece(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first === undefined) return new Uint8Array(0);
  let end = first.byteOffset;
  const follow = pieces.every(({ buffer, byteOffset, byteLength }) => {
    const follows = buffer === first.buffer && byteOffset === end;
    end = byteOffset + byteLength;
    return follows;
  });
  return follow ? new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset) : Buffer.concat(pieces);
}

/**
 * Writes a file of CIFAR's binary version.
 * @param images [count][32][32][3]
 * @param labels [count][label bytes]: the label, or for CIFAR-100 the coarse one and the fine one
 */
export function encodeCifar(images: Uint8Array, labels: readonly Uint8Array[]): Uint8Array {
  const record = (labels[0]?.length ?? 0) + imageBytes;
  const bytes = new Uint8Array(labels.length * record);
  for (const [n, label] of labels.entries())
    writeRecord(bytes.subarray(n * record), label, images.subarray(n * imageBytes, (n + 1) * imageBytes));
  return bytes;
}

/** Writes one record to the begin of `bytes`. @param image [32][32][3] */
export function writeRecord(bytes: Uint8Array, label: Uint8Array, image: Uint8Array): void {
  bytes.set(label);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++) bytes[label.length + c * pixels + p] = image[p * channels + c]!;
}
