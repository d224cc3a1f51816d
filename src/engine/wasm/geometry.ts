import type { ConvLayer, Shape } from '../../network/architecture.js';

/** Channels of feature maps are padded to a multiple of this: the kernels' block of output channels. */
const channelBlock = 16;
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
export function layerGeometry(layer: Omit<ConvLayer, 'name' | 'weights'>, rawInput: boolean): Geometry {
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
export function denseGeometry(input: Shape, classes: number): Geometry {
  const [height, width] = input;
  const layer = { kernel: [height, width], stride: 1, padding: [0, 0], input, output: [1, 1, classes] } as const;
  return layerGeometry(layer, false);
}

export const inputPixels = (g: Geometry): number => g.inHeight * g.inWidth;
export const outputPixels = (g: Geometry): number => g.outHeight * g.outWidth;
export const weightCount = (g: Geometry): number => g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels;

/** A map with zero borders: byte distances, and the offset of each inner pixel. */
export interface PaddedMap {
  readonly imageBytes: number;
  readonly rowBytes: number;
  readonly pixelBytes: number;
  /** Byte offset of pixel (0, 0) inside the borders. */
  readonly origin: number;
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
  return { imageBytes, rowBytes, pixelBytes, origin: borders.top * rowBytes + borders.left * pixelBytes };
}

/** A map of blocks of channels, [block][padded pixel][channel of the block]: what reads one block has it side by side. */
export interface BlockedMap extends PaddedMap {
  /** Channels of a block. */
  readonly width: number;
  /** From one block to the next. */
  readonly blockBytes: number;
}

function blockedMap(
  height: number,
  width: number,
  channels: number,
  block: number,
  borders: Borders,
  valueBytes: number,
): BlockedMap {
  const map = paddedMap(height, width, block, borders, valueBytes);
  return { ...map, width: block, blockBytes: map.imageBytes, imageBytes: (channels / block) * map.imageBytes };
}

export interface Borders {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

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

/** Input pixels with the same (i + padding) mod stride: they see the same taps, phase, phase + stride, … */
export interface StridePhase {
  readonly phaseY: number;
  readonly phaseX: number;
  readonly tapsY: number;
  readonly tapsX: number;
  /** [input row, input column, quotient row, quotient column]: dy rows quotient − (taps − 1) … quotient. */
  readonly pixels: readonly (readonly [number, number, number, number])[];
}

export function stridePhases(g: Geometry): StridePhase[] {
  const phases: StridePhase[] = [];
  for (let phaseY = 0; phaseY < g.stride; phaseY++)
    for (let phaseX = 0; phaseX < g.stride; phaseX++) {
      const pixels: [number, number, number, number][] = [];
      for (let y = 0; y < g.inHeight; y++)
        for (let x = 0; x < g.inWidth; x++)
          if ((y + g.padV) % g.stride === phaseY && (x + g.padH) % g.stride === phaseX)
            pixels.push([y, x, Math.floor((y + g.padV) / g.stride), Math.floor((x + g.padH) / g.stride)]);
      const taps = (kernel: number, phase: number) => Math.max(0, Math.ceil((kernel - phase) / g.stride));
      if (pixels.length > 0)
        phases.push({
          phaseY,
          phaseX,
          tapsY: taps(g.kernelHeight, phaseY),
          tapsX: taps(g.kernelWidth, phaseX),
          pixels,
        });
    }
  return phases;
}

/** Zero borders that dy needs so that every input pixel finds all its taps there. */
export function gradientBorders(g: Geometry): Borders {
  let [top, bottom, left, right] = [0, 0, 0, 0];
  for (const { tapsY, tapsX, pixels } of stridePhases(g))
    for (const [, , qy, qx] of pixels) {
      top = Math.max(top, tapsY - 1 - qy);
      bottom = Math.max(bottom, qy - (g.outHeight - 1));
      left = Math.max(left, tapsX - 1 - qx);
      right = Math.max(right, qx - (g.outWidth - 1));
    }
  return { top, bottom, left, right };
}

/** The gradient of a convolution's output, in blocks of so many channels, between zeros where inputs look for their taps. */
export const gradientMap = (g: Geometry, width = g.outChannels, valueBytes = 4): BlockedMap =>
  blockedMap(g.outHeight, g.outWidth, g.outChannels, width, gradientBorders(g), valueBytes);

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

/**
 * Output channels that the sparse kernels take at a time, so that their dy lies side by side: as many as registers hold, or
 * fewer where the kernel takes neighbouring taps together, as their pixels are neighbours.
 * @param registers what they hold of channels: of floats 32, of integers 64
 */
export function gradientBlock(g: Geometry, registers: 32 | 64): number {
  const most = g.kernelWidth > 1 && g.stride === 1 ? registers / 2 : registers;
  return [most, 32, 16].find((width) => width <= most && g.outChannels % width === 0)!;
}
