import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { UserError } from '../error.js';
import { isGzip } from '../formats/gzip.js';
import { streamDataFile } from './data-file.js';

/** Larger than any archive that is read. */
const maximumArchive = 512 * 2 ** 20;
/** What an archive may unpack to beside what is wanted of it: other files, and its own book-keeping. */
const others = 32 * 2 ** 20;

/**
 * Reads named members of a tar.gz archive into memory. Nothing is written to disk and every other member is passed over,
 * so that links, devices and paths that lead elsewhere can do no harm. It is unpacked no further than it can be what
 * is wanted.
 * @param wanted the members' names, each with the bytes that it may have
 * @throws {UserError} E_ARCHIVE when the archive is damaged, a wanted member is missing, is no plain file or too large
 */
export async function readMembers(archive: string, wanted: ReadonlyMap<string, number>): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  let problem: string | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry: ReadEntry) {
      const name = entry.path.replace(/^\.\//, '');
      const limit = wanted.get(name);
      if (limit !== undefined) problem ??= refusal(name, entry, limit, members);
      if (limit === undefined || problem !== undefined) {
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => members.set(name, Buffer.concat(chunks)));
    },
  });
  // What follows the end of an archive is not read. The parser would look for another beginning in it, for minutes.
  let ended = false;
  parser.on('eof', () => {
    ended = true;
  });
  const limit = [...wanted.values()].reduce((sum, bytes) => sum + bytes, others);
  const stream = streamDataFile(archive, archive, maximumArchive);
  try {
    await pipeline(
      stream,
      createGunzip(),
      bounded(limit, () => ended),
      parser as unknown as NodeJS.WritableStream,
    );
  } catch (error) {
    problem ??= (error as Error).message;
  }
  const missing = [...wanted.keys()].filter((name) => !members.has(name));
  problem ??= missing.length > 0 ? `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in it` : undefined;
  if (problem !== undefined)
    throw new UserError(
      'E_ARCHIVE',
      `${archive} can't be used: ${problem}.`,
      'Remove it and run again, or put another copy in its place.',
    );
  return members;
}

function refusal(
  name: string,
  { type, size }: ReadEntry,
  limit: number,
  members: ReadonlyMap<string, Buffer>,
): string | undefined {
  if (type !== 'File' && type !== 'OldFile') return `${name} is a ${type}, not a file`;
  if (size > limit) return `${name} has ${size} bytes, more than the ${limit} allowed`;
  return members.has(name) ? `it holds ${name} twice` : undefined;
}

/** Ends a stream that goes on for longer, or that is an archive once more, which the parser would unpack by itself. */
function bounded(limit: number, isOver: () => boolean): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const packed = seen === 0 && (isGzip(chunk) || (chunk[0] === 0x28 && chunk[1] === 0xb5));
      seen += chunk.length;
      if (packed) done(new Error('it is compressed twice'));
      else if (seen > limit) done(new Error(`it unpacks to more than the ${limit} bytes allowed`));
      else if (isOver()) done();
      else done(null, chunk);
    },
  });
}
