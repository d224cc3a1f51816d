import { decodeText } from '../text/encoding.js';
import { systemCode } from './error.js';
import { openTooMany, refusals } from './refusals.js';
import { readRegularFile } from './regular-file.js';

/** Why a file can't be read, and what to do about it. */
export interface Unreadable {
  readonly why: string;
  readonly hint?: string;
  /** True if it simply does not exist. */
  readonly isAbsent?: boolean;
}

/** More than this is no pipeline file, in bytes. */
const maximumLength = 16 * 2 ** 20;

/**
 * The text of a file that the user has written, or why it can't be read. Only regular files are read: a device never ends,
 * and a pipe that nobody writes into never begins.
 *
 * @param limit bytes that it may have; as many as a pipeline, unless it says otherwise
 */
export function readText(path: string, limit = maximumLength): string | Unreadable {
  try {
    return decodeText(readRegularFile(path, limit));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { why: 'there is no such file', isAbsent: true };
    return { why: { ...refusals, ...openTooMany }[code ?? ''] ?? (error as Error).message };
  }
}
