// @ts-check
// What kernels that go element by element are told: batch norm, activation, loss, optimiser, spikes. description.mjs says how
// to read this.

export const elements = /** @type {const} */ ({
  /** Per image and channel: sum and sum of squares; least and largest value. Address 0 of the ranges leaves them out.
   * integer: true if z is in 16-bit integers, here and below; else it is in floats. */
  ChannelSums: { kernels: 'channelSums', addresses: 'z sums ranges', counts: 'pixels channels', flags: 'integer' },
  /** Batch statistics → scale and shift; running statistics. unit: power of two that 1 of z stands for; scale is a
   * factor of z as it is, all else is in terms of what z stands for. */
  BatchNorm: {
    kernels: 'batchNorm',
    addresses: 'sums gamma beta runningMean runningVariance mean inverseDeviation scale shift',
    counts: 'images pixels channels',
    numbers: 'unit',
  },
  /** ReLU, clip, quantise after batch norm; writes which neurons are open (0 < y ≤ B), spike counts, and/or float
   * activations into a padded map. */
  Activate: {
    kernels: 'activate',
    addresses: 'z scale shift open spikes x xOffsets',
    bytes: 'xImage',
    counts: 'pixels channels',
    numbers: 'bound n levels',
  },
  /** For each channel of integer z, from scale and shift: what activating takes. [row][channel] in 16 bits: one row of
   * −1 where spikes fall with z and 0 elsewhere; then what z, by bits exclusive-or that row, has to exceed for y > 0, for
   * 1 … L spikes, and for y > B. */
  LevelThresholds: {
    kernels: 'levelThresholds',
    addresses: 'scale shift thresholds',
    counts: 'channels levels',
    numbers: 'n bound',
  },
  /** Activate for integer z, by those thresholds: which neurons are open, and spike counts. */
  ActivateIntegers: {
    kernels: 'activateIntegers',
    addresses: 'z thresholds open spikes',
    counts: 'pixels channels levels',
  },
  /** Images times a factor into a padded map: values of a row lie side by side in both. */
  PlaceImages: {
    kernels: 'placeImages',
    addresses: 'images x',
    bytes: 'xImage xRow',
    counts: 'height rowValues',
    numbers: 'factor',
  },
  /** Spike counts times scale as floats into a padded map. */
  SpikesToMap: {
    kernels: 'spikesToMap',
    addresses: 'spikes x xOffsets',
    bytes: 'xImage',
    counts: 'pixels channels',
    numbers: 'scale',
  },
  /** Inference: batch norm with running statistics in double precision, ReLU; with levels, clip and quantise, and spikes beside
   * the activations. */
  ActivateReal: {
    kernels: 'activateReal',
    addresses: 'z gamma beta mean deviation spikes x xOffsets',
    bytes: 'xImage',
    counts: 'pixels channels',
    flags: 'doubles',
    numbers: 'n levels',
  },
  /** Per image and channel Σg and Σg·z; largest |g|, which address 0 leaves out. */
  GradientSums: { kernels: 'gradientSums', addresses: 'g z sums largest', counts: 'pixels channels', flags: 'integer' },
  /** Σg, Σg·z → gradients of γ and β and the three coefficients of dz = a·g + b·z + d, b for z as it is. With the
   * ranges of z and the largest |g| also a bound of |dz| for each channel; address 0 leaves it out. */
  BatchNormGradient: {
    kernels: 'batchNormGradient',
    addresses: 'sums gamma mean inverseDeviation gammaGradient betaGradient a b d zRanges largest bounds',
    counts: 'images pixels channels',
    numbers: 'unit',
  },
  /** dz into a zero-bordered map, in blocks of `width` channels. */
  GradientApply: {
    kernels: 'gradientApply',
    addresses: 'g z a b d dy dyOffsets',
    bytes: 'dyImage blockBytes',
    counts: 'width pixels channels',
    flags: 'integer',
  },
  /** dz in 16 bits into a zero-bordered map, and in 12 bits into one whose pixels hold `width` channels, one after the
   * other for all blocks. */
  QuantiseGradient: {
    kernels: 'quantiseGradient',
    addresses: 'g z a b d bounds dy dyOffsets coarse coarseOffsets largest',
    bytes: 'dyImage coarseImage blockBytes',
    counts: 'width blocks pixels channels',
    flags: 'integer',
    // a, b and d of all channels, and what is largest in up to sixteen parts of each block.
    scratch: { coefficients: '12 * channels', maxima: '32 * blocks' },
  },
  /** Softmax cross-entropy of integer labels: loss, hit, and the gradient of the mean loss. */
  SoftmaxLoss: {
    kernels: 'softmaxLoss',
    addresses: 'logits labels gradient losses hits',
    bytes: 'gradientImage',
    counts: 'classes stride',
    numbers: 'scale',
  },
  /** rates: [rate, β₁, 1 − β₁, β₂, 1 − β₂, ε], with decay also [share of w in its gradient, what is kept of w]. */
  Adam: { kernels: 'adam adamDecayed', addresses: 'w g m v rates', numbers: 'factor' },
  /** rates: [rate, momentum, share of w in its gradient, share of m in the step, share of the gradient in it]. */
  Sgd: { kernels: 'sgd', addresses: 'w g m rates', numbers: 'factor' },
  /** Values that others are added to. */
  Clear: { kernels: 'clear', addresses: 'values' },
  /** Σ|w| of each output channel of a latent weight tensor, as doubles. */
  ChannelMagnitudes: { kernels: 'channelMagnitudes', addresses: 'w sums', counts: 'rows channels' },
  /** t = 0.7·mean|W| from those sums, as a float. */
  TernaryThreshold: { kernels: 'ternaryThreshold', addresses: 'sums threshold', counts: 'channels realCount' },
  /** Q(W) as floats; threshold: address of t, here and wherever weights are packed. */
  Ternarise: { kernels: 'ternarise', addresses: 'w threshold q' },
  /** Membranes against thresholds [level][channel]: spike counts. */
  Fire: {
    kernels: 'fireInteger',
    addresses: 'membranes thresholds spikes',
    counts: 'pixels channels levels',
  },
  /** Deletes spikes of a layer. gaps: [g − 1], the share in 2^32 of gaps of g and more between deleted ones, and 0 at the
   * end; guide: by the highest bits of a random word, the least gap that such a word can mean, and `openGap` more if it can mean others. */
  DeleteSpikes: {
    kernels: 'deleteSpikes',
    addresses: 'spikes gaps guide',
    bytes: 'imageBytes',
    counts: 'levels',
    words: 'seedLow seedHigh purpose layer firstImage',
    // Random words, up to four vectors of them, or eight of 128 bits, and the gaps that they make. A mark, or what is deleted up to
    // it, for each spike of an image and for those that a round of gaps goes beyond them. In wide vectors the bits of all spikes.
    scratch: { drawn: '256', ahead: '256', marks: '4 * imageBytes + 4352', bits: 'imageBytes + 128' },
  },
  /** Spikes that a neuron might have sent instead of those that it sent: `most` less its own, a byte a channel. */
  ComplementSpikes: { kernels: 'complementSpikes', addresses: 'spikes most', counts: 'pixels channels' },
  /** Membranes with normal noise against thresholds [level][channel]: spike counts. lines: intercept and slope for each
   * segment, as data/normal.ts has them; cells: noise of integer membranes, as whole-noise.ts has it; deviation: the standard
   * deviation, a double. */
  FireNoisy: {
    kernels: 'fireNoisy_i16 fireNoisy_i32 fireNoisy_f64',
    addresses: 'membranes thresholds spikes lines cells deviation',
    counts: 'pixels channels realChannels levels',
    words: 'seedLow seedHigh purpose layer firstImage',
    // Random words, up to four vectors of them, and the noise of up to 256 membranes: integers, or doubles.
    scratch: { drawn: '256', noise: '2048' },
  },
  /** Logits of the spiking network: doubles, weights as RealConv has them. */
  Readout: { kernels: 'readout', addresses: 'spikes w logits', counts: 'inputs channels' },
  /** Per image: spikes, Σ spikes·windows, Σ spikes·non-zero weights (three doubles). */
  CountSpikes: {
    kernels: 'countSpikes',
    addresses: 'spikes windows synapses counts',
    counts: 'pixels channels synapseParts',
  },
});
