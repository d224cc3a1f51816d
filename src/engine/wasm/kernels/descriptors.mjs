// What each kernel is told: one struct of 4-byte fields per kernel family, written by the planner into the shared
// memory and read by the kernels. This list is the only definition: the AssemblyScript classes are generated from it,
// and the planner's types follow from it. `u32` fields whose names say what they hold are byte addresses, counts or
// byte distances; "image" is the distance from one image to the next, "row" and "pixel" likewise.

export const descriptors = /** @type {const} */ ({
  /** Float convolution: y = x ∗ w. yImage 0: one image at a time, into the thread's scratch memory from y on. */
  DenseConv: {
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    w: 'u32',
    y: 'u32',
    yImage: 'u32',
    yOffsets: 'u32',
    pixels: 'i32',
    rows: 'i32',
    run: 'i32',
    rowSkip: 'i32',
    channels: 'i32',
  },
  /** Integer convolution of spike counts with ternary weights, driven by the non-zero inputs. scale: factor of sums
   * written as floats. thresholds: one less than what a membrane must reach, [level][channel] in 16 bits, for kernels that
   * write spikes. nonZero: for each set of eight, as bits of a number, the places of its members in order, as bytes.
   * A row of weights is that of one level, tap, input channel and block of output channels; blocks lie blockStride apart.
   * listed: images that are listed at a time, in listBytes each. */
  EventConv: {
    spikes: 'u32',
    w: 'u32',
    y: 'u32',
    height: 'i32',
    width: 'i32',
    inChannels: 'i32',
    outHeight: 'i32',
    outWidth: 'i32',
    outChannels: 'i32',
    kernelHeight: 'i32',
    kernelWidth: 'i32',
    stride: 'i32',
    padV: 'i32',
    padH: 'i32',
    tapStride: 'i32',
    levelStride: 'i32',
    rowBytes: 'i32',
    blockStride: 'u32',
    listed: 'i32',
    listBytes: 'u32',
    period: 'i32',
    scale: 'f32',
    thresholds: 'u32',
    levels: 'i32',
    nonZero: 'u32',
  },
  /** Per image and channel: sum and sum of squares; least and largest value. Address 0 of the ranges leaves them out.
   * integer: is z in 16-bit integers, here and below, or in floats? */
  ChannelSums: { z: 'u32', integer: 'i32', sums: 'u32', ranges: 'u32', pixels: 'i32', channels: 'i32' },
  /** Batch statistics → scale and shift; running statistics. unit: power of two that 1 of z stands for; scale is a
   * factor of z as it is, all else is in terms of what z stands for. */
  BatchNorm: {
    sums: 'u32',
    unit: 'f32',
    images: 'i32',
    pixels: 'i32',
    channels: 'i32',
    gamma: 'u32',
    beta: 'u32',
    runningMean: 'u32',
    runningVariance: 'u32',
    mean: 'u32',
    inverseDeviation: 'u32',
    scale: 'u32',
    shift: 'u32',
  },
  /** ReLU, clip, quantise after batch norm; writes which neurons are open (0 < y ≤ B), spike counts, and/or float
   * activations into a padded map. */
  Activate: {
    z: 'u32',
    scale: 'u32',
    shift: 'u32',
    bound: 'f32',
    open: 'u32',
    spikes: 'u32',
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    pixels: 'i32',
    channels: 'i32',
    n: 'f32',
    levels: 'f32',
  },
  /** For each channel of integer z, from scale and shift: what activating takes. [row][channel] in 16 bits: one row of
   * −1 where spikes fall with z and 0 elsewhere; then what z, by bits exclusive-or that row, has to exceed for y > 0, for
   * 1 … L spikes, and for y > B. */
  LevelThresholds: {
    scale: 'u32',
    shift: 'u32',
    thresholds: 'u32',
    channels: 'i32',
    n: 'f32',
    levels: 'i32',
    bound: 'f32',
  },
  /** Activate for integer z, by those thresholds: which neurons are open, and spike counts. */
  ActivateIntegers: {
    z: 'u32',
    thresholds: 'u32',
    open: 'u32',
    spikes: 'u32',
    pixels: 'i32',
    channels: 'i32',
    levels: 'i32',
  },
  /** Spike counts times scale as floats into a padded map. */
  SpikesToMap: {
    spikes: 'u32',
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    pixels: 'i32',
    channels: 'i32',
    scale: 'f32',
  },
  /** Per image and channel Σg and Σg·z; largest |g|, which address 0 leaves out. */
  GradientSums: { g: 'u32', z: 'u32', integer: 'i32', sums: 'u32', largest: 'u32', pixels: 'i32', channels: 'i32' },
  /** Σg, Σg·z → gradients of γ and β and the three coefficients of dz = a·g + b·z + d, b for z as it is. With the
   * ranges of z and the largest |g| also a bound of |dz| for each channel; address 0 leaves it out. */
  BatchNormGradient: {
    sums: 'u32',
    unit: 'f32',
    images: 'i32',
    pixels: 'i32',
    channels: 'i32',
    gamma: 'u32',
    mean: 'u32',
    inverseDeviation: 'u32',
    gammaGradient: 'u32',
    betaGradient: 'u32',
    a: 'u32',
    b: 'u32',
    d: 'u32',
    zRanges: 'u32',
    largest: 'u32',
    bounds: 'u32',
  },
  /** dz in 16 bits into a zero-bordered map, and in 12 bits into one whose pixels hold `width` channels, one after the
   * other for all blocks. */
  QuantiseGradient: {
    g: 'u32',
    z: 'u32',
    integer: 'i32',
    a: 'u32',
    b: 'u32',
    d: 'u32',
    bounds: 'u32',
    dy: 'u32',
    dyOffsets: 'u32',
    coarse: 'u32',
    coarseOffsets: 'u32',
    imageBytes: 'u32',
    blockBytes: 'u32',
    width: 'i32',
    pixels: 'i32',
    channels: 'i32',
  },
  /** dz into a zero-bordered map. */
  GradientApply: {
    g: 'u32',
    z: 'u32',
    integer: 'i32',
    a: 'u32',
    b: 'u32',
    d: 'u32',
    dy: 'u32',
    dyImage: 'u32',
    dyOffsets: 'u32',
    pixels: 'i32',
    channels: 'i32',
  },
  /** Float weight gradient, four kernel rows (ky, kx, ci) and eight output channels at a time. */
  DenseWeightGradient: {
    x: 'u32',
    xImage: 'u32',
    xRow: 'u32',
    xPixel: 'u32',
    rowOffsets: 'u32',
    rows: 'i32',
    dy: 'u32',
    dyImage: 'u32',
    dyRow: 'u32',
    dyPixel: 'u32',
    outHeight: 'i32',
    outWidth: 'i32',
    images: 'i32',
    imagesPerChunk: 'i32',
    dw: 'u32',
    channels: 'i32',
  },
  /** Input gradient of open neurons, images in chunks. order: as SpikeLists has it, with the offset of a pair in
   * `targets` {byte offset of dy's window, byte offset of dx} in place of dy's offset; classes: five words each. */
  MaskedGradient: {
    open: 'u32',
    channels: 'i32',
    phases: 'i32',
    phasePixels: 'u32',
    order: 'u32',
    cuts: 'u32',
    targets: 'u32',
    classes: 'u32',
    imagesPerChunk: 'i32',
    pixels: 'i32',
    w: 'u32',
    dy: 'u32',
    dyImage: 'u32',
    dyRow: 'u32',
    dx: 'u32',
    bounds: 'u32',
    boundChannels: 'i32',
  },
  /** Weights for it: per stride phase [ci][ty][tx][co], flipped. phases: five words each. threshold 0: W itself. */
  PackMasked: {
    w: 'u32',
    threshold: 'u32',
    packed: 'u32',
    kernelWidth: 'i32',
    inChannels: 'i32',
    outChannels: 'i32',
    stride: 'i32',
    phases: 'i32',
    table: 'u32',
    integer: 'i32',
  },
  /** Non-zero inputs of `listed` images of each chunk, sorted by stride phase, channel and level. order: [phase] pairs
   * {byte offset of the spikes, byte offset of dy}, by rows of dy, so that what a row of taps needs of a list lies side
   * by side; phasePixels: pixels an image of each phase; cuts: where in a list that begins and ends. */
  SpikeLists: {
    spikes: 'u32',
    imageBytes: 'u32',
    channels: 'i32',
    phases: 'i32',
    phasePixels: 'u32',
    order: 'u32',
    cuts: 'u32',
    cutCount: 'u32',
    levels: 'i32',
    listed: 'i32',
    imagesPerChunk: 'i32',
    heads: 'u32',
    events: 'u32',
    capacity: 'i32',
  },
  /** Weight gradient from those lists. dyBlock: from one block of `width` channels to the next. */
  SparseWeightGradient: {
    heads: 'u32',
    cutCount: 'u32',
    events: 'u32',
    capacity: 'i32',
    chunks: 'i32',
    dy: 'u32',
    dyChunk: 'u32',
    dyBlock: 'u32',
    width: 'i32',
    dyRow: 'u32',
    dyPixel: 'u32',
    dw: 'u32',
    inChannels: 'i32',
    outChannels: 'i32',
    kernelHeight: 'i32',
    kernelWidth: 'i32',
    stride: 'i32',
    levels: 'i32',
    scale: 'f32',
    bounds: 'u32',
  },
  /** Softmax cross-entropy of integer labels: loss, hit, and the gradient of the mean loss. */
  SoftmaxLoss: {
    logits: 'u32',
    labels: 'u32',
    gradient: 'u32',
    losses: 'u32',
    hits: 'u32',
    classes: 'i32',
    stride: 'i32',
    scale: 'f32',
  },
  Adam: { w: 'u32', g: 'u32', m: 'u32', v: 'u32', rates: 'u32', factor: 'f32' },
  /** Σ|w| of each output channel of a latent weight tensor, as doubles. */
  ChannelMagnitudes: { w: 'u32', sums: 'u32', rows: 'i32', channels: 'i32' },
  /** t = 0.7·mean|W| from those sums, as a float. */
  TernaryThreshold: { sums: 'u32', threshold: 'u32', channels: 'i32', realCount: 'i32' },
  /** Q(W) as floats; threshold: address of t, here and below. */
  Ternarise: { w: 'u32', threshold: 'u32', q: 'u32' },
  /** Weights for EventConv: [block of co][tap][level][ci][co of the block] bytes, level times Q(W). */
  PackEvents: {
    w: 'u32',
    threshold: 'u32',
    packed: 'u32',
    inChannels: 'i32',
    outChannels: 'i32',
    rowBytes: 'i32',
    tapStride: 'u32',
    blockStride: 'u32',
    levels: 'i32',
  },
  /** Weights for DenseConv: [block of 8 co][row (ky, kx, ci)][8]. */
  PackForward: { w: 'u32', packed: 'u32', rows: 'i32', channels: 'i32' },
  /** Weights for RealConv: the same rows as doubles. */
  PackReal: { w: 'u32', packed: 'u32', channels: 'i32' },
  /** Convolution in double precision: layer 1 and the classifier of inference. */
  RealConv: {
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    w: 'u32',
    y: 'u32',
    pixels: 'i32',
    rows: 'i32',
    run: 'i32',
    rowSkip: 'i32',
    channels: 'i32',
  },
  /** Inference: batch norm with running statistics in double precision, ReLU, clip, quantise. */
  ActivateReal: {
    z: 'u32',
    double: 'i32',
    gamma: 'u32',
    beta: 'u32',
    mean: 'u32',
    deviation: 'u32',
    spikes: 'u32',
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    pixels: 'i32',
    channels: 'i32',
    n: 'f32',
    levels: 'f32',
  },
  /** Membranes against thresholds [level][channel]: spike counts. */
  Fire: { membranes: 'u32', thresholds: 'u32', spikes: 'u32', pixels: 'i32', channels: 'i32', levels: 'i32' },
  /** Spikes of layer 1. membranes: of one image, in single precision, from here on in the thread's scratch memory; x …
   * rowSkip: as RealConv has them, for those that single precision can't decide. errors: [channel], what a membrane may be
   * off by for each unit of an image's largest pixel; slack: [level][channel], to be added to that. All doubles, as are
   * thresholds, [level][channel]. */
  FireReal: {
    membranes: 'u32',
    thresholds: 'u32',
    errors: 'u32',
    slack: 'u32',
    spikes: 'u32',
    x: 'u32',
    xImage: 'u32',
    xOffsets: 'u32',
    w: 'u32',
    pixels: 'i32',
    rows: 'i32',
    run: 'i32',
    rowSkip: 'i32',
    channels: 'i32',
    levels: 'i32',
  },
  /** Deletes spikes of layer 1. gaps: [g − 1], the share in 2^32 of gaps of g and more between deleted ones, and 0 at the
   * end; guide: by the highest twelve bits of a random word, the least gap that such a word can mean. */
  DeleteSpikes: {
    spikes: 'u32',
    imageBytes: 'u32',
    levels: 'i32',
    gaps: 'u32',
    guide: 'u32',
    seedLow: 'u32',
    seedHigh: 'u32',
    purpose: 'u32',
    firstImage: 'u32',
  },
  /** Logits of the spiking network: doubles, weights as RealConv has them. */
  Readout: { spikes: 'u32', w: 'u32', logits: 'u32', inputs: 'i32', channels: 'i32' },
  /** Per image: spikes, Σ spikes·windows, Σ spikes·non-zero weights (three doubles). */
  CountSpikes: {
    spikes: 'u32',
    pixels: 'i32',
    channels: 'i32',
    windows: 'u32',
    synapses: 'u32',
    synapseParts: 'i32',
    counts: 'u32',
  },
});
