import { accessSync, chmodSync, constants, lstatSync, readlinkSync, realpathSync, renameSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../error.js';
import { removeFile, syncFolder, writeDraft } from '../../files/atomic.js';
import { lackOf, StoreError, systemCode } from '../../files/error.js';
import { printable } from '../../text/printable.js';

/** What a name that the user gives may be wrong about. */
const mistakes: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'there is a file where its folder would be',
  EISDIR: 'it is a folder',
  ENXIO: 'it is a socket',
  ELOOP: 'it is a link that leads to itself',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

/**
 * Writes a file that the user has named, to be read by people or shown by a browser: as a whole, or what was there stays.
 * Where a link is, the file that it leads to is written.
 *
 * @throws {UserError} E_USAGE; StoreError where the disk is full
 */
export async function writeOutput(path: string, text: string): Promise<void> {
  const refused = (why: string) => new UserError('E_USAGE', `${path} can't be written: ${why}.`);
  if (path.endsWith('/')) throw refused(mistakes.EISDIR!);
  try {
    await replaceFile(path, printable(text));
  } catch (error) {
    const why = mistakes[systemCode(error) ?? ''];
    if (why !== undefined) throw refused(why);
    const lack = lackOf(error, path);
    if (lack?.code !== 'E_STORE_FULL') throw lack ?? error;
    throw new StoreError(lack.code, lack.message, 'Make room, or name a file on another disk.');
  }
}

/** Where links lead, to a place where nothing is yet, too. */
function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const place = join(realpathSync(dirname(path)), basename(path));
  const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? followed(resolve(dirname(place), readlinkSync(place))) : place;
}

async function replaceFile(path: string, text: string): Promise<void> {
  const before = statSync(path, { throwIfNoEntry: false });
  // Devices and pipes take what they are given; a folder takes nothing.
  if (before?.isFile() === false) return writeFile(path, text);
  if (before !== undefined) accessSync(path, constants.W_OK);
  const place = followed(path);
  try {
    const draft = await writeDraft(dirname(place), [text], 0o666);
    try {
      if (before !== undefined) chmodSync(draft, before.mode);
      renameSync(draft, place);
    } catch (error) {
      removeFile(draft);
      throw error;
    }
    await syncFolder(dirname(place));
  } catch (error) {
    // The file may be all that can be written to: one that is mounted into a container, or lies in another's folder.
    if (before === undefined || !['EACCES', 'EPERM', 'EROFS', 'EBUSY'].includes(systemCode(error) ?? '')) throw error;
    await writeFile(place, text);
  }
}
