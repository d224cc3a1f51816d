// Writes the AssemblyScript that is tedious by hand: descriptor classes, and kernels whose variants differ in numbers
// only.
import { method } from '../../../network/method.mjs';
import { constants } from './constants.mjs';
import { descriptions, fieldsOf } from './description.mjs';
import { encodeImages } from './generate-encoding.mjs';
import { maskedGradient } from './generate-gradients.mjs';
import { lines, range, separator } from './generate-parts.mjs';
import { addFloats, addIntegers, addSums } from './generate-tabled.mjs';
import { transposition } from './generate-transpositions.mjs';

/** With its type: a number without one would be in single precision where a float is expected. */
function constant([name, value]) {
  return `export const ${name}: ${Number.isInteger(value) ? 'i32' : 'f64'} = ${value};`;
}

/** A struct's fields, and where the areas of scratch memory begin that belong to it. */
function struct([name, description]) {
  const areas = Object.entries(description.scratch ?? {});
  const bytes = (formula) => formula.replace(/[a-z]\w*/gi, '<usize>this.$&');
  const start = (index) => ['scratch', ...areas.slice(0, index).map(([, formula]) => bytes(formula))].join(' + ');
  const getters = areas.map(([area], index) => `@inline get ${area}(): usize { return ${start(index)}; }`);
  const fields = fieldsOf(description).map(({ name: field, type }) => `${field}: ${type};`);
  return `@unmanaged export class ${name} {\n${lines([...fields, ...getters], (line) => `  ${line}`)}\n}`;
}

/**
 * Integer convolution from non-zero inputs. List the inputs of some images (offset of the weight row of level and channel,
 * plus column · tap stride, so that the taps of one kernel row are one contiguous run of events), then add weight rows
 * for each block of channels and output pixel: i8 sums, widened to i16 at the end of each run and every `period` events, before they can
 * overflow. Lists are even.
 * Exact while Σ|w|·levels over the kernel < 32,768 (the planner's promise).
 */
