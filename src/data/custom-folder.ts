import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../error.js';
import { elements } from '../formats/shape.js';
import { maximumBytes, type Named, type RawSplit } from './custom-arrays.js';
import type { ImageShape } from './custom-images.js';
import { pathKind, readDataFile } from './data-file.js';
import { decodePicture, type Picture, pictureNames } from './formats/picture.js';
import { byTable, type Labelled } from './picture-table.js';

/** More than a picture of any data set has. */
const largestPicture = 2 ** 26;

/** Where the pictures of a split are. */
export interface PictureFolder {
  readonly folder: Named;
  /** What has their classes, where there are no subfolders for them. */
  readonly table?: Named | undefined;
  /** What the other split's table is, if that has its pictures in the same folder. */
  readonly otherTable?: Named | undefined;
}

/**
 * A split from a folder of PNG and JPEG files, in the order of their names. Subfolders are classes; or a table has the
 * class of each file.
 *
 * @param given height, width, channels; from the first picture if left out
 * @throws {UserError} E_DATA_FOLDER, E_DATA_CSV, E_DATA_PICTURE, E_DATA_SHAPE
 */
export async function readFolder(source: PictureFolder, given: ImageShape | undefined): Promise<RawSplit> {
  const { folder } = source;
  const files = await listed(source);
  let shape = given;
  let images: Uint8Array | undefined;
  for (const [i, { file }] of files.entries()) {
    const label = `${folder.label}/${file}`;
    const picture = read(folder, file);
    shape ??= [picture.height, picture.width, picture.channels];
    checkSize(picture, label, shape, given === undefined ? files[0]!.file : undefined);
    const size = elements(shape);
    if (size * files.length > maximumBytes)
      throw new UserError('E_DATA_SHAPE', `${folder.label} has more than 2 GB of pixels.`, 'Scale the pictures down.');
    images ??= new Uint8Array(size * files.length);
    images.set(picture.data, i * size);
  }
  return { shape: shape!, count: files.length, images: images!, labels: files.map(({ label }) => label) };
}

/**
 * What `readFolder` would read, by the names of the files and the first of them.
 * @throws {UserError} E_DATA_FOLDER, E_DATA_CSV, E_DATA_PICTURE
 */
export async function lookThrough(
  source: PictureFolder,
  given: ImageShape | undefined,
): Promise<Pick<RawSplit, 'shape' | 'labels'>> {
  const { folder } = source;
  const files = await listed(source);
  const labels = files.map(({ label }) => label);
  if (given !== undefined) return { shape: given, labels };
  const { height, width, channels } = read(folder, files[0]!.file);
  return { shape: [height, width, channels], labels };
}

function read(folder: Named, file: string): Picture {
  const label = `${folder.label}/${file}`;
  return decodePicture(readDataFile(join(folder.path, file), label, largestPicture), label);
}

async function listed({ folder, table, otherTable }: PictureFolder): Promise<Labelled[]> {
  if (pathKind(folder.path) !== 'folder')
    throw new UserError('E_DATA_FOLDER', `${folder.label} is not a folder.`, `Looked for ${folder.path}.`);
  return table === undefined ? byClass(folder) : byTable(folder, table, otherTable);
}

/** Order of names that no language of the machine changes. */
const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const isHidden = (name: string) => name.startsWith('.');

