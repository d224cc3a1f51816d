import { encode } from 'fast-png';
import { acquireEmbedded, subset } from '../../data/acquire.js';

const perClass = 60;

/** Pictures in a folder for each class, as people have them: 600 of the embedded sample, as PNG. */
export async function samplePictures(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { train, shape, classes, classNames } = await acquireEmbedded('fashion-mnist-sample', 256);
  const { images, labels } = subset(train, perClass * classes, classes);
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const seen = new Uint8Array(classes);
  const picture = (label: number, i: number): readonly [string, Uint8Array] => {
    const number = String(++seen[label]!).padStart(2, '0');
    const folder = classNames![label]!.toLowerCase().replaceAll(/[^a-z]+/g, '-');
    const data = images.subarray(i * size, (i + 1) * size);
    return [`pictures/${folder}/${number}.png`, encode({ width, height, channels, depth: 8, data })];
  };
  return new Map([...labels].map(picture));
}
