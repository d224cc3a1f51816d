import { deflateSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/formats/picture.js';
import { chunk, png } from './png-chunks.js';

interface Described {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly kind?: number;
  readonly interlaced?: boolean;
}

function header({ width, height, depth = 8, kind = 0, interlaced = false }: Described): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, kind, 0, 0, interlaced ? 1 : 0], 8);
  return chunk('IHDR', data);
}

const packed = (...rows: readonly (readonly number[])[]) => chunk('IDAT', deflateSync(Buffer.from(rows.flat())));

/** As large as a picture may be. */
const largest = 4096;
const small = { width: 2, height: 2 };
const smallRows = packed([0, 1, 2], [0, 3, 4]);
const decode = (bytes: Uint8Array) => decodePicture(bytes, 'a.png');
const said = (bytes: Uint8Array): string => {
  try {
    decode(bytes);
    return 'nothing';
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as Error).message}`;
  }
};

/** How many bytes of memory were taken beyond what had been at any time before. */
function taken(act: () => unknown): number {
  const before = process.resourceUsage().maxRSS;
  act();
  return (process.resourceUsage().maxRSS - before) * 1024;
}

describe('a picture', () => {
  it('has its colours from the palette of its pixels', () => {
    const palette = chunk('PLTE', Buffer.of(1, 2, 3, 4, 5, 6));
    const file = (...rows: readonly (readonly number[])[]) =>
      png(header({ ...small, kind: 3, depth: 4 }), palette, packed(...rows));
    expect(decode(file([0, 0x01], [0, 0x10]))).toEqual({
      ...{ width: 2, height: 2, channels: 3 },
      data: Uint8Array.of(1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3),
    });
    expect(said(file([0, 0x01], [0, 0x20]))).toContain('it has a pixel of colour 2, and 2 colours.');
    expect(said(png(header({ ...small, kind: 3 }), smallRows))).toContain('it has no palette.');
  });

  it('in colour may have a palette, too, which is no part of it', () => {
    const rows = packed([0, 1, 2, 3, 4, 5, 6], [0, 7, 8, 9, 10, 11, 12]);
    const { channels, data } = decode(png(header({ ...small, kind: 2 }), chunk('PLTE', Buffer.alloc(3)), rows));
    expect([channels, [...data]]).toEqual([3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]);
  });

  it('may be interlaced', () => {
    // Of two by two pixels: the first, that beside it, the row below.
    const rows = packed([0, 1], [0, 2], [0, 3, 4]);
    expect([...decode(png(header({ ...small, interlaced: true }), rows)).data]).toEqual([1, 2, 3, 4]);
    const bits = png(header({ ...small, depth: 4, interlaced: true }), packed([0, 16], [0, 32], [0, 52]));
    expect(said(bits)).toContain('it is interlaced, and has less than eight bits a channel.');
  });

  it('loses its transparency where all of it can be seen', () => {
    const pixels = { ...small, depth: 8 as const };
    const grey = encodePng({ ...pixels, channels: 2, data: Uint8Array.of(1, 255, 2, 255, 3, 255, 4, 255) });
    expect(decode(grey)).toEqual({ ...small, channels: 1, data: Uint8Array.of(1, 2, 3, 4) });
    const hidden = encodePng({ ...pixels, channels: 2, data: Uint8Array.of(1, 255, 2, 254, 3, 255, 4, 255) });
    expect(said(hidden)).toContain('it is transparent in places.');
  });

  it('is refused where a colour of it is transparent, and read where no pixel has that', () => {
    const grey = (hidden: number) => png(header(small), chunk('tRNS', Buffer.of(0, hidden)), smallRows);
    expect(said(grey(3))).toContain('it is transparent in places.');
    expect([...decode(grey(9)).data]).toEqual([1, 2, 3, 4]);
    const rows = packed([0, 1, 2, 3, 4, 5, 6], [0, 7, 8, 9, 10, 11, 12]);
    const colour = (...hidden: number[]) =>
      png(header({ ...small, kind: 2 }), chunk('tRNS', Buffer.from(hidden)), rows);
    expect(said(colour(0, 7, 0, 8, 0, 9))).toContain('it is transparent in places.');
    expect(said(colour(0, 2, 0, 3, 0, 4))).toBe('nothing');
    const colours = [chunk('PLTE', Buffer.of(1, 2, 3, 4, 5, 6)), packed([0, 0, 1], [0, 0, 1])] as const;
    const byPalette = (...opaque: number[]) =>
      png(header({ ...small, kind: 3 }), colours[0], chunk('tRNS', Buffer.from(opaque)), colours[1]);
    expect(said(byPalette(255, 0))).toContain('it is transparent in places.');
    expect(said(byPalette(255))).toBe('nothing');
  });

  it('is refused where its EXIF data turn it, and read with others', () => {
    const exif = (order: 'II' | 'MM', orientation: number) => {
      const words = (...values: readonly [value: number, bytes: number][]) =>
        values.flatMap(([value, bytes]) => {
          const low = Array.from({ length: bytes }, (_, i) => (value >> (8 * i)) & 255);
          return order === 'II' ? low : low.reverse();
        });
      const entry = (tag: number, value: number) => words([tag, 2], [3, 2], [1, 4], [value, 2], [0, 2]);
      const start = words([42, 2], [8, 4], [2, 2]);
      return Buffer.from([...Buffer.from(order), ...start, ...entry(0x100, 6), ...entry(0x112, orientation)]);
    };
    const plain = encodeJpeg({ width: 8, height: 8, data: Buffer.alloc(256, 77) }, 100).data;
    const jpeg = (data: Buffer) => {
      const mark = Buffer.from([0xff, 0xe1, 0, data.length + 8, ...Buffer.from('Exif\0\0')]);
      return Buffer.concat([plain.subarray(0, 20), mark, data, plain.subarray(20)]);
    };
    for (const order of ['II', 'MM'] as const) {
      expect(said(jpeg(exif(order, 6)))).toContain('its EXIF data say that it is to be turned or mirrored.');
      expect(said(jpeg(exif(order, 1)))).toBe('nothing');
      expect(said(png(header(small), chunk('eXIf', exif(order, 3)), smallRows))).toContain('to be turned or mirrored.');
    }
    for (let length = 0; length < exif('II', 6).length; length++)
      expect(said(jpeg(exif('II', 6).subarray(0, length)))).toBe('nothing');
  });

  it('in grey may be a JPEG', () => {
    const file = encodeJpeg({ width: 8, height: 8, data: Buffer.alloc(256, 77) }, 100).data;
    expect(decode(file)).toMatchObject({ width: 8, height: 8, channels: 3 });
    expect(new Set(decode(file).data)).toEqual(new Set([77]));
  });
});

describe('a JPEG', () => {
  const rgba = Buffer.from(Array.from({ length: 64 }, () => [200, 100, 50, 255]).flat());
  /** Of the file, the mark that JFIF begins with. */
  const [start, end] = [2, 20];
  const plain = encodeJpeg({ width: 8, height: 8, data: rgba }, 100).data;
  /** The same values, with other marks before them than JFIF's. */
  const marked = (...marks: readonly Uint8Array[]) =>
    Buffer.concat([plain.subarray(0, start), ...marks, plain.subarray(end)]);
  const adobe = (transform: number) =>
    Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);
  const first = (file: Uint8Array) => [...decode(file).data.subarray(0, 3)];
  /** Brightness and differences of that colour, as JFIF has them. */
  const stored = [124, 86, 182];
  const near = (pixel: readonly number[], wanted: readonly number[]) =>
    Math.max(...pixel.map((value, i) => Math.abs(value - wanted[i]!))) <= 1;

  it('is of brightness and differences of colour, unless Adobe or the names of its channels say otherwise', () => {
    const named = Buffer.from(marked());
    for (const [i, letter] of [...'RGB'].entries()) {
      named[named.indexOf('ffc0', 'hex') + 10 + 3 * i] = letter.charCodeAt(0);
      named[named.indexOf('ffda', 'hex') + 5 + 2 * i] = letter.charCodeAt(0);
    }
    expect(near(first(plain), [200, 100, 50])).toBe(true);
    expect(near(first(marked()), [200, 100, 50])).toBe(true);
    expect(near(first(marked(adobe(1))), [200, 100, 50])).toBe(true);
    expect(near(first(marked(plain.subarray(start, end), adobe(0))), [200, 100, 50])).toBe(true);
    expect(near(first(marked(adobe(0))), stored)).toBe(true);
    expect(near(first(named), stored)).toBe(true);
  });
});

describe('a picture that claims much, or unpacks to it', () => {
  const zeros = deflateSync(Buffer.alloc(2 ** 28));
  it.each<[string, Uint8Array, string]>([
    ['pixels without an end', png(header(small), chunk('IDAT', zeros)), 'it does not have as many pixels as it says.'],
    [
      'a second header',
      png(header(small), header({ width: 60_000, height: 60_000, kind: 6 }), smallRows),
      'it does not begin with exactly one header.',
    ],
    [
      'a palette without an end',
      png(header({ ...small, kind: 3 }), chunk('PLTE', Buffer.alloc(3 * 2 ** 20)), smallRows),
      'it has more colours than a palette can.',
    ],
    ['too many pixels', png(header({ width: 4097, height: 4096 }), smallRows), 'it says that it has 4097×4096 pixels.'],
    ['16 bits', png(header({ width: largest, height: largest, depth: 16, kind: 6 }), smallRows), 'it has 16 bits'],
    ['no kind', png(header({ ...small, kind: 5 }), smallRows), 'it is of the unknown kind 5.'],
  ])('is refused with little memory: %s', (_, file, problem) => {
    let message = '';
    expect(
      taken(() => {
        message = said(file);
      }),
    ).toBeLessThan(2 ** 27);
    expect(message).toBe(
      `E_DATA_PICTURE a.png can't be read: ${problem}${message.endsWith(problem) ? '' : ' per channel.'}`,
    );
  });

  it('has a profile that unpacks to far more: nobody unpacks it', () => {
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('name\0\0'), zeros]));
    const file = png(header(small), profile, smallRows);
    expect(taken(() => expect([...decode(file).data]).toEqual([1, 2, 3, 4]))).toBeLessThan(2 ** 27);
  });

  it.each<[string, number, number]>([
    ['by a palette', 3, 1],
    ['in colour and transparent', 6, 4],
  ])('is as large as it may be, %s: it takes less than a gigabyte', (_, kind, channels) => {
    const rows = Buffer.alloc(largest * (1 + channels * largest), kind === 6 ? 255 : 0);
    for (let row = 0; row < largest; row++) rows[row * (1 + channels * largest)] = 0;
    const palette = kind === 3 ? [chunk('PLTE', Buffer.alloc(768, 9))] : [];
    const file = png(header({ width: largest, height: largest, kind }), ...palette, chunk('IDAT', deflateSync(rows)));
    expect(taken(() => expect(decode(file).data).toHaveLength(3 * largest ** 2))).toBeLessThan(2 ** 30);
  });

  it('goes over all of its pixels again and again: it is refused', () => {
    const [tables, scan] = [
      // A table of factors, a frame of one component that is refined step by step, and two tables with one code each.
      Buffer.concat([
        Buffer.from('ffd8ffdb004300', 'hex'),
        Buffer.alloc(64, 1),
        Buffer.from('ffc2000b081000100001011100', 'hex'),
        ...['00', '10'].map((which) => Buffer.from(`ffc40014${which}01${'00'.repeat(15)}00`, 'hex')),
      ]),
      // Of no component.
      Buffer.from('ffda00060000000000', 'hex'),
    ];
    const file = Buffer.concat([tables, ...Array<Buffer>(20_000).fill(scan), Buffer.from('ffd9', 'hex')]);
    expect(said(file)).toBe("E_DATA_PICTURE a.png can't be read: it is in 20000 parts.");
  });
});
