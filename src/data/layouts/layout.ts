import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../error.js';
import { pathKind } from '../data-file.js';
import type { Part, PublishedDataset } from '../published.js';

/** The parts of a data set, by name. */
export type Contents = Map<string, Uint8Array>;

/** How the files of a data set may lie in a folder, and how to read them. */
export interface Layout {
  readonly name: string;
  /** For people, such as `torchvision's cifar-10-batches-py`. */
  readonly title: string;
  /** Folders that may hold its files, from the one that is looked through; `*` is any name. */
  readonly folders: readonly string[];
  /** Its files, each with all the names that it goes by. */
  readonly files: readonly (readonly string[])[];
  /** @param paths of its files, in their order */
  read(paths: readonly string[], published: PublishedDataset): Promise<Contents>;
}

/** A layout that was found, with the paths of its files. */
export interface Found {
  readonly layout: Layout;
  readonly paths: readonly string[];
}

/** Where a layout lies in a folder, whole. */
export function* findLayout(layout: Layout, root: string): Generator<Found> {
  for (const folder of layout.folders.flatMap((pattern) => expand(root, pattern.split('/')))) {
    const paths = layout.files.map((names) => names.map((name) => join(folder, name)).find(isThere));
    if (paths.every((path) => path !== undefined)) yield { layout, paths };
  }
}

/** Folders are called `train` and `test`, too. What else is no file is told by who reads it. */
const isThere = (path: string): boolean => pathKind(path) === 'other';

function expand(folder: string, [first, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined) return [folder];
  if (first !== '*') return expand(join(folder, first), rest);
  try {
    return readdirSync(folder)
      .sort()
      .flatMap((name) => expand(join(folder, name), rest));
  } catch {
    return [];
  }
}

export const allParts = ({ train, test }: PublishedDataset): readonly Part[] => [...train, ...test];

/** The digest of bytes as a part's is written. */
export function digestOf(bytes: Uint8Array, { digest }: Pick<Part, 'digest'>): Part['digest'] {
  if (digest === undefined) return undefined;
  const algorithm = digest.slice(0, digest.indexOf(':'));
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Part['digest'];
}

/** Ends the reading of a file that is not of its layout. */
export function damaged(path: string, problem: string): never {
  throw new UserError('E_DATA_FORM', `${path} can't be used: ${problem}.`, 'Is it complete? Download it again.');
}
