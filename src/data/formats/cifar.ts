import { UserError } from '../../error.js';

const [size, channels] = [32, 3];
/** Bytes of an image. */
export const imageBytes = size * size * channels;

/**
 * Reads a file of CIFAR's binary version: records of one label byte (CIFAR-100: coarse, then fine; the fine one counts)
 * and 32·32 bytes of red, green and blue each.
 * @returns images [count][32][32][3] and labels
 * @throws {UserError} E_DATA_CIFAR
 */
export function decodeCifar(
  bytes: Uint8Array,
  labelBytes: 1 | 2,
  label: string,
): { images: Uint8Array; labels: Uint8Array } {
  const record = labelBytes + imageBytes;
  if (bytes.length === 0 || bytes.length % record !== 0)
    throw new UserError(
      'E_DATA_CIFAR',
      `${label} is not a file of CIFAR's binary version: its ${bytes.length} bytes are not a multiple of ${record}.`,
      'The "binary version (suitable for C programs)" is needed.',
    );
  const count = bytes.length / record;
  const images = new Uint8Array(count * imageBytes);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const at = n * record;
    labels[n] = bytes[at + labelBytes - 1]!;
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < size * size; p++)
        images[n * imageBytes + p * channels + c] = bytes[at + labelBytes + c * size * size + p]!;
  }
  return { images, labels };
}

/**
 * Writes a file of CIFAR's binary version.
 * @param images [count][32][32][3]
 * @param labels [count][label bytes]: the label, or for CIFAR-100 the coarse one and the fine one
 */
export function encodeCifar(images: Uint8Array, labels: readonly Uint8Array[]): Uint8Array {
  const pixels = size * size;
  const labelBytes = labels[0]?.length ?? 0;
  const record = labelBytes + imageBytes;
  const bytes = new Uint8Array(labels.length * record);
  for (const [n, label] of labels.entries()) {
    const at = n * record;
    bytes.set(label, at);
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++)
        bytes[at + labelBytes + c * pixels + p] = images[n * imageBytes + p * channels + c]!;
  }
  return bytes;
}
