import { writeFile } from 'node:fs/promises';
import { printable } from '../printable.js';
import { systemCode } from '../store/error.js';
import { UsageError } from './errors.js';

/** Writes a file that the user has named, to be read by people or shown by a browser. */
export async function writeOutput(path: string, text: string): Promise<void> {
  await writeFile(path, printable(text)).catch((error: unknown) => {
    const why = { ENOENT: 'its folder does not exist', EISDIR: 'it is a folder' }[systemCode(error) ?? ''];
    throw new UsageError(`${path} can't be written: ${why ?? (error as Error).message}.`);
  });
}
