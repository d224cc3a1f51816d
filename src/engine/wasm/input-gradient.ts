// Input gradients as kernel calls, of open neurons only.
import type { PlannedConvolution } from './convolution.js';
import { type Geometry, inputPixels, type PaddedMap } from './geometry.js';
import { rowPixels, type StridePhase, stridePhases } from './gradient-geometry.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, packItems } from './program.js';
import { type Address, bytes } from './units.js';

export interface InputGradientBuffers {
  /** Zero-bordered gradient of the convolution's output. */
  readonly dy: Address;
  readonly map: PaddedMap;
  /** HWIO floats. */
  readonly w: Address;
  /** [image][pixel][channel] */
  readonly dx: Address;
  /** [image][pixel][channel] bytes: 1 where the neuron before the convolution was open, 0 < y ≤ B; otherwise 0. */
  readonly open: Address;
}

/** Gradients of so many bytes at a time stay in the second-level cache, beside the lists. */
const chunkBytes = 1 << 19;
const maximumChunk = 16;

/** Images whose gradients are computed together. */
export const chunkImages = (map: PaddedMap): number =>
  Math.max(1, Math.min(maximumChunk, Math.floor(chunkBytes / map.imageBytes)));

/** Images that it takes in one call: so many suit it, and with fewer than the least it would take as long. */
export interface PlannedInputGradient extends PlannedConvolution {
  readonly images: { readonly suited: number; readonly least: number };
}

/** dx = dy ∗ flipped w where the neuron was open, and 0 elsewhere. For Q(W) there is tabledGradient. */
export function inputGradient(
  plan: MemoryPlan,
  g: Geometry,
  { dy, map, w, dx, open }: InputGradientBuffers,
): PlannedInputGradient {
  const channelsBytes = map.pixelBytes;
  const channelBytes = (phase: StridePhase) => phase.tapsY * phase.tapsX * channelsBytes;
  let end = 0;
  const phases = stridePhases(g)
    .filter(({ tapsY, tapsX }) => tapsY * tapsX > 0)
    .map((phase) => {
      const offset = end;
      end += channelBytes(phase) * g.inChannels;
      return { ...phase, offset };
    });
  const packed = plan.alloc(bytes(end));
  const pack = plan.descriptor('PackMasked', {
    ...{ w, packed, kernelWidth: g.kernelWidth, inChannels: g.inChannels, outChannels: g.outChannels },
    ...{ stride: g.stride, phases: phases.length },
    table: plan.table(
      Uint32Array.from(phases.flatMap((one) => [one.phaseY, one.phaseX, one.tapsY, one.tapsX, one.offset])),
    ),
  });
  const imagesPerChunk = chunkImages(map);
  const classes = phases.flatMap((phase) => windowClasses(g, phase));
  const pixels = inputPixels(g);
  const phasePixels = Uint32Array.from(classes, ({ windows }) => windows.length);
  const { order, targets } = openOrder(g, imagesPerChunk, map, classes);
  const descriptor = plan.descriptor('MaskedGradient', {
    open,
    channels: g.inChannels,
    phases: classes.length,
    phasePixels: plan.table(phasePixels),
    order: plan.table(order),
    // Lists are used whole: they begin at position 0 and end behind all positions.
    cuts: plan.table(Uint32Array.from(classes.flatMap(() => [0, 0, 0x7fffffff, 1, 0xffffffff, 0]))),
    targets: plan.table(targets),
    classes: plan.table(
      Uint32Array.from(
        classes.flatMap(({ phase, rows, columns, skipped }) => [
          ...[rows, columns * channelsBytes, phase.offset, skipped * channelsBytes],
          ...[channelBytes(phase), phase.tapsX * channelsBytes],
        ]),
      ),
    ),
    ...{ imagesPerChunk, pixels, w: packed, dy, dyImage: map.imageBytes, dyRow: map.rowBytes, dx },
    rowPixels: rowPixels(phasePixels, imagesPerChunk),
    mostBytes: bytes(Math.max(...phases.map(channelBytes))),
    // Lists write a little beyond their ends.
    eventBytes: bytes(Math.ceil((pixels * g.inChannels * imagesPerChunk + 3) / 4) * 16),
  });
  return {
    pack: packItems(g.inChannels, calls('packMasked', pack)),
    calls: calls('maskedGradient', descriptor),
    images: { suited: imagesPerChunk, least: 1 },
  };
}

/** Pixels of a stride phase whose windows hold the same taps. */
interface WindowClass {
  readonly phase: StridePhase & { readonly offset: number };
  readonly rows: number;
  readonly columns: number;
  /** Taps of the packed kernel before the window's first. */
  readonly skipped: number;
  /** [input row, input column, first row of dy, first column of dy] */
  readonly windows: readonly (readonly [number, number, number, number])[];
}

/** Where this share of the taps lies in the borders, leaving them out pays for shorter lists. */
const worthClipping = 0.1;

function windowClasses(g: Geometry, phase: WindowClass['phase']): WindowClass[] {
  const clip = (quotient: number, taps: number, size: number) => {
    const first = quotient - (taps - 1);
    const start = Math.max(0, first);
    return { first: start, count: Math.max(0, Math.min(size - 1, quotient) - start + 1), skipped: start - first };
  };
  const windows = phase.pixels.map(([y, x, qy, qx]) => {
    const [row, column] = [clip(qy, phase.tapsY, g.outHeight), clip(qx, phase.tapsX, g.outWidth)];
    return { y, x, qy, qx, row, column, taps: row.count * column.count };
  });
  const inside = windows.reduce((sum, { taps }) => sum + taps, 0);
  const clipped = inside < (1 - worthClipping) * windows.length * phase.tapsY * phase.tapsX;
  const classes = new Map<string, WindowClass & { windows: WindowClass['windows'][number][] }>();
  for (const { y, x, qy, qx, row, column, taps } of windows) {
    if (taps === 0) continue;
    const key = clipped ? `${row.count} ${column.count} ${row.skipped} ${column.skipped}` : '';
    const whole = { rows: phase.tapsY, columns: phase.tapsX, skipped: 0 };
    const part = { rows: row.count, columns: column.count, skipped: row.skipped * phase.tapsX + column.skipped };
    const known = classes.get(key) ?? { phase, ...(clipped ? part : whole), windows: [] };
    if (clipped) known.windows.push([y, x, row.first, column.first]);
    else known.windows.push([y, x, qy - (phase.tapsY - 1), qx - (phase.tapsX - 1)]);
    classes.set(key, known);
  }
  return [...classes.values()];
}

/** The kernel's tables for a chunk: where the open neurons' bytes lie, and the window and the result of each. */
function openOrder(g: Geometry, images: number, map: PaddedMap, classes: readonly WindowClass[]) {
  const order: number[] = [];
  const targets: number[] = [];
  for (const { windows } of classes)
    for (let n = 0; n < images; n++)
      for (const [y, x, row, column] of windows) {
        const neuron = ((n * g.inHeight + y) * g.inWidth + x) * g.inChannels;
        order.push(neuron, targets.length * 4);
        targets.push(n * map.imageBytes + map.origin + row * map.rowBytes + column * map.pixelBytes, neuron * 4);
      }
  return { order: Uint32Array.from(order), targets: Uint32Array.from(targets) };
}
