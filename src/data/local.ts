import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianFolder } from './locations.js';
import { type PublishedDataset, type PublishedFile, type PublishedName, publishedDatasets } from './sources.js';

/** A published file, or what was unpacked from it, on this machine. */
export interface LocalFile {
  readonly path: string;
  /** `published`: as it was published; `unpacked`: one file; `folder`: an unpacked archive. */
  readonly kind: 'published' | 'unpacked' | 'folder';
}

/**
 * Where a file of a data set lies on this machine: in the user's folder, else in SPIKELINE_DATA, else where Debian's
 * package puts it; each directly or in a folder named after the data set.
 */
export function findLocally(name: PublishedName, file: PublishedFile, source?: string): LocalFile | undefined {
  const { format }: PublishedDataset = publishedDatasets[name];
  const own = source ?? process.env.SPIKELINE_DATA;
  const folders = own === undefined ? [] : [own, join(own, name)];
  if (source === undefined && name === 'fashion-mnist') folders.push(debianFolder);
  for (const folder of folders) {
    const path = join(folder, file.name);
    if (existsSync(path)) return { path, kind: 'published' };
    const plain = path.replace(/\.gz$/, '');
    if (format.kind === 'idx' && existsSync(plain)) return { path: plain, kind: 'unpacked' };
    if (format.kind === 'cifar' && existsSync(join(folder, format.test[0]!))) return { path: folder, kind: 'folder' };
  }
  return undefined;
}

/** Files of the user's that a data set would be read from: their content enters the key. */
export function ownFiles(name: PublishedName, source?: string): string[] {
  if (source === undefined && process.env.SPIKELINE_DATA === undefined) return [];
  const { files, format }: PublishedDataset = publishedDatasets[name];
  return files.flatMap((file) => {
    const found = findLocally(name, file, source);
    if (found === undefined || found.path.startsWith(debianFolder)) return [];
    if (found.kind !== 'folder' || format.kind !== 'cifar') return [found.path];
    return [...format.train, ...format.test]
      .map((member) => join(found.path, member))
      .filter((path) => existsSync(path));
  });
}
