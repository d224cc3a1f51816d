// @ts-check
// Numbers that kernels and planners both count on. header.mjs writes them into C.

export const constants = /** @type {const} */ ({
  /** Channels of feature maps are padded to a multiple of this: the least that kernels take at a time. */
  channelBlock: 16,
  /** Images that tables of sums take side by side: in the forward pass, and in the backward pass of floats and of integers. */
  forwardLanes: 16,
  floatLanes: 8,
  integerLanes: 16,
  /** Sums that four weights of −1, 0 and 1 can make of four values. */
  sumsOfFour: 81,
  /** Output channels whose weights for one input are a column, and columns but for their signs, of which the first that is not zero is 1. */
  columnChannels: 4,
  columnCount: 40,
  /** Bytes of a row of a matrix, where a processor multiplies them. */
  matrixRowBytes: 64,
  /** Gaps between deleted spikes that the table of noise knows. */
  tabledGaps: 64,
  /** Highest bits of a random word by which the guide to that table is read; and what it adds where they leave the gap open. */
  guideBits: 13,
  openGap: 128,
  /** Bits of a number behind its highest by which the normal distribution is divided into segments. */
  segmentBits: 5,
  /** Highest bits of a random word by which the table of whole noise is read; and what marks a cell that is none of it. */
  noiseCellBits: 10,
  noCell: -32768,
  /** Bits of integer gradients: for the input gradient, and for the weight gradient. */
  fineBits: 16,
  coarseBits: 12,
  /** Doubles that counting spikes writes an image. */
  countFields: 3,
  /** Sixteens of products that counting spikes adds up in lanes of 32 bits. */
  countedSixteens: 32,
  /** Bits of a number in each part of a table of synapses. */
  synapseBits: 15,
});