function eventConv(blocks, output) {
  const B = range(blocks);
  // Two output rows, above and below: where both see an input row, they share the reading of its events.
  const above = { name: 'a', weights: 'wa' };
  const below = { name: 'b', weights: 'wb' };
  const one = (rows, event) => {
    const adds = ({ name, weights }) =>
      `const ${name}r = ${weights} + event; ${B.map((b) => `${name}${b} = i8x16.add(${name}${b}, v128.load(${name}r, ${b * 16}));`).join(' ')}`;
    return `
                { const event = ${event}; ${rows.map(adds).join(' ')} }`;
  };
  const declare = ({ name }) =>
    B.map(
      (b) => `let ${name}${b}l = i16x8.splat(0), ${name}${b}h = i16x8.splat(0), ${name}${b} = i8x16.splat(0);`,
    ).join(' ');
  const flush = ({ name }) =>
    lines(
      B.map((b) => `${name}${b}`),
      (c) =>
        `              ${c}l = i16x8.add(${c}l, i16x8.extend_low_i8x16_s(${c})); ${c}h = i16x8.add(${c}h, i16x8.extend_high_i8x16_s(${c})); ${c} = i8x16.splat(0);`,
    );
  // One block leaves registers enough for four loads.
  const apart = blocks === 1 ? () => '' : separator;
  const walk = (rows) => `
            while (e < e1) {
              const e2 = min(e + period, e1);
              for (const e4 = e + ((e2 - e) & ~15); e < e4; e += 16) {${one(rows, 'load<u32>(e)')}
              ${apart('e')}${one(rows, 'load<u32>(e, 4)')}
              ${apart('e')}${one(rows, 'load<u32>(e, 8)')}
              ${apart('e')}${one(rows, 'load<u32>(e, 12)')}
              }
              // Two more, or zeros twice: half the lists have them, and a wrong guess costs more than to add zeros.
              const more = e < e2;
              ${one(rows, 'select<u32>(load<u32>(e), zeros, more)')}${one(rows, 'select<u32>(load<u32>(e, 4), zeros, more)')}
              e = e2;
${rows.map(flush).join('\n')}
            }`;
  // Spikes of sixteen channels: how many thresholds, less one, each membrane exceeds.
  const fire = (c, y, at) => `{
          let low = i16x8.splat(0), high = low;
          let at: usize = t.thresholds + (<usize>cb << 1) + ${at * 2};
          for (let level = 0; level < t.levels; level++, at += <usize>outChannels << 1) {
            low = i16x8.sub(low, i16x8.gt_s(${c}l, v128.load(at)));
            high = i16x8.sub(high, i16x8.gt_s(${c}h, v128.load(at, 16)));
          }
          v128.store(${y}, i8x16.narrow_i16x8_u(low, high), ${at});
        }`;
  // What becomes of the sums of sixteen channels, and the bytes that each takes.
  const { bytes, store } = {
    i16: {
      bytes: 2,
      store: (c, y, at) => `v128.store(${y}, ${c}l, ${at * 2}); v128.store(${y}, ${c}h, ${at * 2 + 16});`,
    },
    fire: { bytes: 1, store: fire },
  }[output];
  const emit = ({ name }, y) => lines(B, (b) => `        ${store(`${name}${b}`, y, b * 16)}`);
  return `
export function eventConv${blocks * 16}_${output}(address: usize, lo: i32, hi: i32): void {
  const t = changetype<EventConv>(address);
  const height = t.height, width = t.width, outHeight = t.outHeight, outWidth = t.outWidth, outChannels = t.outChannels;
  const kernelHeight = t.kernelHeight, kernelWidth = t.kernelWidth, stride = t.stride, padV = t.padV, padH = t.padH;
  const tapStride = <i32>t.tapStride, period: usize = t.period;
  const pixelBytes: usize = <usize>outChannels * ${bytes}, rowBytes: usize = <usize>outWidth * pixelBytes;
  for (let first = lo; first < hi; first += t.listed) {
    const end = min(first + t.listed, hi);
    for (let n = first, list = t.lists; n < end; n++, list += t.listBytes) listEvents(address, n, list);
    // Block by block of channels, so that its weights stay in the second-level cache from image to image.
    let w: usize = t.w;
    for (let cb = 0; cb < outChannels; cb += ${blocks * 16}, w += t.blockStride)
    for (let n = first, starts = t.lists; n < end; n++, starts += t.listBytes) {
    let yo: usize = t.y + <usize>(n * outHeight) * rowBytes + <usize>cb * ${bytes};
    for (let oy = 0; oy < outHeight; oy += 2, yo += rowBytes) for (let ox = 0; ox < outWidth; ox++, yo += pixelBytes) {
      // Between 0 and the width, also where padding is so wide that a window sees nothing of the image.
      const left = ox * stride - padH, x0 = max(min(left, width), 0), x1 = max(min(left + kernelWidth, width), 0);
      const y0 = oy * stride - padV;
      // Input rows from this one on are seen by the row below, too; there is none at an odd end.
      const below = oy + 1 < outHeight ? stride : kernelHeight;
      const y1 = min(y0 + kernelHeight + (oy + 1 < outHeight ? stride : 0), height);
        ${declare(above)}
        ${declare(below)}
        for (let iy = max(0, y0); iy < y1; iy++) {
          const ky = iy - y0, seen = ky < kernelHeight, seenBelow = ky >= below;
          const at: usize = starts + (<usize>(iy * width) << 2);
          let e: usize = load<u32>(at + (<usize>x0 << 2));
          const e1: usize = load<u32>(at + (<usize>x1 << 2));
          // The row of zeros behind the first tap's table.
          const zeros = (x0 + 1) * tapStride - ${blocks * 16};
          const wa: usize = w + (ky * kernelWidth + padH - ox * stride) * tapStride;
          const wb = wa - stride * kernelWidth * tapStride;
          if (seen && seenBelow) {${walk([above, below])}
          } else if (seen) {${walk([above])}
          } else if (seenBelow) {${walk([below])}
          }
        }
${emit(above, 'yo')}
        if (oy + 1 == outHeight) continue;
        const yb = yo + rowBytes;
${emit(below, 'yb')}
    }
    }
  }
}`;
}

export function generateKernels() {
  const parts = [
    '// GENERATED by generate.mjs',
    lines(Object.entries({ ...constants, ...method }), constant),
    lines(Object.entries(descriptions), struct),
    "import { decide, quantiseImage } from './encoding';\nimport { listEvents, listPositions } from './events';\nimport { scratch } from './scratch';",
    encodeImages(),
  ];
  for (const output of ['i16', 'fire']) for (const blocks of [1, 2, 4]) parts.push(eventConv(blocks, output));
  parts.push(maskedGradient(6, 4));
  parts.push(...[16, 32].flatMap((block) => [addFloats(block), addIntegers(block)]));
  parts.push(addSums(64, 1), addSums(32, 1), ...[1, 2, 3, 4, 5].map((taps) => addSums(16, taps)));
  parts.push(
    transposition('transposeBytes', 'u8', 16),
    transposition('transposeFloats', 'f32', 4),
    transposition('transposeHalves', 'i16', 8),
  );
  return `${parts.join('\n')}\n`;
}
