import { purposes, RandomWords } from '../../src/data/random.js';

/** Square images, of three channels if nothing else is said, and labels by chance, the same for the same seed. */
export function randomDataset({
  channels = 3,
  ...about
}: {
  readonly seed: number;
  readonly side: number;
  readonly channels?: number;
  readonly classes: number;
  readonly train: number;
  readonly test: number;
}) {
  const words = new RandomWords({ seed: about.seed, purpose: purposes.sample, stream: 0 });
  const split = (count: number) => ({
    count,
    images: Uint8Array.from({ length: count * about.side ** 2 * channels }, () => words.below(256)),
    labels: Uint8Array.from({ length: count }, () => words.below(about.classes)),
  });
  const shape = [about.side, about.side, channels] as const;
  const description = { name: 'd', shape, classes: about.classes, scale: 255, source: 's' } as const;
  return { ...description, train: split(about.train), test: split(about.test) };
}
