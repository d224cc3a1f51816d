// @ts-check
// What kernels of the forward pass are told. description.mjs says how to read this.
import { constants } from './constants.mjs';

const { sumsOfFour } = constants;

export const forward = /** @type {const} */ ({
  /** Float convolution: y = x ∗ w. together: images whose zeros are looked for together, with markBytes of marks each. */
  DenseConv: {
    kernels: 'denseConv',
    addresses: 'x xOffsets w y yOffsets',
    bytes: 'xImage yImage rowSkip markBytes',
    counts: 'inChannels pixels rows run channels together',
    // A bit for each value of the images that go together; 64 rows of the weights of 64 channels.
    scratch: { marks: 'together * markBytes + 64', panel: `${64 * 64 * 4}` },
  },
  /** Convolution in double precision: layer 1 and the classifier of inference. */
  RealConv: {
    kernels: 'realConv',
    addresses: 'x xOffsets w y',
    bytes: 'xImage rowSkip',
    counts: 'pixels rows run channels',
  },
  /** Integer convolution of spike counts with ternary weights, driven by the non-zero inputs. thresholds: one less than what
   * a membrane must reach, [level][channel] in 16 bits, for kernels that write spikes. nonZero: for each set of eight, as bits
   * of a number, the places of its members in order, as bytes. A row of weights is that of one level, tap, input channel and
   * block of output channels; blocks lie blockStride apart. products: the weights as products of bytes take them,
   * [16 of co][tap][four of ci][co][4]. listed: images that are listed at a time, in listBytes each. */
  EventConv: {
    kernels: 'eventConv16_i16 eventConv32_i16 eventConv64_i16 eventConv16_fire eventConv32_fire eventConv64_fire',
    addresses: 'spikes w products y thresholds nonZero',
    bytes: 'tapStride levelStride rowBytes blockStride listBytes period',
    counts:
      'height width inChannels outHeight outWidth outChannels kernelHeight kernelWidth stride padV padH listed levels',
    scratch: { lists: 'listed * listBytes' },
  },
  /** The same with sums of 32 bits, for any number of levels. scale: factor of sums written as floats. */
  WideConv: {
    kernels: 'wideConv_f32 wideConv_i32',
    addresses: 'spikes w y',
    counts: 'height width inChannels outHeight outWidth outChannels kernelHeight kernelWidth stride padV padH',
    numbers: 'scale',
  },
  /** Weights for both: [block of co][tap][level][ci][co of the block] bytes, level times Q(W). products: see EventConv; may be
   * no address. */
  PackEvents: {
    kernels: 'packEvents',
    addresses: 'w threshold packed products',
    bytes: 'rowBytes tapStride blockStride',
    counts: 'taps inChannels outChannels levels',
  },
  /** EventConv from tables of sums. block: input channels that are taken at a time; places: as PackTabledForward makes them;
   * waiting: rows of the output that are in the making at a time. */
  TabledForward: {
    kernels: 'tabledMembranes tabledSpikes',
    inner: true,
    addresses: 'spikes places negatives y thresholds',
    counts:
      'height width channels outHeight outWidth outChannels kernelHeight kernelWidth stride padV padH block waiting levels',
    // Tables of up to 20 groups of four channels; 64 channels' inputs, or spikes; those rows, of sixteen images in 16 bits.
    scratch: { tables: `${20 * sumsOfFour * 16}`, inputs: `${64 * 16}`, rows: '32 * waiting * outWidth * outChannels' },
  },
  /** Weights for it: [block of ci][tap][co][four of the block's ci], where in a table of sums theirs lies, in 16 bits;
   * negatives: [tap][co], how many are −1, in 32 bits. */
  PackTabledForward: {
    kernels: 'packTabledForward',
    addresses: 'w threshold places negatives',
    counts: 'taps channels outChannels block',
  },
  /** EventConv bit by bit, of stride 1. lists: for each four output channels and each column of their weights, these in any order: the
   * column less one; how many inputs meet it, and how many its opposite, in whole eights; 1 where four of
   * the first follow them, and 2 where four of the second, and 4 where two of each do, added up; and where in a window all these are, in
   * words. In 16 bits. offsets: what the sum of a channel is more than its membrane. columnBits, sumBits: bits of a column's sum, and of
   * a channel's with a sign. pitch: words of a row of a plane; spanWords: words that the windows of 32 places span, planeWords: of a
   * whole plane; rowWords: of a row of images, as many pixels as whole eights. */
  SlicedForward: {
    kernels: '',
    addresses: 'spikes lists offsets y thresholds',
    counts:
      'height width inChannels outHeight outWidth outChannels kernelHeight kernelWidth stride padV padH levels columnBits sumBits pitch spanWords planeWords rowWords',
    // Planes of all inputs, and of a window and a channel of zeros; sums of columns; spikes of 64 channels as planes, and as they turn.
    scratch: {
      planes: '6 * inChannels * planeWords',
      window: '6 * inChannels * spanWords + 6 * spanWords',
      sums: `${40 * 14 * 64}`,
      sliced: `${64 * 3 * 64}`,
      turned: `6 * rowWords + ${32 * 3 * 128}`,
    },
  },
  /** EventConv by columns of weights. lists: for each `block` of input channels and each four output channels, each column
   * less one in any order, and behind it where in a window the inputs are that meet it, and that meet its opposite, in threes behind
   * their number; then how many lists are left over, and these, behind their columns + 40. All in 16 bits. A window is as of inputs [row][place][channel], with one of zeros behind the channels
   * of a block; rows, places: of half the map and what reaches into it. */
  ColumnForward: {
    kernels: '',
    addresses: 'spikes lists y thresholds',
    counts:
      'height width inChannels outHeight outWidth outChannels kernelHeight kernelWidth stride padV padH levels rows places block blocks',
    // Those inputs; sums of columns, and membranes, of three places; spikes of sixteen channels, and as they turn; a pixel of zeros.
    scratch: {
      inputs: '32 * rows * places * inChannels + 32 * rows * places * blocks',
      sums: `${40 * 2 * 3 * 32}`,
      membranes: `${3 * 4 * 32} * outChannels`,
      fired: `${16 * 2 * 3 * 32}`,
      turned: `${64 * 16}`,
      none: 'inChannels',
    },
  },
  /** Either of EventConv's kernels and TabledForward's, by the spikes of up to 16 images: tables, or what a processor has in
   * their place, from about `least` on that are not zero. sliced and columns may be no address; imageBytes: of an image's spikes; block: EventConv's;
   * fillsTiles: true if each row of a window fills as many rows of matrices as another, and leaves as much. */
  SpikeConv: {
    kernels: 'spikeConv_i16 spikeConv_fire',
    addresses: 'spikes',
    bytes: 'imageBytes',
    counts: 'least block',
    flags: 'fillsTiles',
    // Of 32 images and channels.
    scratch: { sums: `${32 * 32 * 4}` },
    descriptors: { events: 'EventConv', tables: 'TabledForward', sliced: 'SlicedForward', columns: 'ColumnForward' },
  },
  /** Spikes of layer 1. x: padded map of floats; xRow: bytes of a row of its copy in 16 bits, which takes copyBytes of the
   * scratch memory; w: [block of 16 channels][pair of values][channel][2] in 16 bits, the weights times scales[channel], as pairs of
   * encoding.ts has them; largest: what the largest pixel becomes; doubles: the weights [value][channel]. weightSums, weightErrors:
   * [channel], what a sum may be off by for each unit that pixels are, and because weights are. These and thresholds,
   * [level][channel], are doubles. */
  EncodeImages: {
    kernels: 'encodeImages',
    addresses: 'x xOffsets w doubles scales weightSums weightErrors thresholds spikes',
    bytes: 'xImage xRow copyBytes',
    counts: 'pixels rows run channels levels',
    numbers: 'largest',
    // That copy, and one of each value and that below it.
    scratch: { bounds: '8 * levels * channels', copy: 'copyBytes', tall: 'copyBytes + copyBytes' },
  },
  /** Weights for DenseConv: [block of co][row (ky, kx, ci)][co of the block]. */
  PackForward: { kernels: 'packForward', addresses: 'w packed', counts: 'rows channels' },
  /** Weights for RealConv: the same rows as doubles. */
  PackReal: { kernels: 'packReal', addresses: 'w packed', counts: 'channels' },
});
