// @ts-check
// What kernels of the backward pass are told. description.mjs says how to read this.
import { constants } from './constants.mjs';

const { sumsOfFour } = constants;

/** Bytes that listing positions works in: a square of bytes that is turned, twice, and rows of pixels of sixteen channels. */
const listing = '512 + 16 * rowPixels';

/**
 * Channels of a block of dy in registers, and how many neighbouring taps of a kernel row the kernels for it take together,
 * the most first: in floats, and in 16-bit integers.
 */
export const gradientKernels = /** @type {const} */ ({
  f32: [
    [32, [1]],
    [16, [3, 2, 1]],
  ],
  i16: [
    [64, [1]],
    [32, [3, 2, 1]],
    [16, [5, 3, 2, 1]],
  ],
});

/** What the widest of the integer kernels adds up in 32 bits, of up to three rows of taps. */
const totals = 3 * Math.max(...gradientKernels.i16.map(([width, [taps]]) => width * taps * 4));

export const gradients = /** @type {const} */ ({
  /** Float weight gradient. rowOffsets: of the kernel's rows, (ky, kx, ci), in x; unit: input channels that its work is shared out by;
   * listed: inputs of a channel in a chunk of images, if it may list those that are not zero; spreadBytes: of their gradients. */
  DenseWeightGradient: {
    kernels: 'denseWeightGradient',
    addresses: 'x rowOffsets dy dw',
    bytes: 'xImage xRow xPixel dyImage dyRow dyPixel spreadBytes',
    counts: 'taps inChannels unit outHeight outWidth images imagesPerChunk channels listed',
    scratch: {
      // Gradients of a chunk of images, of up to 64 channels.
      panel: '256 * imagesPerChunk * outHeight * outWidth',
      // Lists of 64 input channels, and sixteen channels of gradients.
      ...{
        places: '256 * listed',
        inputs: '256 * listed',
        starts: '256 * imagesPerChunk + 256',
        spread: 'spreadBytes',
      },
    },
  },
  /** Weight gradient of images of one channel and stride 1, image by image. x: of the first pixel inside the borders. */
  PixelWeightGradient: {
    kernels: 'pixelWeightGradient',
    addresses: 'x dy sums',
    bytes: 'xImage xRow dyImage dyRow dyPixel',
    counts: 'height width padV padH outHeight kernelHeight kernelWidth channels',
    // Where the list of each row begins; the list, which is written a pixel beyond its end.
    scratch: { rowStarts: '4 * height + 4', list: '8 * height * width + 8' },
  },
  /** [image][value] in single precision, added up over the images. */
  ImageSums: { kernels: 'imageSums', addresses: 'sums total', counts: 'images values' },
  /** Input gradient of open neurons, images in chunks. order: as SpikeLists has it, with the offset of a pair in
   * `targets` {byte offset of dy's window, byte offset of dx} in place of dy's offset; classes: six words each. rowPixels: as
   * SpikeLists has it; mostBytes: of a channel's weights in any phase. */
  MaskedGradient: {
    kernels: 'maskedGradient',
    addresses: 'open phasePixels order cuts targets classes w dy dx',
    bytes: 'dyImage dyRow eventBytes mostBytes',
    counts: 'channels phases imagesPerChunk pixels rowPixels',
    scratch: {
      // By lists; or the weights of up to 64 channels, and sums of six pixels that wait for others.
      ...{ heads: '8 * phases * channels', events: 'eventBytes', listing },
      ...{ panel: '64 * mostBytes', waiting: `${2 * 6 * 64 * 4}` },
    },
  },
  /** Weights for it: per stride phase [ci][ty][tx][co], flipped. phases: five words each. */
  PackMasked: {
    kernels: 'packMasked',
    addresses: 'w packed table',
    counts: 'kernelWidth inChannels outChannels stride phases',
  },
  /** Input gradient from tables of sums. block: output channels that are taken at a time, 16 or 32; dyBlock: from one block
   * of dy to the next, dySixteen: to the other sixteen channels of 32; places, and of integers weights: as PackTabled makes
   * them; valueBytes: of a value of dx of all images that go side by side. */
  TabledGradient: {
    kernels: 'tabledGradient_f32 tabledGradient_i16',
    addresses: 'places weights open dx dy bounds',
    bytes: 'dyImage dyRow dyPixel dyBlock dySixteen valueBytes',
    counts: 'height width channels kernelHeight kernelWidth stride padV padH outHeight outWidth outChannels block',
    // Tables of up to eight groups of four channels, or of four groups in vectors of 512 bits; gradients of all; and rows of dx in the making.
    scratch: {
      tables: `${8 * sumsOfFour * 32}`,
      gradients: `${32 * 64}`,
      rows: 'kernelHeight * width * channels * valueBytes',
    },
  },
  /** Weights for it: [block of co][tap][ci][four of the block's co], where in a table of sums theirs lies, in 16 bits; and
   * weights, if that is no zero: [16 of ci][tap][pair of co][ci][2], Q(W) in bytes. */
  PackTabled: {
    kernels: 'packTabled',
    addresses: 'w threshold places weights',
    counts: 'taps channels outChannels block',
  },
  /** Non-zero inputs of `listed` images of each chunk, sorted by stride phase, channel and level. order: [phase] pairs
   * {byte offset of the spikes, byte offset of dy}, by rows of dy, so that what a row of taps needs of a list lies side
   * by side; phasePixels: pixels an image of each phase; cuts: where in a list that begins and ends. rowPixels: those of the
   * largest phase in all images, in whole sixty-fours. */
  SpikeLists: {
    kernels: 'spikeLists',
    addresses: 'spikes phasePixels order cuts heads events',
    bytes: 'imageBytes',
    counts: 'channels phases cutCount levels listed imagesPerChunk capacity rowPixels',
    scratch: { listing },
  },
  /** Weight gradient from those lists. dyBlock: from one block of `width` channels to the next; largest: with integers
   * the largest |dy| of each image and block. */
  SparseWeightGradient: {
    kernels: 'sparseWeightGradient_f32 sparseWeightGradient_i16',
    addresses: 'heads events dy dw bounds largest',
    bytes: 'dyImage dyBlock dyRow dyPixel',
    counts:
      'cutCount capacity images imagesPerChunk width inChannels outChannels kernelHeight kernelWidth stride levels',
    numbers: 'scale',
    scratch: { totals: `${totals}` },
  },
});
