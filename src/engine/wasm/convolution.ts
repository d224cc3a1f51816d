// Convolutions as kernel calls: forward on floats, forward on spikes.
import { type Geometry, inputPixels, outputPixels, type PaddedMap, windowOffsets } from './geometry.js';
import { type Call, type Item, type MemoryPlan, split } from './plan.js';
import { forwardLanes, planTables, suitsTables } from './tabled-forward.js';

/** What a planned convolution needs done: once a weight change, and per range of images. */
export interface PlannedConvolution {
  /** Packs the weights; independent items. */
  readonly pack: readonly Item[];
  readonly calls: (lo: number, hi: number) => Call[];
  /** Private memory a thread needs for it. */
  readonly scratchBytes: number;
}

/** Packing is split so that a large layer does not keep one thread alone. */
const packParts = 8;

/**
 * y = x ∗ w in single precision, exact for integers below 2^24. x: padded map; w: HWIO floats; y: [image][pixel][channel],
 * an address, or where in the calling thread's scratch memory: then each image is a call of its own, and replaces the last.
 */
export function denseForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: {
    readonly x: number;
    readonly map: PaddedMap;
    readonly w: number;
    readonly y: number | { readonly inScratch: number };
  },
): PlannedConvolution {
  const { y } = buffers;
  const inScratch = typeof y === 'object';
  const run = g.kernelWidth * g.inChannels;
  const rows = g.kernelHeight * run;
  const packed = plan.alloc(rows * g.outChannels * 4);
  const pixelBytes = g.outChannels * 4;
  const pixels = outputPixels(g);
  const pack = plan.descriptor('PackForward', { w: buffers.w, packed, rows, channels: g.outChannels });
  const conv = plan.descriptor('DenseConv', {
    x: buffers.x,
    xImage: buffers.map.imageBytes,
    xOffsets: plan.table(windowOffsets(g, buffers.map)),
    w: packed,
    y: inScratch ? y.inScratch : y,
    yImage: inScratch ? 0 : pixels * pixelBytes,
    yOffsets: plan.table(Uint32Array.from({ length: pixels }, (_, i) => i * pixelBytes)),
    pixels,
    rows: g.kernelHeight,
    run,
    rowSkip: buffers.map.rowBytes - run * 4,
    channels: g.outChannels,
  });
  return {
    pack: split(g.outChannels / 8, packParts, (lo, hi) => [{ kernel: 'packForward', descriptor: pack, lo, hi }]),
    calls: (lo, hi) => [{ kernel: 'denseConv', descriptor: conv, lo, hi }],
    scratchBytes: inScratch ? y.inScratch + pixels * pixelBytes : 0,
  };
}

/** Lists of so many images are made at a time that they share the second-level cache with a block's weights. */
const mostListBytes = 1 << 19;

/** Spike counts above which a table of level · weight would not fit the caches any more. */
const maximumTableLevels = 16;

/**
 * What becomes of the sums: they are kept, in 16 bits or, where that is too few, as floats times a scale; or they become
 * spikes, one for each threshold [level][channel] that is reached.
 */
export type EventOutput = { readonly scale: number } | { readonly thresholds: Int32Array; readonly images: number };

/** Is a sum of −32,766 … 32,766, or the table of level · weight, too small for the spikes of this layer? */
export function needsWideSums(g: Geometry, levels: number): boolean {
  return levels > maximumTableLevels || g.kernelHeight * g.kernelWidth * g.inChannels * levels >= 32767;
}

/**
 * The share of inputs that are not zero from which on tables of sums take less time than events. By DENSITY.md 0.3 where
 * many look-ups share a table; to fill it takes as long as some 40.
 */
const tabledShare = ({ kernelHeight, kernelWidth, stride, outChannels }: Geometry): number =>
  0.28 * (1 + (40 * stride ** 2) / (kernelHeight * kernelWidth * outChannels));

/**
 * y = spikes ∗ Q(W); threshold: address of the t of Q(W). Integer sums: exact, and in any order the same. By the number of
 * spikes, sixteen images at a time, non-zero spikes are added up one by one or looked up in tables of sums. Wide sums take
 * the 32-bit kernel, and give the same spikes.
 * @param share of non-zero spikes from which on tables are used
 */
