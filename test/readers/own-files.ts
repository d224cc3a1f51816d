import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { readCustom } from '../../src/data/custom.js';
import { decodePicture } from '../../src/data/formats/picture.js';
import { decodeSvhn } from '../../src/data/layouts/mat.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { writeArrays } from '../../src/formats/npz.js';
import { convert } from '../../src/spiking/convert.js';
import { decodeSpikingNetwork, encodeSpikingNetwork } from '../../src/spiking/model-file.js';
import { tiny, tinyParameters } from '../exchange/tiny.js';
import { withChecksums } from './png.js';
import type { Reader } from './readers.js';

/**
 * Readers of files that users make themselves, or get from somebody: no checksum is known of them.
 *
 * @param inFile writes a file and gives its path
 */
export async function ownFileReaders(
  fixtures: string,
  scratch: string,
  inFile: (name: string, bytes: Uint8Array) => string,
): Promise<readonly Reader[]> {
  const pixels = (channels: number) => ({ width: 9, height: 7, data: ramp(9 * 7 * channels) });
  const pngs = ([1, 2, 3, 4] as const).map((channels) => encodePng({ ...pixels(channels), channels, depth: 8 }));
  const jpeg = new Uint8Array(encodeJpeg({ ...pixels(4), data: Buffer.from(ramp(9 * 7 * 4)) }, 80).data);
  const picture = (bytes: Uint8Array) => decodePicture(bytes, 'a picture');
  const network = encodeSpikingNetwork(convert(tiny, tinyParameters).network);
  const images = { shape: [2, 4, 4], data: ramp(32) };
  const npz = await writeArrays({ x: images, y: { shape: [2], data: Uint8Array.of(0, 1) } });
  const tables = ['0\n1\n', 'label\ncat\ndog\n', 'file,class\n"a, b.png",cat\r\nc.png,"dog""s"\n'];
  const half = { images: inFile('two-images.npy', encodeNpy(images)) };
  const own = (split: object) => readCustom({ name: 'mine', train: split, test: split, scale: 255, folder: scratch });
  return [
    { name: 'own pictures', files: [...pngs, jpeg], read: picture },
    { name: 'own pictures, checksums right', files: pngs, wrap: withChecksums, read: picture },
    {
      name: 'tables of labels',
      files: tables.map((text) => Buffer.from(text)),
      read: (bytes) => own({ ...half, labels: inFile('labels.csv', bytes) }),
    },
    {
      name: 'own npz',
      files: [npz],
      share: 50,
      read: (bytes) => own({ npz: inFile('own.npz', bytes), x: 'x', y: 'y' }),
    },
    {
      name: "MATLAB's files",
      files: ['train', 'test'].map((split) => readFileSync(join(fixtures, `svhn/${split}_32x32.mat`))),
      read: (bytes) => decodeSvhn(bytes, 'a file'),
    },
    { name: 'spiking networks', files: [network], read: (bytes) => decodeSpikingNetwork(bytes, 'a file') },
  ];
}

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i * 5);
