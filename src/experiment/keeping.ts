import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../network/checkpoint.js';
import type { Epoch } from '../results/history.js';

/** Of all epochs of a checkpoint, resumed or not. */
export function historyOf({ training }: Checkpoint): readonly Epoch[] {
  return (training as { readonly history: readonly Epoch[] } | undefined)?.history ?? [];
}

/** The epoch of the best accuracy on the validation images; the first of equals. */
export function bestEpoch(history: readonly Epoch[]): number | undefined {
  let best: Epoch | undefined;
  for (const epoch of history) if ((epoch.validationAccuracy ?? -1) > (best?.validationAccuracy ?? -1)) best = epoch;
  return best?.epoch;
}

/**
 * True if a training ends before its last epoch.
 *
 * @param history its own epochs so far
 * @param patience epochs that may pass without a better one
 */
export function isExhausted(history: readonly Epoch[], patience: number | undefined): boolean {
  const best = bestEpoch(history);
  return patience !== undefined && best !== undefined && history.at(-1)!.epoch - best >= patience;
}

/** Where a training is: after its last epoch, and after the one that it would keep, which may be the same. */
export interface Progressed {
  readonly current: Checkpoint;
  readonly best: Checkpoint;
}

/** That as one file: the length of the first checkpoint, that, and the second one if it is another. */
export function encodeProgress({ current, best }: Progressed): Uint8Array {
  const first = encodeCheckpoint(current);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(first.length));
  return Buffer.concat([length, first, ...(best === current ? [] : [encodeCheckpoint(best)])]);
}

/** @throws {UserError} E_CHECKPOINT, E_SAFETENSORS for what is no such file */
export function decodeProgress(bytes: Uint8Array): Progressed {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = 8 + Number(data.readBigUInt64LE());
  const read = (part: Buffer) => decodeCheckpoint(part, 'the saved state');
  const current = read(data.subarray(8, end));
  return { current, best: end === data.length ? current : read(data.subarray(end)) };
}
