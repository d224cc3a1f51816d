import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { StageError } from '../stage/definition.js';

/** Larger than any member that is wanted: a small archive must not fill the memory. */
const maximumMember = 512 * 2 ** 20;

/**
 * Reads named members of a tar.gz archive into memory. Nothing is written to disk and every other member is passed over,
 * so that links, devices and paths that lead elsewhere can do no harm.
 * @throws {StageError} E_ARCHIVE when the archive is damaged, a wanted member is missing, is no plain file or too large
 */
export async function readMembers(
  archive: string,
  wanted: readonly string[],
  limit = maximumMember,
): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  let problem: string | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry: ReadEntry) {
      const name = entry.path.replace(/^\.\//, '');
      if (!wanted.includes(name)) {
        entry.resume();
        return;
      }
      if (entry.type !== 'File' && entry.type !== 'OldFile') {
        problem ??= `${name} is a ${entry.type}, not a file`;
        entry.resume();
        return;
      }
      if (entry.size > limit) {
        problem ??= `${name} has ${entry.size} bytes, more than the ${limit} that are allowed`;
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => members.set(name, Buffer.concat(chunks)));
    },
  });
  try {
    await pipeline(createReadStream(archive), parser as unknown as NodeJS.WritableStream);
  } catch (error) {
    problem ??= (error as Error).message;
  }
  const missing = wanted.filter((name) => !members.has(name));
  problem ??= missing.length > 0 ? `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in it` : undefined;
  if (problem !== undefined)
    throw new StageError(
      'E_ARCHIVE',
      `${archive} can't be used: ${problem}.`,
      'Remove it and run again, or get it anew.',
    );
  return members;
}
