import { crc32, inflateSync } from 'node:zlib';
import { type DecodedPng, decode } from 'fast-png';

/** What a PNG says of itself before its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a channel. */
  readonly depth: number;
  /** 0: grey, 2: in colour, 3: by a palette, 4 and 6: the first two with transparency. */
  readonly kind: number;
  readonly interlaced: boolean;
}

type Fail = (problem: string) => never;

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Of a chunk: its length, its type, and its checksum. */
const chunkBytes = 12;
const headerBytes = 13;
const longestPalette = 3 * 256;
const inColour = 2;
const byPalette = 3;
/** Channels by kind. */
const channels: Readonly<Record<number, number>> = { 0: 1, [inColour]: 3, [byPalette]: 1, 4: 2, 6: 4 };
/** Of the seven pictures that an interlaced one is in turn: its first column and row, and the steps from there. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Reads a PNG of so many pixels in colour, with eight bits a channel. No more memory is taken than those pixels need. There may
 * be tens of thousands: the library takes ten times as long for one.
 *
 * @returns pixels in rows, a byte for each of red, green and blue
 * @throws {Error} with the problem as its message, which speaks of `one of its images`
 */
export function decodePng(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const fail = (problem: string): never => {
    throw new Error(`one of its images ${problem}`);
  };
  const { head, packed } = partsOf(bytes, fail, (header) => {
    if (header.width !== width || header.height !== height) fail(`is not ${width}×${height}`);
    if (header.depth !== 8 || header.kind !== inColour) fail('is not in colour, with eight bits a channel');
    if (header.interlaced) fail('is interlaced');
  });
  if (head[10] !== 0 || head[11] !== 0) fail('is packed or filtered in a way that no PNG is');
  const rows = unpacked(packed, height * (1 + width * rgb));
  return rows === undefined ? fail('does not have as many pixels as it says') : unfiltered(rows, width, height, fail);
}

/** Of a pixel in colour. */
const rgb = 3;

/** Pixels from rows that each say first how they were filtered: by the pixel on the left, the one above, or both. */
function unfiltered(rows: Uint8Array, width: number, height: number, fail: Fail): Uint8Array {
  const length = width * rgb;
  const pixels = new Uint8Array(height * length);
  for (let y = 0; y < height; y++) {
    const from = y * (1 + length) + 1;
    const to = y * length;
    const filter = rows[from - 1]!;
    if (filter > 4) fail(`has a row with the unknown filter ${filter}`);
    for (let x = 0; x < length; x++) {
      const left = x < rgb ? 0 : pixels[to + x - rgb]!;
      const above = y === 0 ? 0 : pixels[to + x - length]!;
      const corner = x < rgb || y === 0 ? 0 : pixels[to + x - length - rgb]!;
      pixels[to + x] = rows[from + x]! + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    default: {
      // Paeth's: the one of the three that is nearest to their plane.
      const [byLeft, byAbove, byCorner] = [
        Math.abs(above - corner),
        Math.abs(left - corner),
        Math.abs(left + above - 2 * corner),
      ];
      if (byLeft <= byAbove && byLeft <= byCorner) return left;
      return byAbove <= byCorner ? above : corner;
    }
  }
}

/**
 * Reads a PNG. The library takes the last of several headers for the right one, and memory for whatever that says; it
 * unpacks all that there is, profiles of colours too, and takes what is missing for zeros. So it is given what makes the
 * picture alone, once that is known to be sound.
 *
 * @param fail throws; it gets words that follow the picture's name
 * @param check fails for pictures that are not wanted: what they say of themselves is all that is known yet
 */
export function readPng(
  bytes: Uint8Array,
  fail: Fail,
  check: (header: PngHeader) => void,
): DecodedPng & { readonly remarks: Pick<Parts, 'transparency' | 'exif'> } {
  const { head, header, palette, packed, ...remarks } = partsOf(bytes, fail, check);
  const expected = unpackedBytes(header, fail);
  if (unpacked(packed, expected) === undefined) fail('does not have as many pixels as it says');
  // Pictures in colour may have one as well, for screens of few colours: it is no part of them.
  const colours = header.kind === byPalette ? chunk('PLTE', palette ?? fail('has no palette')) : [];
  const pixels = [...chunk('IDAT', packed), ...chunk('IEND', new Uint8Array(0))];
  return { ...decode(Buffer.concat([signature, ...chunk('IHDR', head), ...colours, ...pixels])), remarks };
}

interface Parts {
  readonly head: Uint8Array;
  readonly header: PngHeader;
  readonly palette?: Uint8Array;
  /** The chunk tRNS: how opaque each colour of the palette is, or two bytes a channel of the one colour that can't be seen. */
  readonly transparency?: Uint8Array;
  readonly exif?: Uint8Array;
  /** Pixels, compressed. */
  readonly packed: Uint8Array;
}

/** What makes the picture, of chunks with the right checksums. There must be one header, and it the first of them. */
function partsOf(bytes: Uint8Array, fail: Fail, check: (header: PngHeader) => void): Parts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { -readonly [name in keyof Parts]?: Parts[name] } = {};
  const packed: Uint8Array[] = [];
  for (let at = signature.length; ; ) {
    if (at + chunkBytes > bytes.length) fail('is not a PNG, or ends too early');
    const length = view.getUint32(at);
    const end = at + 8 + length;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (end + 4 > bytes.length) fail('is not a PNG, or ends too early');
    const data = bytes.subarray(at + 8, end);
    if ((type === 'IHDR') !== (found.head === undefined)) fail('does not begin with exactly one header');
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) fail(`has a wrong checksum of its chunk ${type}`);
    if (type === 'IHDR') {
      found.head = data;
      found.header = headerOf(data, fail);
      check(found.header);
    }
    if (type === 'PLTE') {
      if (found.palette !== undefined || length > longestPalette) fail('has more colours than a palette can');
      found.palette = data;
    }
    if (type === 'tRNS') found.transparency = data;
    if (type === 'eXIf') found.exif = data;
    if (type === 'IDAT') packed.push(data);
    if (type === 'IEND') return { ...(found as Parts), packed: Buffer.concat(packed) };
    at = end + 4;
  }
}

function headerOf(data: Uint8Array, fail: Fail): PngHeader {
  if (data.length !== headerBytes) fail('is not a PNG, or ends too early');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [depth, kind, , , interlaced] = data.subarray(8) as unknown as [number, number, number, number, number];
  return { width: view.getUint32(0), height: view.getUint32(4), depth, kind, interlaced: interlaced !== 0 };
}

/** How many bytes pixels are before they are packed: each row begins with the number of its filter. */
function unpackedBytes({ width, height, depth, kind, interlaced }: PngHeader, fail: Fail): number {
  const bits = depth * (channels[kind] ?? fail(`is of the unknown kind ${kind}`));
  const sizeOf = (columns: number, rows: number) =>
    columns <= 0 || rows <= 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8));
  if (!interlaced) return sizeOf(width, height);
  // The library takes each pixel for at least a byte there.
  if (depth < 8) fail('is interlaced, and has less than eight bits a channel');
  const sizes = passes.map(([x, y, across, down]) =>
    sizeOf(Math.ceil((width - x) / across), Math.ceil((height - y) / down)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A chunk with no checksum in the place of its checksum: that is not looked at any more. */
function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, 'latin1');
  return [head, data, Buffer.alloc(4)];
}

/** What it unpacks to, where that has so many bytes. */
function unpacked(packed: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const bytes = inflateSync(packed, { maxOutputLength: length });
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}
