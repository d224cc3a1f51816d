import { deflateSync } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/data/formats/png.js';
import { chunk, png } from './png-chunks.js';

const pixels = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => i * 7);
const rows = Buffer.concat([Buffer.of(0), pixels.subarray(0, 9), Buffer.of(0), pixels.subarray(9)]);

function header(width: number, height: number, rest = [8, 2, 0, 0, 0]): Buffer {
  const data = Buffer.alloc(8);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  return chunk('IHDR', Buffer.concat([data, Buffer.from(rest)]));
}

const image = chunk('IDAT', deflateSync(rows));
const zeros = Buffer.alloc(50 * 2 ** 20);
const moreColours = 'has more colours than a palette can';

describe('PNG', () => {
  it('gives the pixels, in however many pieces they are packed', () => {
    const packed = deflateSync(rows);
    const pieces = [...packed].map((byte) => chunk('IDAT', Buffer.of(byte)));
    const text = chunk('tEXt', Buffer.from('Comment\0of no use'));
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('name\0\0'), deflateSync(zeros)]));
    for (const file of [
      png(header(3, 2), image),
      png(header(3, 2), text, ...pieces),
      // What it unpacks to is nobody's concern.
      png(header(3, 2), profile, image),
      // Of use on screens of few colours.
      png(header(3, 2), chunk('PLTE', Buffer.alloc(6)), image),
      encode({ width: 3, height: 2, data: pixels, channels: 3, depth: 8 }),
    ])
      expect(decodePng(file, 3, 2)).toEqual(pixels);
  });

  it('gives the pixels that the library gives, with every filter', () => {
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647);
    for (let turn = 0; turn < 50; turn++) {
      const [width, height] = [1 + (random() % 9), 1 + (random() % 9)];
      const filtered = Buffer.from(
        Array.from({ length: height }, () => [
          random() % 5,
          ...Array.from({ length: 3 * width }, () => random() & 255),
        ]).flat(),
      );
      const file = png(header(width, height), chunk('IDAT', deflateSync(filtered)));
      expect(decodePng(file, width, height)).toEqual(new Uint8Array(decode(file).data));
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['another size', png(header(2 ** 31 - 1, 2 ** 31 - 1), image), 'is not 3×2'],
    [
      'a second header',
      png(header(3, 2), header(2 ** 31 - 1, 2 ** 31 - 1), image),
      'does not begin with exactly one header',
    ],
    [
      'a text before its header',
      png(chunk('tEXt', header(3, 2)), header(3, 2)),
      'does not begin with exactly one header',
    ],
    [
      'far more than its pixels',
      png(header(3, 2), chunk('IDAT', deflateSync(zeros))),
      'does not have as many pixels as it says',
    ],
    [
      'fewer pixels',
      png(header(3, 2), chunk('IDAT', deflateSync(rows.subarray(1)))),
      'does not have as many pixels as it says',
    ],
    ['no pixels', png(header(3, 2)), 'does not have as many pixels as it says'],
    ['too many colours', png(header(3, 2), chunk('PLTE', zeros.subarray(0, 771)), image), moreColours],
    ['two palettes', png(header(3, 2), ...[0, 1].map(() => chunk('PLTE', Buffer.alloc(6))), image), moreColours],
    ['rows in another order', png(header(3, 2, [8, 2, 0, 0, 1]), image), 'is interlaced'],
    [
      'a filter that is none',
      png(header(3, 2), chunk('IDAT', deflateSync(Buffer.concat([Buffer.of(5), rows.subarray(1)])))),
      'has a row with the unknown filter 5',
    ],
    [
      'another way of packing',
      png(header(3, 2, [8, 2, 1, 0, 0]), image),
      'is packed or filtered in a way that no PNG is',
    ],
    ['grey pixels', png(header(3, 2, [8, 0, 0, 0, 0]), image), 'is not in colour, with eight bits a channel'],
    ['a chunk beyond its end', png(header(3, 2), image).subarray(0, -14), 'is not a PNG, or ends too early'],
    ['nothing', new Uint8Array(0), 'is not a PNG, or ends too early'],
  ])('refuses one with %s', (_, file, problem) => {
    expect(() => decodePng(file, 3, 2)).toThrow(new Error(`one of its images ${problem}`));
  });

  it('notices a wrong bit by the checksum', () => {
    const file = png(header(3, 2), chunk('tEXt', Buffer.from('a\0b')), image);
    file[file.indexOf('tEXt') + 5]! ^= 1;
    expect(() => decodePng(file, 3, 2)).toThrow('one of its images has a wrong checksum of its chunk tEXt');
  });

  it('takes no time over many chunks', () => {
    const many = ['tIME', 'IDAT'].map((type) =>
      Buffer.concat(Array<Buffer>(100_000).fill(chunk(type, Buffer.alloc(0)))),
    );
    expect(decodePng(png(header(3, 2), ...many, image), 3, 2)).toEqual(pixels);
  });
});
