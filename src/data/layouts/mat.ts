import { permute } from '../../formats/shape.js';
import { readDataFile } from '../data-file.js';
import type { Split } from '../dataset.js';
import { decodeMat } from '../formats/mat.js';
import { allParts, damaged, type Layout } from './layout.js';

/** The publisher's two files of MATLAB, which torchvision keeps, too. @param folders where */
export const matLayout = (folders: readonly string[], names: readonly string[]): Layout => ({
  name: 'mat',
  title: "the publisher's files of MATLAB",
  folders: ['', ...folders],
  files: names.map((name) => [name]),
  read: (paths, published) =>
    Promise.resolve(
      new Map(allParts(published).map(({ name, bytes }, i) => [name, readDataFile(paths[i]!, paths[i]!, bytes)])),
    ),
});

/** More than a file of these images unpacks to. */
const limit = 2 ** 31 - 1;

/** Images X [height][width][channels][count] and labels y, where 10 stands for the digit 0. */
export function decodeSvhn(file: Uint8Array, label: string): Split {
  try {
    const arrays = decodeMat(file, limit);
    const [x, y] = [arrays.get('X'), arrays.get('y')];
    if (x?.shape.length !== 4 || y === undefined) return damaged(label, 'it holds no arrays X and y');
    const [height, width, channels, count] = x.shape as [number, number, number, number];
    // The first axis is the fastest there.
    const images = permute({ shape: [count, channels, width, height], data: x.data }, [0, 3, 2, 1]).data;
    if (y.data.length !== count) return damaged(label, `it holds ${count} images and ${y.data.length} labels`);
    return { count, images, labels: y.data.map((digit) => digit % 10) };
  } catch (error) {
    return damaged(label, (error as Error).message);
  }
}
