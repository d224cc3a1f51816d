import { inflate, isGzip } from '../../formats/gzip.js';
import { decodeNpy } from '../../formats/npy.js';
import { readDataFile } from '../data-file.js';
import { idxFile } from '../formats/idx.js';
import { allParts, damaged, type Layout } from './layout.js';

const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];

/** What a small file may have beside its values. */
const overhead = 2 ** 20;

/**
 * The publisher's four files, compressed or not: torchvision's and Keras's folders hold them, too.
 * @param folders where
 */
export const idxLayout = (folders: readonly string[]): Layout => ({
  name: 'idx',
  title: "the publisher's IDX files",
  folders: ['', ...folders],
  files: names.map((name) => [`${name}-ubyte.gz`, `${name}-ubyte`, name.replace('-idx', '.idx').concat('-ubyte')]),
  async read(paths, published) {
    const contents = new Map<string, Uint8Array>();
    for (const [i, { name, bytes: size, packed }] of allParts(published).entries()) {
      const path = paths[i]!;
      const bytes = readDataFile(path, path, size + overhead);
      contents.set(name, isGzip(bytes) && packed !== true ? inflate(bytes, path, size) : bytes);
    }
    return contents;
  },
});

/** Keras's archive, such as mnist.npz: the same images and labels as arrays of bytes. */
export const npzLayout = (archive: string): Layout => ({
  name: 'npz',
  title: `Keras's ${archive}`,
  folders: [''],
  files: [[archive]],
  async read(paths, published) {
    const parts = allParts(published);
    const limit = parts.reduce((sum, { bytes }) => sum + bytes, overhead);
    const path = paths[0]!;
    const { unzip } = await import('../../formats/zip.js');
    const files = await unzip(readDataFile(path, path, limit), limit).catch((error: Error) =>
      damaged(path, error.message),
    );
    const contents = new Map<string, Uint8Array>();
    for (const [i, array] of ['x_train', 'y_train', 'x_test', 'y_test'].entries()) {
      const file = files.get(`${array}.npy`) ?? damaged(path, `it holds no array "${array}"`);
      const { shape, data } = decodeNpy(file, `The array "${array}" of ${path}`);
      if (!(data instanceof Uint8Array)) return damaged(path, `its array "${array}" does not hold bytes`);
      contents.set(parts[i]!.name, idxFile({ shape, data }));
    }
    return contents;
  },
});