function byClass({ path, label }: Named): Labelled[] {
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !isHidden(name));
  const classes = entries.map(({ name }) => name).filter((name) => pathKind(join(path, name)) === 'folder');
  refuseSplits(classes, { path, label });
  const files = classes.sort(byName).flatMap((name) => {
    const inside = readdirSync(join(path, name)).filter((file) => !isHidden(file));
    refuseOthers(inside, { path: join(path, name), label: `${label}/${name}` });
    return inside
      .filter((file) => pictureNames.test(file))
      .sort(byName)
      .map((file): Labelled => ({ file: `${name}/${file}`, label: name }));
  });
  const loose = entries.find(({ name }) => isPicture(name) && !classes.includes(name));
  if (files.length > 0 && loose !== undefined)
    throw new UserError(
      'E_DATA_FOLDER',
      `${label} holds ${loose.name} beside the folders of its classes.`,
      'Put it into the folder of its class, or elsewhere.',
    );
  if (files.length > 0) return files;
  const hint = entries.some(({ name }) => pictureNames.test(name))
    ? 'Its pictures lie directly in it: put each into a subfolder for its class, or give a CSV of file names and classes: ' +
      `{ folder: ${label}, labels: ${label}.csv }.`
    : 'It needs a subfolder for each class, with PNG or JPEG files in it.';
  throw new UserError('E_DATA_FOLDER', `${label} holds no pictures in subfolders for their classes.`, hint);
}

/** Endings of pictures of other formats, which are not read. */
const otherPictures = /\.(avif|bmp|gif|hei[cf]|jfif|jp2|p[bgnp]m|tiff?|webp)$/i;
const isPicture = (name: string) => pictureNames.test(name) || otherPictures.test(name);

/** What is no picture may lie in the folder of a class; but a picture that is left out is one that nobody misses. */
function refuseOthers(files: readonly string[], { path, label }: Named): void {
  for (const file of files.filter((name) => !pictureNames.test(name)).sort(byName)) {
    if (otherPictures.test(file))
      throw new UserError(
        'E_DATA_FOLDER',
        `${label} holds ${file}, which is no PNG or JPEG by its name.`,
        'Save it as a PNG, such as Image.open(p).convert("RGB").save(p + ".png"), with PIL, and remove it.',
      );
    const folder = join(path, file);
    if (pathKind(folder) === 'folder' && readdirSync(folder).some((name) => isPicture(name) && !isHidden(name)))
      throw new UserError(
        'E_DATA_FOLDER',
        `${label}/${file} holds pictures, but those of a class lie in its folder alone.`,
        `Move them into ${label}, or elsewhere.`,
      );
  }
}

/** What folders of splits are called. */
const splitNames = [/^train(ing)?$/i, /^(test(ing)?|valid(ation)?|val|eval)$/i] as const;

/** A folder of both splits would be read well, as pictures of the classes "test" and "train". */
function refuseSplits(classes: readonly string[], { path, label }: Named): void {
  const [train, test] = splitNames.map((pattern) => classes.find((name) => pattern.test(name)));
  if (train === undefined || test === undefined) return;
  const [first, second] = [train, test].map((name) => {
    const table = pathKind(join(path, `${name}.csv`)) === 'other' ? `, labels: ${label}/${name}.csv` : '';
    return `{ folder: ${label}/${name}${table} }`;
  });
  throw new UserError(
    'E_DATA_FOLDER',
    `${label} holds ${train} and ${test}, which look like splits, not like classes.`,
    `Write train: ${first}, test: ${second}. If they are classes, give a CSV of file names and classes as \`labels\`.`,
  );
}

function checkSize(
  { width, height, channels }: Picture,
  label: string,
  shape: ImageShape,
  first: string | undefined,
): void {
  const [rows, columns, depth] = shape;
  const said = first === undefined ? 'what `shape` says' : `those of ${first}`;
  if (height !== rows || width !== columns)
    throw new UserError(
      'E_DATA_SHAPE',
      `${label} has ${height}×${width} pixels, but ${said} are ${rows}×${columns}.`,
      `All must have the same size: Image.open(p).resize((${columns}, ${rows})).save(p), with PIL.`,
    );
  if (channels !== depth)
    throw new UserError(
      'E_DATA_SHAPE',
      `${label} is ${channels === 1 ? 'grey' : 'in colour'}, but ${said} are not.`,
      `All must be of the same kind: Image.open(p).convert("${depth === 1 ? 'L' : 'RGB'}").save(p), with PIL.`,
    );
}
