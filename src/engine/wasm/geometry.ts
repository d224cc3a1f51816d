import type { Convolution, NetworkLayer } from '../../network/architecture.js';
import { unreachable } from '../../unreachable.js';
import { constants } from './kernels/constants.mjs';
import { type Bytes, bytes, times } from './units.js';

const { channelBlock } = constants;

/** Channels of feature maps are padded to multiples of the kernels' least block. */
export const padChannels = (channels: number): number => Math.ceil(channels / channelBlock) * channelBlock;

/** A convolution as the kernels see it: padded channels, and a kernel that covers its whole input as one dense tap. */
export interface Geometry {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padV: number;
  readonly padH: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
}

/** @param rawInput the image itself: its channels are not padded */
export function convolutionGeometry(layer: Omit<Convolution, 'name'>, rawInput: boolean): Geometry {
  const [inHeight, inWidth, inRaw] = layer.input;
  const [outHeight, outWidth, outRaw] = layer.output;
  const inChannels = rawInput ? inRaw : padChannels(inRaw);
  const outChannels = padChannels(outRaw);
  const [kernelHeight, kernelWidth] = layer.kernel;
  const [padV, padH] = layer.padding;
  const covers =
    outHeight === 1 && outWidth === 1 && padV + padH === 0 && kernelHeight === inHeight && kernelWidth === inWidth;
  if (covers) {
    // NHWC memory of the whole map is one pixel of many channels, and HWIO weights are its 1×1 kernel already.
    const all = inHeight * inWidth * inChannels;
    return {
      kernelHeight: 1,
      kernelWidth: 1,
      stride: 1,
      padV: 0,
      padH: 0,
      inHeight: 1,
      inWidth: 1,
      inChannels: all,
      outHeight: 1,
      outWidth: 1,
      outChannels,
    };
  }
  return {
    kernelHeight,
    kernelWidth,
    stride: layer.stride,
    padV,
    padH,
    inHeight,
    inWidth,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
  };
}

/** The classifier as a convolution that covers the last map. */
export function denseGeometry({ input, output }: Pick<Convolution, 'input' | 'output'>): Geometry {
  const [height, width] = input;
  return convolutionGeometry({ kernel: [height, width], stride: 1, padding: [0, 0], input, output }, false);
}

export function layerGeometry(layer: NetworkLayer): Geometry {
  switch (layer.kind) {
    case 'convolution':
      return convolutionGeometry(layer, layer.reads === 'pixels');
    case 'classifier':
      return denseGeometry(layer);
    default:
      return unreachable(layer);
  }
}

export const inputPixels = (g: Geometry): number => g.inHeight * g.inWidth;
export const outputPixels = (g: Geometry): number => g.outHeight * g.outWidth;
export const weightCount = (g: Geometry): number => g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels;

/** A map with zero borders: byte distances, and the offset of each inner pixel. */
export interface PaddedMap {
  readonly imageBytes: Bytes;
  readonly rowBytes: Bytes;
  readonly pixelBytes: Bytes;
  /** Byte offset of pixel (0, 0) inside the borders. */
  readonly origin: Bytes;
}

/** @param valueBytes 4 for floats */
export function paddedMap(
  height: number,
  width: number,
  channels: number,
  borders: Borders,
  valueBytes = 4,
): PaddedMap {
  const pixelBytes = channels * valueBytes;
  const rowBytes = (width + borders.left + borders.right) * pixelBytes;
  const imageBytes = (height + borders.top + borders.bottom) * rowBytes;
  const origin = bytes(borders.top * rowBytes + borders.left * pixelBytes);
  return { imageBytes: bytes(imageBytes), rowBytes: bytes(rowBytes), pixelBytes: bytes(pixelBytes), origin };
}

/** A map of blocks of channels, [block][padded pixel][channel of the block]: what reads one block has it side by side. */
export interface BlockedMap extends PaddedMap {
  /** Channels of a block. */
  readonly width: number;
  /** From one block to the next. */
  readonly blockBytes: Bytes;
}

export function blockedMap(
  height: number,
  width: number,
  channels: number,
  block: number,
  borders: Borders,
  valueBytes: number,
): BlockedMap {
  const map = paddedMap(height, width, block, borders, valueBytes);
  return { ...map, width: block, blockBytes: map.imageBytes, imageBytes: times(channels / block, map.imageBytes) };
}

export interface Borders {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export const noBorders: Borders = { top: 0, bottom: 0, left: 0, right: 0 };

/** Borders of a convolution's input. */
export const inputBorders = (g: Geometry): Borders => ({ top: g.padV, bottom: g.padV, left: g.padH, right: g.padH });

/** Byte offsets of all pixels of a map, row-major. */
export function pixelOffsets(map: PaddedMap, height: number, width: number): Uint32Array {
  const offsets = new Uint32Array(height * width);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) offsets[i] = map.origin + y * map.rowBytes + x * map.pixelBytes;
  return offsets;
}

/** Byte offsets of the top left corner of each output pixel's window in the padded input. */
export function windowOffsets(g: Geometry, map: PaddedMap): Uint32Array {
  const offsets = new Uint32Array(outputPixels(g));
  for (let y = 0, i = 0; y < g.outHeight; y++)
    for (let x = 0; x < g.outWidth; x++, i++) offsets[i] = y * g.stride * map.rowBytes + x * g.stride * map.pixelBytes;
  return offsets;
}

/** Copies [taps][inRaw][outRaw] weights into [taps][inPadded][outPadded], or back. */
export function padWeights(
  raw: Float32Array,
  taps: number,
  inRaw: number,
  outRaw: number,
  inPadded: number,
  outPadded: number,
): Float32Array {
  const padded = new Float32Array(taps * inPadded * outPadded);
  for (let tap = 0; tap < taps; tap++)
    for (let ci = 0; ci < inRaw; ci++) {
      const from = (tap * inRaw + ci) * outRaw;
      padded.set(raw.subarray(from, from + outRaw), (tap * inPadded + ci) * outPadded);
    }
  return padded;
}

export function unpadWeights(
  padded: Float32Array,
  taps: number,
  inRaw: number,
  outRaw: number,
  inPadded: number,
  outPadded: number,
): Float32Array {
  const raw = new Float32Array(taps * inRaw * outRaw);
  for (let tap = 0; tap < taps; tap++)
    for (let ci = 0; ci < inRaw; ci++) {
      const from = (tap * inPadded + ci) * outPadded;
      raw.set(padded.subarray(from, from + outRaw), (tap * inRaw + ci) * outRaw);
    }
  return raw;
}
