import { encode } from 'fast-png';
import type { Dataset } from './dataset.js';

/** Images of each class, and classes below one another before the next column of them begins. */
const [perClass, rows] = [5, 20];
/** Pixels that the shorter side of an image has at least, and between images. */
const [smallest, gap] = [40, 2];

/**
 * A picture of the first five images of each class of the training split, a row a class, as a PNG. Small images are
 * enlarged by whole factors.
 */
export function contactSheet({ train, shape, classes }: Dataset): Uint8Array {
  const [height, width, channels] = shape;
  const factor = Math.max(1, Math.ceil(smallest / Math.min(height, width)));
  const [cellHeight, cellWidth] = [factor * height + gap, factor * width + gap];
  const blocks = Math.ceil(classes / rows);
  const sheet = {
    width: blocks * (perClass * cellWidth + gap) + gap * (2 * blocks - 1),
    height: Math.min(classes, rows) * cellHeight + gap,
  };
  const colours = channels === 1 ? 1 : 3;
  const data = new Uint8Array(sheet.width * sheet.height * colours).fill(255);
  const shown = new Uint8Array(classes);
  const size = height * width * channels;
  for (const [i, label] of train.labels.entries()) {
    const column = shown[label]!;
    if (column === perClass) continue;
    shown[label] = column + 1;
    const top = gap + (label % rows) * cellHeight;
    const left = gap + Math.floor(label / rows) * (perClass * cellWidth + 3 * gap) + column * cellWidth;
    for (let y = 0; y < factor * height; y++)
      for (let x = 0; x < factor * width; x++) {
        const from = i * size + (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels;
        const to = ((top + y) * sheet.width + left + x) * colours;
        // Of images with other channels than grey or colour, the first ones are shown.
        for (let c = 0; c < colours; c++) data[to + c] = train.images[from + Math.min(c, channels - 1)]!;
      }
  }
  return encode({ ...sheet, channels: colours, depth: 8, data });
}
