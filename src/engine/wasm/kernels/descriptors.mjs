// What each kernel is told: one struct of 4-byte fields per kernel family, written by the planner into the shared
// memory and read by the kernels. This list is the only definition: the AssemblyScript classes are generated from it,
// and the planner's types follow from it. `u32` fields whose names say what they hold are byte addresses, counts or
// byte distances; "image" is the distance from one image to the next, "row" and "pixel" likewise.

export const descriptors = /** @type {const} */ ({
  /** Float convolution: y = x ∗ w. Also the input gradient (flipped weights, one descriptor per stride phase). */
  DenseConv: {
    x: 'u32', xImage: 'u32', xOffsets: 'u32', w: 'u32', y: 'u32', yImage: 'u32', yOffsets: 'u32',
    pixels: 'i32', rows: 'i32', run: 'i32', rowSkip: 'i32', channels: 'i32',
  },
  /** Integer convolution of spike counts with ternary weights, driven by the non-zero inputs. */
  EventConv: {
    spikes: 'u32', w: 'u32', y: 'u32', height: 'i32', width: 'i32', inChannels: 'i32', outHeight: 'i32',
    outWidth: 'i32', outChannels: 'i32', kernelHeight: 'i32', kernelWidth: 'i32', stride: 'i32', padV: 'i32',
    padH: 'i32', tapStride: 'i32', levelStride: 'i32', period: 'i32', scale: 'f32',
  },
  /** Per image and channel: sum and sum of squares. */
  ChannelSums: { z: 'u32', sums: 'u32', pixels: 'i32', channels: 'i32' },
  /** Batch statistics → scale and shift; running statistics. */
  BatchNorm: {
    sums: 'u32', images: 'i32', pixels: 'i32', channels: 'i32', gamma: 'u32', beta: 'u32', runningMean: 'u32',
    runningVariance: 'u32', mean: 'u32', inverseDeviation: 'u32', scale: 'u32', shift: 'u32',
  },
  /** ReLU, clip, quantise after batch norm; writes spike counts and/or float activations into a padded map. */
  Activate: {
    z: 'u32', scale: 'u32', shift: 'u32', spikes: 'u32', x: 'u32', xImage: 'u32', xOffsets: 'u32', pixels: 'i32',
    channels: 'i32', n: 'f32', levels: 'f32',
  },
  /** Gradient through quantiser, clip and ReLU: per image and channel Σg and Σg·z over the open neurons. */
  GradientSums: {
    g: 'u32', z: 'u32', scale: 'u32', shift: 'u32', sums: 'u32', pixels: 'i32', channels: 'i32', bound: 'f32',
  },
  /** Σg, Σg·z → gradients of γ and β and the three coefficients of dz = a·g + b·z + d. */
  BatchNormGradient: {
    sums: 'u32', images: 'i32', pixels: 'i32', channels: 'i32', gamma: 'u32', mean: 'u32', inverseDeviation: 'u32',
    gammaGradient: 'u32', betaGradient: 'u32', a: 'u32', b: 'u32', d: 'u32',
  },
  /** dz into a zero-bordered map. */
  GradientApply: {
    g: 'u32', z: 'u32', scale: 'u32', shift: 'u32', a: 'u32', b: 'u32', d: 'u32', dy: 'u32', dyImage: 'u32',
    dyOffsets: 'u32', pixels: 'i32', channels: 'i32', bound: 'f32',
  },
  /** Float weight gradient, four kernel rows (ky, kx, ci) and eight output channels at a time. */
  DenseWeightGradient: {
    x: 'u32', xImage: 'u32', xRow: 'u32', xPixel: 'u32', rowOffsets: 'u32', rows: 'i32', dy: 'u32', dyImage: 'u32',
    dyRow: 'u32', dyPixel: 'u32', outHeight: 'i32', outWidth: 'i32', images: 'i32', imagesPerChunk: 'i32', dw: 'u32',
    channels: 'i32',
  },
  /** Input gradient of open neurons. windows: five words a pixel, see the planner. */
  MaskedGradient: {
    z: 'u32', scale: 'u32', shift: 'u32', bound: 'f32', channels: 'i32', imageBytes: 'u32', pixels: 'i32',
    windows: 'u32', w: 'u32', channelBytes: 'u32', weightRow: 'u32', dy: 'u32', dyImage: 'u32', dyRow: 'u32', dx: 'u32',
  },
  /** Weights for it: [ci][ty][tx][co] of one stride phase, flipped. */
  PackMasked: {
    w: 'u32', packed: 'u32', kernelWidth: 'i32', inChannels: 'i32', outChannels: 'i32', stride: 'i32', phaseY: 'i32',
    phaseX: 'i32', tapsY: 'i32', tapsX: 'i32',
  },
  /** Non-zero inputs of each chunk of images, sorted by stride phase, channel and level. order: [phase][image][pixel]
   * pairs {byte offset of the spikes, byte offset of dy}; phases: pixels an image of each. */
  SpikeLists: {
    spikes: 'u32', imageBytes: 'u32', channels: 'i32', phases: 'i32', phasePixels: 'u32', order: 'u32', levels: 'i32',
    images: 'i32', imagesPerChunk: 'i32', heads: 'u32', events: 'u32', capacity: 'i32',
  },
  /** Weight gradient from those lists. */
  SparseWeightGradient: {
    heads: 'u32', events: 'u32', capacity: 'i32', chunks: 'i32', dy: 'u32', dyChunk: 'u32', dyRow: 'u32',
    dyPixel: 'u32', dw: 'u32', inChannels: 'i32', outChannels: 'i32', kernelHeight: 'i32', kernelWidth: 'i32',
    stride: 'i32', levels: 'i32', scale: 'f32',
  },
  /** Softmax cross-entropy of integer labels: loss, hit, and the gradient of the mean loss. */
  SoftmaxLoss: {
    logits: 'u32', labels: 'u32', gradient: 'u32', losses: 'u32', hits: 'u32', classes: 'i32', stride: 'i32',
    scale: 'f32',
  },
  Adam: { w: 'u32', g: 'u32', m: 'u32', v: 'u32', rates: 'u32', factor: 'f32' },
  /** Q(W) of a latent weight tensor, as floats. */
  Ternarise: { w: 'u32', q: 'u32', count: 'i32', realCount: 'i32' },
  /** Weights for EventConv: [tap][level][ci][co] bytes, level times Q(W). */
  PackEvents: {
    q: 'u32', packed: 'u32', inChannels: 'i32', outChannels: 'i32', levels: 'i32', zeroRow: 'i32',
  },
  /** Weights for DenseConv forward: [block of 8 co][row of the kernel, padded to an even run][8]. */
  PackForward: { w: 'u32', packed: 'u32', rows: 'i32', run: 'i32', paddedRun: 'i32', channels: 'i32' },
  /** Weights for DenseConv as input gradient of one stride phase: [block of 8 ci][ty][tx][co][8], flipped. */
  PackBackward: {
    w: 'u32', packed: 'u32', kernelWidth: 'i32', inChannels: 'i32', outChannels: 'i32', stride: 'i32', phaseY: 'i32',
    phaseX: 'i32', tapsY: 'i32', tapsX: 'i32',
  },
  /** Weights for RealConv: the same rows as doubles. */
  PackReal: { w: 'u32', packed: 'u32', channels: 'i32' },
  /** Convolution in double precision: layer 1 and the classifier of inference. */
  RealConv: {
    x: 'u32', xImage: 'u32', xOffsets: 'u32', w: 'u32', y: 'u32', pixels: 'i32', rows: 'i32', run: 'i32',
    rowSkip: 'i32', channels: 'i32',
  },
  /** Inference: batch norm with running statistics in double precision, ReLU, clip, quantise. */
  ActivateReal: {
    z: 'u32', double: 'i32', gamma: 'u32', beta: 'u32', mean: 'u32', deviation: 'u32', spikes: 'u32', x: 'u32',
    xImage: 'u32', xOffsets: 'u32', pixels: 'i32', channels: 'i32', n: 'f32', levels: 'f32',
  },
  /** Membranes against thresholds [level][channel]: spike counts. */
  Fire: { membranes: 'u32', thresholds: 'u32', spikes: 'u32', pixels: 'i32', channels: 'i32', levels: 'i32' },
  /** Deletes each spike of layer 1 with a probability of limit / 2^32. */
  DeleteSpikes: {
    spikes: 'u32', neurons: 'i32', imageChannels: 'i32', channels: 'i32', seedLow: 'u32', seedHigh: 'u32',
    purpose: 'u32', firstImage: 'u32', limit: 'u32',
  },
  /** Logits of the spiking network: doubles, weights as RealConv has them. */
  Readout: { spikes: 'u32', w: 'u32', logits: 'u32', inputs: 'i32', channels: 'i32' },
  /** Per image: spikes, Σ spikes·windows, Σ spikes·non-zero weights (three doubles). */
  CountSpikes: {
    spikes: 'u32', pixels: 'i32', channels: 'i32', windows: 'u32', synapses: 'u32', counts: 'u32',
  },
});
