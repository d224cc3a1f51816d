// Small data in CIFAR's format for machines without CIFAR: Fashion-MNIST's embedded images, coloured. They exercise all
// that reads, cuts and learns such images; what is learnt from them says nothing about CIFAR.
import type { Split } from './dataset.js';
import { decodeCifar, encodeCifar } from './formats/cifar.js';

const [from, to, channels] = [28, 32, 3];
const margin = (to - from) / 2;
const colours = [
  ...[0xff4040, 0x40ff40, 0x4040ff, 0xffff40, 0xff40ff],
  ...[0x40ffff, 0xff9020, 0x9020ff, 0x20ff90, 0xffffff],
];

/**
 * Images of 28×28 grey pixels as a file of CIFAR's binary version, read as one. Within each class colours take turns. With
 * `fine` labels, class and colour together are one of 100 classes, as in CIFAR-100.
 */
export function asCifar({ count, images, labels }: Split, fine: boolean): Split {
  const colourful = new Uint8Array(count * to * to * channels);
  const seen = new Map<number, number>();
  const bytes: Uint8Array[] = [];
  for (let n = 0; n < count; n++) {
    const label = labels[n]!;
    const turn = (seen.get(label) ?? 0) % colours.length;
    seen.set(label, turn + 1);
    paint(images.subarray(n * from * from, (n + 1) * from * from), colours[turn]!, colourful, n * to * to * channels);
    bytes.push(fine ? Uint8Array.of(label, label * colours.length + turn) : Uint8Array.of(label));
  }
  const file = encodeCifar(colourful, bytes);
  return { count, ...decodeCifar([{ name: 'the stand-in for CIFAR', bytes: file }], fine ? 2 : 1) };
}

/** Grey pixels in a colour, in the middle of a black image. */
function paint(grey: Uint8Array, colour: number, target: Uint8Array, at: number): void {
  for (let y = 0; y < from; y++)
    for (let x = 0; x < from; x++)
      for (let c = 0; c < channels; c++) {
        const strength = (colour >> (8 * (channels - 1 - c))) & 255;
        const pixel = (y + margin) * to + x + margin;
        target[at + pixel * channels + c] = Math.round((grey[y * from + x]! * strength) / 255);
      }
}
