import { writeFile } from 'node:fs/promises';
import { UserError } from '../../error.js';
import { systemCode } from '../../files/error.js';
import { printable } from '../../text/printable.js';

/** Writes a file that the user has named, to be read by people or shown by a browser. */
export async function writeOutput(path: string, text: string): Promise<void> {
  await writeFile(path, printable(text)).catch((error: unknown) => {
    const why = { ENOENT: 'its folder does not exist', EISDIR: 'it is a folder' }[systemCode(error) ?? ''];
    throw new UserError('E_USAGE', `${path} can't be written: ${why ?? (error as Error).message}.`);
  });
}
