import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { isBomb } from './gzip.js';
import { ImportProblem } from './problem.js';

const reading = { useWebWorkers: false, checkSignature: true, strictness: 'strict' } as const;
/** Far more than any has. Each is compared with all before it, as two may not be one place. */
const mostFiles = 4096;
/** What says that an archive is laid out to mislead its reader, not only damaged. */
const misleading = /unsafe filename|overlapping|ambiguous|uncompressed size|out of bounds/i;

/**
 * The files of a zip archive by name, each with its checksum verified.
 * @param limit bytes that all of them may have together; nothing is unpacked if they claim more, or far more than they
 *   take in the archive, nor is any beyond what it claims
 * @param wanted those that are read: the others may be what they are
 * @throws {ImportProblem}
 */
export async function unzip(
  bytes: Uint8Array,
  limit: number,
  wanted: (name: string) => boolean = () => true,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const archive = new ZipReader(new Uint8ArrayReader(bytes), reading);
  try {
    const all = await archive.getEntries();
    if (all.length > mostFiles)
      throw new ImportProblem('E_IMPORT_UNSAFE', `it holds ${all.length} files, more than the ${mostFiles} allowed`);
    const entries = all.filter(({ filename }) => wanted(filename));
    const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (total > limit) throw new ImportProblem('E_IMPORT_UNSAFE', `it unpacks to more than the ${limit} bytes allowed`);
    if (isBomb(total, bytes.length))
      throw new ImportProblem(
        'E_IMPORT_UNSAFE',
        `it claims to unpack to ${total} bytes, from ${bytes.length}: no arrays compress that well`,
      );
    for (const entry of entries) {
      const { filename: name } = entry;
      if (entry.directory) throw new ImportProblem('E_IMPORT_FORMAT', `it holds the folder "${name}"`);
      if (files.has(name)) throw new ImportProblem('E_IMPORT_UNSAFE', `it holds two files "${name}"`);
      files.set(name, await entry.getData(new Uint8ArrayWriter(), reading));
    }
  } catch (error) {
    if (error instanceof ImportProblem) throw error;
    const { message } = error as Error;
    const code = misleading.test(message) ? 'E_IMPORT_UNSAFE' : 'E_IMPORT_FORMAT';
    throw new ImportProblem(code, `it is not a zip archive that can be read (${message})`);
  } finally {
    await archive.close();
  }
  return files;
}

/** A zip archive whose bytes depend on names and contents alone; nothing is compressed, as with numpy.savez. */
export async function zip(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const archive = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    level: 0,
    dataDescriptor: false,
    extendedTimestamp: false,
    // The first day that a zip archive can name, in local time as its fields are.
    lastModDate: new Date(1980, 0, 1),
  });
  for (const [name, bytes] of files) await archive.add(name, new Uint8ArrayReader(bytes));
  return archive.close();
}
