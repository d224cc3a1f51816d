import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../error.js';
import { removeFile, syncFolder, writeDraft } from '../../files/atomic.js';
import { lackOf, StoreError, systemCode } from '../../files/error.js';
import { refusals } from '../../files/refusals.js';
import { printable } from '../../text/printable.js';

/** What a name that the user gives may be wrong about. */
const mistakes: Readonly<Record<string, string>> = {
  ...refusals,
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'there is a file where its folder would be',
};

/**
 * Writes a file that the user has named, to be read by people or shown by a browser: as a whole, or what was there stays.
 * Where a link is, the file that it leads to is written.
 *
 * @throws {UserError} E_USAGE; StoreError where the disk is full
 */
export async function writeOutput(path: string, text: string): Promise<void> {
  if (path === '') throw new UserError('E_USAGE', 'The name of the file is empty.');
  const refused = (why: string, hint?: string) => new UserError('E_USAGE', `${path} can't be written: ${why}.`, hint);
  if (path.endsWith('/')) throw refused(mistakes.EISDIR!);
  // As in `check --junit pipeline.yaml`, which lacks the file's name.
  if (/\.ya?ml$/i.test(path))
    throw refused(
      'it is called as a pipeline is, which would be lost',
      'Name another file: what is written is no YAML.',
    );
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

/** Where links lead, to a place where nothing is yet, too. What is open already has a place of its own, below `fd`. */
function followed(path: string): string {
  const place = join(realpathSync(dirname(path)), basename(path));
  const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && !isOpen(place) ? followed(resolve(dirname(place), readlinkSync(place))) : place;
}

const isOpen = (place: string): boolean => /^\/(?:dev|proc\/.+)\/fd\/\d+$/.test(place);

async function replaceFile(path: string, text: string): Promise<void> {
  const before = statSync(path, { throwIfNoEntry: false });
  // Devices and pipes take what they are given; a folder takes nothing.
  if (before?.isFile() === false) return writeFile(path, text);
  if (before !== undefined) accessSync(path, constants.W_OK);
  const place = followed(path);
  if (isOpen(place)) {
    // Whoever has opened it writes on behind this, and it may have no name any more.
    const isOwn = ['/dev/fd', `/proc/${process.pid}/fd`].includes(dirname(place));
    return isOwn ? writeFileSync(Number(basename(place)), text) : writeFile(place, text);
  }
  try {
    const draft = await writeDraft(dirname(place), [text], 0o666);
    try {
      if (before !== undefined) makeAlike(draft, before);
      renameSync(draft, place);
    } catch (error) {
      removeFile(draft);
      throw error;
    }
    await syncFolder(dirname(place));
  } catch (error) {
    // The file may be all that can be written to: one that is mounted into a container, that lies in another's folder, or is
    // another's, as which it is to stay.
    if (before === undefined || !['EACCES', 'EPERM', 'EROFS', 'EBUSY'].includes(systemCode(error) ?? '')) throw error;
    await writeFile(place, text);
  }
}

/** Gives a draft the owner, group and mode of the file that it is to replace. */
function makeAlike(draft: string, { uid, gid, mode }: Stats): void {
  const own = statSync(draft);
  if (own.uid !== uid || own.gid !== gid) chownSync(draft, uid, gid);
  chmodSync(draft, mode);
}
