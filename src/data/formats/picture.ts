import { decode as decodeJpeg } from 'jpeg-js';
import { UserError } from '../../error.js';
import { isTurned } from './orientation.js';
import { type PngHeader, readPng } from './png.js';

/** A picture as it was decoded. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green and blue. */
  readonly channels: 1 | 3;
  /** [height][width][channels] bytes. */
  readonly data: Uint8Array;
}

/** Endings of files that are read. */
export const pictureNames = /\.(png|jpe?g)$/i;

/** As much as an image that is learnt from can have. */
const maximumPixels = 2 ** 24;
/** How often a JPEG may go over that many pixels: one that is refined step by step does so ten times or so. */
const mostScans = 50;

/**
 * Reads a PNG or JPEG file. Both decoders are JavaScript, whose numbers are the same on every machine: so are the pixels.
 * (Those of a JPEG may differ from what other decoders make of it, as the format allows: by one or two, and by more at edges
 * of colours where those are stored at half the resolution.)
 *
 * @param label how messages call the file
 * @throws {UserError} E_DATA_PICTURE
 */
export function decodePicture(bytes: Uint8Array, label: string): Picture {
  const fail = (problem: string, hint = 'Is it complete?'): never => {
    throw new UserError('E_DATA_PICTURE', `${label} can't be read: ${problem}.`, hint);
  };
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) return fail('it is neither a PNG nor a JPEG', 'Save it as a PNG.');
  const { width, height } = isPng ? pngSize(bytes) : jpegHead(bytes);
  if (!(width * height > 0 && width * height <= maximumPixels))
    return fail(`it says that it has ${width}×${height} pixels`);
  try {
    return isPng ? fromPng(bytes, fail) : fromJpeg(bytes, fail);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return fail((error as Error).message.replace(/\.$/, ''));
  }
}

function pngSize(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length < 24 ? { width: 0, height: 0 } : { width: view.getUint32(16), height: view.getUint32(20) };
}

/** By the kind of a PNG, the line of PIL that makes eight bits of sixteen: it reads grey ones as they are, and others in eight. */
const eightBits: Readonly<Record<number, string>> = {
  0: 'Image.fromarray((numpy.asarray(Image.open(p)) // 256).astype("uint8")).save(p)',
  2: 'Image.open(p).convert("RGB").save(p)',
  4: 'Image.open(p).convert("L").save(p)',
};

type Fail = (problem: string, hint?: string) => never;

function fromPng(bytes: Uint8Array, fail: Fail): Picture {
  const check = ({ depth, kind }: PngHeader) => {
    if (depth === 16)
      fail('it has 16 bits per channel', `Save it with 8: ${eightBits[kind] ?? eightBits[2]}, with PIL.`);
  };
  const png = readPng(bytes, (problem) => fail(`it ${problem}`), check);
  const { width, height, depth, channels, data, palette, remarks } = png;
  if (remarks.exif !== undefined && isTurned(remarks.exif)) refuseTurned(fail);
  const size = { width, height };
  const values = depth < 8 ? unpacked(data, { ...size, depth }) : (data as Uint8Array);
  const { transparency } = remarks;
  if (transparency !== undefined && hidesPixels(transparency, values, palette === undefined ? channels : 'palette'))
    refuseTransparent(fail);
  if (palette !== undefined) return { ...size, channels: 3, data: coloured(values, palette, fail) };
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const grey = scale === 1 ? values : values.map((value) => value * scale);
  if (channels === 1 || channels === 3) return { ...size, channels, data: grey };
  const kept = (channels - 1) as 1 | 3;
  for (let i = kept; i < values.length; i += channels) if (values[i] !== 255) refuseTransparent(fail);
  return { ...size, channels: kept, data: firstChannels(values, channels, kept) };
}

const refuseTransparent = (fail: Fail): never =>
  fail('it is transparent in places', 'Save it without: Image.open(p).convert("RGB").save(p).');

const refuseTurned = (fail: Fail): never =>
  fail(
    'its EXIF data say that it is to be turned or mirrored',
    'Save it so: ImageOps.exif_transpose(Image.open(p)).save(p), with PIL. If its pixels are right, remove these data.',
  );

