// Takes the embedded sample from the full Fashion-MNIST set: `npm run sample -- FOLDER`, FOLDER with the four published
// files. Balanced, in a fixed random order, so that anyone gets the same bytes.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeIdx, encodeIdx } from '../data/formats/idx.js';
import { debianFolder, embeddedFolder } from '../data/locations.js';
import { permutation, purposes } from '../data/random.js';

const classes = 10;
const imageBytes = 784;
const seed = 2021;

/** `perClass` images of each class at random, then all in random order. */
export function chooseSample(labels: Uint8Array, perClass: number, stream: number): number[] {
  const order = permutation(labels.length, { seed, purpose: purposes.sample, stream });
  const left = new Array<number>(classes).fill(perClass);
  return [...order].filter((i) => left[labels[i]!]!-- > 0);
}

async function main(folder: string): Promise<void> {
  await mkdir(embeddedFolder, { recursive: true });
  for (const [stream, { half, perClass }] of [
    { half: 'train', perClass: 600 },
    { half: 't10k', perClass: 100 },
  ].entries()) {
    const read = async (name: string) => decodeIdx(await readFile(join(folder, name)), name);
    const images = await read(`${half}-images-idx3-ubyte.gz`);
    const labels = await read(`${half}-labels-idx1-ubyte.gz`);
    const chosen = chooseSample(labels.data, perClass, stream);
    const data = new Uint8Array(chosen.length * imageBytes);
    for (const [to, from] of chosen.entries())
      data.set(images.data.subarray(from * imageBytes, (from + 1) * imageBytes), to * imageBytes);
    const write = (name: string, shape: number[], bytes: Uint8Array) =>
      writeFile(join(embeddedFolder, name), encodeIdx({ shape, data: bytes }));
    await write(`${half}-images-idx3-ubyte.gz`, [chosen.length, 28, 28], data);
    await write(
      `${half}-labels-idx1-ubyte.gz`,
      [chosen.length],
      Uint8Array.from(chosen, (i) => labels.data[i]!),
    );
  }
}

if (process.argv[1]?.endsWith('sample.js')) await main(process.argv[2] ?? debianFolder);
