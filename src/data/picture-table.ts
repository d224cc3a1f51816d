// Pictures whose classes a table has: a CSV file with a row for each.
import { readdirSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, normalize, sep } from 'node:path';
import { UserError } from '../error.js';
import { maximumBytes, type Named } from './custom-arrays.js';
import { pathKind, readDataFile } from './data-file.js';
import { pictureNames } from './formats/picture.js';

/** A picture's path below the folder, and its class. */
export interface Labelled {
  readonly file: string;
  readonly label: string;
}

/**
 * The pictures of a folder that a table names, in the order of its rows. Names may lack their ending, as ids do.
 *
 * @param otherTable the other split's, if that has its pictures in the same folder
 * @throws {UserError} E_DATA_CSV
 */
export async function byTable(folder: Named, table: Named, otherTable?: Named): Promise<Labelled[]> {
  const { readFileLabels } = await import('./formats/label-table.js');
  const { path, label } = folder;
  const pictures = readdirSync(path).filter((file) => pictureNames.test(file));
  const find = finder(path, pictures);
  const rowsOf = (one: Named) => readFileLabels(readDataFile(one.path, one.label, maximumBytes), one.label, find);
  const named = new Map<string, Labelled>();
  for (const [name, value] of rowsOf(table)) {
    const file = find(name) ?? missing(folder, table, name, pictures);
    const before = named.get(file);
    if (before !== undefined && before.label !== value)
      throw new UserError(
        'E_DATA_CSV',
        `${table.label} says of ${file} that it is "${before.label}", and that it is "${value}".`,
        'An image has one class: remove one of the rows.',
      );
    named.set(file, { file, label: value });
  }
  // A folder may hold the pictures of both splits.
  const others = otherTable === undefined ? [] : rowsOf(otherTable).keys();
  const elsewhere = new Set([...others].map((name) => find(name)));
  const surplus = pictures.find((file) => !named.has(file) && !elsewhere.has(file));
  if (surplus !== undefined)
    throw new UserError(
      'E_DATA_CSV',
      `${label} holds ${surplus}, and ${table.label} gives no class for it.`,
      'Add a row, or remove the picture. Pictures of both splits may lie in one folder, if each split has its table: ' +
        `train: { folder: ${label}, labels: train.csv }, test: { folder: ${label}, labels: test.csv }.`,
    );
  return [...named.values()];
}

/** Finds the picture that a cell of a table means: a path below the folder, perhaps without its ending. */
function finder(folder: string, pictures: readonly string[]): (name: string) => string | undefined {
  const stems = new Map<string, string | undefined>();
  for (const file of pictures) {
    const stem = stemOf(file);
    stems.set(stem, stems.has(stem) ? undefined : file);
  }
  const inFolder = (name: string) => {
    if (stems.get(name) !== undefined) return stems.get(name);
    if (!name.includes('/')) return undefined;
    const found = endings.map((ending) => name + ending).filter((file) => pathKind(join(folder, file)) === 'other');
    return found.length === 1 ? found[0] : undefined;
  };
  return (name) => {
    if (name === '' || isOutside(name)) return undefined;
    return pathKind(join(folder, name)) === 'other' ? join(name) : inFolder(name);
  };
}

const endings = ['.png', '.jpg', '.jpeg'];
const stemOf = (file: string) => basename(file, extname(file));
/** The folder is what a result is known to be made from: what lies elsewhere may change unseen. */
const isOutside = (name: string) => isAbsolute(name) || normalize(name).split(sep)[0] === '..';

function missing(folder: Named, table: Named, name: string, pictures: readonly string[]): never {
  throw new UserError(
    'E_DATA_CSV',
    `${table.label} names ${name}, which is not in ${folder.label}.`,
    hintFor(folder, table, name, pictures),
  );
}

/** Where the picture may be that a table means: near, in a folder above or below, or under another ending. */
function hintFor({ path, label }: Named, table: Named, name: string, pictures: readonly string[]): string {
  if (isOutside(name)) return `Paths in a table are relative to ${label}, and may not lead out of it.`;
  const same = pictures.filter((file) => stemOf(file) === stemOf(name));
  const [first = ''] = same;
  if (same.length > 1) return `There are ${same.join(' and ')}: write the ending, too.`;
  const [top = ''] = name.split('/');
  if (top !== name && top === basename(path))
    return `Paths in a table are relative to \`folder\`: write folder: ${dirname(label)}.`;
  if (first !== '') return `There is ${first}: write that into the table.`;
  const below = foldersWith(path, name);
  // Of folders that all have such a picture, the one that is called as the table is.
  const meant = below.find((sub) => sub === stemOf(table.path)) ?? below[0];
  if (meant !== undefined) return `It is in ${meant}: write folder: ${label}/${meant}.`;
  return `Looked for ${join(path, name)}${pictureNames.test(name) ? '' : ', also with .png and .jpg'}.`;
}

/** Folders in a folder that hold a picture that is named so. */
const foldersWith = (path: string, name: string): readonly string[] =>
  readdirSync(path).filter((sub) => {
    const folder = join(path, sub);
    return pathKind(folder) === 'folder' && finder(folder, readdirSync(folder))(name) !== undefined;
  });