export function eventForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly spikes: number; readonly w: number; readonly threshold: number; readonly y: number },
  levels: number,
  output: EventOutput,
  share = tabledShare(g),
): PlannedConvolution {
  const taps = g.kernelHeight * g.kernelWidth;
  const wide = needsWideSums(g, levels);
  const tableLevels = wide ? 1 : levels;
  // Channels of a kernel's registers: each block of them has a table of its own, so that it stays in the caches.
  const block = g.outChannels % 64 === 0 ? 64 : g.outChannels % 32 === 0 ? 32 : 16;
  const rowBytes = wide ? g.outChannels : block;
  const levelStride = g.inChannels * rowBytes;
  // Behind each tap's rows lies one of zeros, for lists padded to an even length.
  const tapStride = levelStride * tableLevels + (wide ? 0 : rowBytes);
  const blockStride = taps * tapStride;
  const packed = plan.alloc((g.outChannels / rowBytes) * blockStride);
  const packing = plan.descriptor('PackEvents', {
    w: buffers.w,
    threshold: buffers.threshold,
    packed,
    inChannels: g.inChannels,
    outChannels: g.outChannels,
    rowBytes,
    tapStride,
    blockStride,
    levels: tableLevels,
  });
  // Start of each pixel's events, all events, and what the branch-free list writes beyond its end.
  const listBytes = wide ? 0 : (inputPixels(g) * (g.inChannels + 2) + 1 + 8) * 4;
  // With one block, a list is read once.
  const listed = g.outChannels === rowBytes ? 1 : Math.max(1, Math.floor(mostListBytes / listBytes));
  const thresholds = 'thresholds' in output ? output.thresholds : undefined;
  const values = outputPixels(g) * g.outChannels;
  const y = thresholds && wide ? plan.alloc((output as { images: number }).images * values * 4) : buffers.y;
  // Membranes stay above −32,768 and below 32,768: what is cut off is reached always, or never.
  const narrowThresholds = thresholds && !wide ? plan.table(thresholds16(thresholds)) : 0;
  const events = plan.descriptor('EventConv', {
    spikes: buffers.spikes,
    w: packed,
    y,
    height: g.inHeight,
    width: g.inWidth,
    inChannels: g.inChannels,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    outChannels: g.outChannels,
    kernelHeight: g.kernelHeight,
    kernelWidth: g.kernelWidth,
    stride: g.stride,
    padV: g.padV,
    padH: g.padH,
    tapStride,
    levelStride,
    rowBytes,
    blockStride,
    listed,
    listBytes,
    // Sums of bytes are widened before they can leave −128 … 127.
    period: (Math.floor(127 / tableLevels) & ~1) * 4,
    scale: 'scale' in output ? output.scale : 1,
    thresholds: narrowThresholds,
    levels,
    nonZero: wide ? 0 : plan.table(placesOfMembers),
  });
  const pack = split(taps, packParts, (lo, hi): Call[] => [{ kernel: 'packEvents', descriptor: packing, lo, hi }]);
  const ending = thresholds ? 'fire' : 'i16';
  if (wide) {
    const fire = thresholds ? planFire(plan, g, { membranes: y, spikes: buffers.y }, thresholds, levels) : [];
    const sums = { kernel: `eventConvWide_${thresholds ? 'i32' : 'f32'}`, descriptor: events };
    return { pack, calls: (lo, hi) => [sums, ...fire].map((call) => ({ ...call, lo, hi })), scratchBytes: 0 };
  }
  if (!suitsTables(levels)) {
    const sums = { kernel: `eventConv${block}_${ending}`, descriptor: events };
    return { pack, calls: (lo, hi) => [{ ...sums, lo, hi }], scratchBytes: listed * listBytes };
  }
  const tables = planTables(plan, g, buffers, levels, narrowThresholds);
  const imageBytes = inputPixels(g) * g.inChannels;
  const least = Math.ceil(share * forwardLanes * imageBytes);
  const spikes = { spikes: buffers.spikes, imageBytes, least };
  const sums = {
    kernel: `spikeConv_${ending}`,
    descriptor: plan.descriptor('SpikeConv', { ...spikes, events, block, tables: tables.descriptor }),
  };
  return {
    pack: [...pack, ...tables.pack],
    calls: (lo, hi) => [{ ...sums, lo, hi }],
    scratchBytes: Math.max(listed * listBytes, tables.scratchBytes),
  };
}

/** For each set of eight, as bits of a number: its members' places in order, and zeros. */
const placesOfMembers = Uint8Array.from({ length: 256 * 8 }, (_, at) => {
  const members = [0, 1, 2, 3, 4, 5, 6, 7].filter((place) => ((at >> 3) >> place) & 1);
  return members[at & 7] ?? 0;
});

/** Thresholds less one, so that "reached" becomes "exceeded". */
const thresholds16 = (thresholds: Int32Array): Int16Array =>
  Int16Array.from(thresholds, (threshold) => Math.max(-32768, Math.min(32767, threshold - 1)));

/** Spikes of membranes that lie in memory as 32-bit integers. */
function planFire(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly membranes: number; readonly spikes: number },
  thresholds: Int32Array,
  levels: number,
): { readonly kernel: string; readonly descriptor: number }[] {
  const shape = { pixels: outputPixels(g), channels: g.outChannels, levels };
  const descriptor = plan.descriptor('Fire', { ...buffers, thresholds: plan.table(thresholds), ...shape });
  return [{ kernel: 'fireInteger', descriptor }];
}

/** Weights [row][channel] as doubles, and what makes them of the floats at `w`. */
export function doubleWeights(
  plan: MemoryPlan,
  w: number,
  rows: number,
  channels: number,
): { readonly address: number; readonly pack: readonly Item[] } {
  const address = plan.alloc(rows * channels * 8);
  const descriptor = plan.descriptor('PackReal', { w, packed: address, channels });
  return { address, pack: split(rows, packParts, (lo, hi) => [{ kernel: 'packReal', descriptor, lo, hi }]) };
}

/** y = x ∗ w in double precision; y: [image][pixel][channel] doubles. For layer 1 and the classifier of the ANN's inference. */
export function realForward(
  plan: MemoryPlan,
  g: Geometry,
  buffers: { readonly x: number; readonly map: PaddedMap; readonly w: number; readonly y: number },
): PlannedConvolution {
  const run = g.kernelWidth * g.inChannels;
  const weights = doubleWeights(plan, buffers.w, g.kernelHeight * run, g.outChannels);
  const conv = plan.descriptor('RealConv', {
    x: buffers.x,
    xImage: buffers.map.imageBytes,
    xOffsets: plan.table(windowOffsets(g, buffers.map)),
    w: weights.address,
    y: buffers.y,
    pixels: outputPixels(g),
    rows: g.kernelHeight,
    run,
    rowSkip: buffers.map.rowBytes - run * 4,
    channels: g.outChannels,
  });
  return {
    pack: weights.pack,
    calls: (lo, hi) => [{ kernel: 'realConv', descriptor: conv, lo, hi }],
    scratchBytes: 0,
  };
}