/** True if there is a pixel of a colour of the palette, or of the one colour, that is transparent. */
function hidesPixels(transparency: Uint8Array, values: Uint8Array, channels: number | 'palette'): boolean {
  if (channels === 'palette') return values.some((value) => (transparency[value] ?? 255) !== 255);
  // The lower byte of each channel: there are eight bits at most.
  const hidden = Array.from({ length: channels }, (_, channel) => transparency[2 * channel + 1]);
  for (let i = 0; i < values.length; i += channels)
    if (hidden.every((value, channel) => values[i + channel] === value)) return true;
  return false;
}

/** The colours that pixels name. */
function coloured(values: Uint8Array, palette: readonly (readonly number[])[], fail: Fail): Uint8Array {
  const pixels = new Uint8Array(3 * values.length);
  for (const [i, value] of values.entries()) {
    const colour = palette[value] ?? fail(`it has a pixel of colour ${value}, and ${palette.length} colours`);
    for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = colour[channel]!;
  }
  return pixels;
}

/** The first so many channels of each pixel. */
function firstChannels(values: Uint8Array, channels: number, kept: number): Uint8Array {
  const pixels = new Uint8Array((values.length / channels) * kept);
  for (let from = 0, to = 0; from < values.length; from += channels)
    for (let channel = 0; channel < kept; channel++) pixels[to++] = values[from + channel]!;
  return pixels;
}

/** Values of less than eight bits, which lie close together in rows of whole bytes. */
function unpacked(
  data: ArrayLike<number>,
  { width, height, depth }: { readonly width: number; readonly height: number; readonly depth: number },
): Uint8Array {
  const row = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = data[Math.floor(i / width) * row + (bit >> 3)]!;
    return (byte >> (8 - depth - (bit % 8))) & (2 ** depth - 1);
  });
}

/** What a JPEG says of itself before its pixels: decoders give three channels for grey pictures, too. */
interface JpegHead {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Its channels are red, green and blue, and not brightness and two differences of colour, as nearly always. */
  readonly isRgb: boolean;
  readonly isTurned: boolean;
}

/** As libjpeg has it: JFIF knows no other channels than brightness and differences; else Adobe's mark or their names tell. */
function jpegHead(bytes: Uint8Array): JpegHead {
  let [isJfif, turned] = [false, false];
  let transform: number | undefined;
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes[at + 1]!;
    const size = bytes[at + 2]! * 256 + bytes[at + 3]!;
    const text = (from: number, step: number, length: number) =>
      String.fromCharCode(...Array.from({ length }, (_, i) => bytes[at + from + step * i] ?? 0));
    if (marker === 0xe0 && text(4, 1, 4) === 'JFIF') isJfif = true;
    if (marker === 0xe1 && text(4, 1, 6) === 'Exif\0\0') turned = isTurned(bytes.subarray(at + 10, at + 2 + size));
    if (marker === 0xee && text(4, 1, 5) === 'Adobe') transform = bytes[at + 15];
    // Frames of any kind, but for what has the same numbers: tables of Huffman codes and the like.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [bytes[at + 5]! * 256 + bytes[at + 6]!, bytes[at + 7]! * 256 + bytes[at + 8]!];
      const components = bytes[at + 9]!;
      const namesRgb = transform === undefined ? text(10, 3, 3) === 'RGB' : transform === 0;
      return { width, height, components, isRgb: components === 3 && !isJfif && namesRgb, isTurned: turned };
    }
    at += 2 + size;
  }
  return { width: 0, height: 0, components: 0, isRgb: false, isTurned: false };
}

function fromJpeg(bytes: Uint8Array, fail: Fail): Picture {
  const { width: columns, height: rows, components, isRgb, isTurned } = jpegHead(bytes);
  if (isTurned) refuseTurned(fail);
  // A scan may be a few bytes that say that nothing changes, of a picture that is gone over all the same.
  const scans = countScans(bytes);
  if (scans * columns * rows > mostScans * maximumPixels) fail(`it is in ${scans} parts`, 'Save it as a PNG.');
  const { width, height, data } = decodeJpeg(bytes, {
    ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false },
    // By itself the decoder takes all pictures of three channels to be of brightness and differences.
    ...(isRgb ? { colorTransform: false } : {}),
  });
  if (components !== 1) return { width, height, channels: 3, data: Uint8Array.from(data) };
  return { width, height, channels: 1, data: firstChannels(data, 3, 1) };
}

/** How many scans a JPEG has at most: tables and remarks may hold the two bytes, too. */
function countScans(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = buffer.indexOf('\xff\xda', 0, 'latin1'); at >= 0; at = buffer.indexOf('\xff\xda', at + 2, 'latin1'))
    scans++;
  return scans;
}
