// Writes the AssemblyScript that is tedious by hand: descriptor classes, and kernels whose variants differ in numbers
// only. V8 issues all loads of a basic block first; with 15 usable vector registers long unrolled bodies spill. So each
// unrolled body ends in a separator: a branch that is never taken, on a value the compiler can't know.
import { descriptors } from './descriptors.mjs';

const range = (n) => [...Array(n).keys()];
const lines = (items, text) => items.map(text).join('\n');
let separators = 0;
/** A branch on an address that no buffer has (the first page is reserved). Each has its own constant. */
const separator = (variable) => `if (${variable} == ${++separators}) break;`;

function classes() {
  return Object.entries(descriptors)
    .map(
      ([name, fields]) =>
        `@unmanaged export class ${name} {\n${lines(Object.entries(fields), ([field, type]) => `  ${field}: ${type};`)}\n}`,
    )
    .join('\n');
}

/**
 * Float convolution, 4 pixels × 8 channels in registers: y[p][c] = Σ_k x[p][k]·w[k][c], k over `rows` contiguous runs.
 * The order of the sum is k ascending, whatever the range of images. Pixels beyond the range repeat the last one.
 */
function denseConv() {
  const R = range(4);
  const body = (u) => `
          b0 = v128.load(q, ${u * 32}); b1 = v128.load(q, ${u * 32 + 16});
${lines(R, (r) => `          a = v128.load32_splat(p${r}, ${u * 4}); c${r}_0 = f32x4.add(c${r}_0, f32x4.mul(a, b0)); c${r}_1 = f32x4.add(c${r}_1, f32x4.mul(a, b1));`)}`;
  return `
export function denseConv(address: usize, lo: i32, hi: i32): void {
  const t = changetype<DenseConv>(address);
  const pixels = t.pixels, run = t.run, rows = t.rows, rowSkip = t.rowSkip, channels = t.channels;
  const xOffsets: usize = t.xOffsets, yOffsets: usize = t.yOffsets;
  const total = (hi - lo) * pixels;
  const blockBytes: usize = <usize>(rows * run) << 5;
  let w: usize = t.w;
  for (let cb = 0; cb < channels; cb += 8, w += blockBytes) {
    let xi: usize = t.x + <usize>lo * t.xImage, yi: usize = t.y + <usize>lo * t.yImage + (<usize>cb << 2);
    let pixel = 0;
    for (let P = 0; P < total; P += 4) {
${lines(
  R,
  (
    r,
  ) => `      let p${r}: usize = xi + load<u32>(xOffsets + (<usize>pixel << 2)); const y${r}: usize = yi + load<u32>(yOffsets + (<usize>pixel << 2));
      if (P + ${r + 1} < total && ++pixel == pixels) { pixel = 0; xi += t.xImage; yi += t.yImage; }`,
)}
      let q = w;
      let a: v128, b0: v128, b1: v128;
${lines(R, (r) => `      let c${r}_0 = f32x4.splat(0), c${r}_1 = f32x4.splat(0);`)}
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < run; k += 2) {${body(0)}
          ${separator('q')}${body(1)}
          q += 64; ${R.map((r) => `p${r} += 8;`).join(' ')}
        }
        ${R.map((r) => `p${r} += rowSkip;`).join(' ')}
      }
${lines(R, (r) => `      v128.store(y${r}, c${r}_0); v128.store(y${r}, c${r}_1, 16);`)}
    }
  }
}`;
}

/**
 * Integer convolution from non-zero inputs. Per image: list the inputs (offset of the weight row of level and channel,
 * plus column · tap stride, so that the taps of one kernel row are one contiguous run of events), then add weight rows
 * for each output pixel: i8 sums, widened to i16 at the end of each run and every `period` events, before they can overflow. Lists are even.
 * Exact while Σ|w|·levels over the kernel < 32,768 (the planner's promise).
 */
function eventConv(blocks, output) {
  const B = range(blocks);
  const one = (u) => `
            { const r = wt + load<u32>(e, ${u * 4}); ${B.map((b) => `d${b} = i8x16.add(d${b}, v128.load(r, ${b * 16}));`).join(' ')} }`;
  const flush = lines(
    B,
    (b) =>
      `          c${b}l = i16x8.add(c${b}l, i16x8.extend_low_i8x16_s(d${b})); c${b}h = i16x8.add(c${b}h, i16x8.extend_high_i8x16_s(d${b})); d${b} = i8x16.splat(0);`,
  );
  const widen = (part, b) => `i32x4.extend_${part}_i16x8_s(c${b})`;
  const emit = (value, at) =>
    output === 'f32'
      ? `v128.store(yo, f32x4.mul(f32x4.convert_i32x4_s(${value}), scale), ${at});`
      : `v128.store(yo, ${value}, ${at});`;
  return `
export function eventConv${blocks * 16}_${output}(address: usize, lo: i32, hi: i32): void {
  const t = changetype<EventConv>(address);
  const height = t.height, width = t.width, outHeight = t.outHeight, outWidth = t.outWidth, outChannels = t.outChannels;
  const kernelHeight = t.kernelHeight, kernelWidth = t.kernelWidth, stride = t.stride, padV = t.padV, padH = t.padH;
  const tapStride = t.tapStride, period: usize = t.period;
  ${output === 'f32' ? 'const scale = f32x4.splat(t.scale);' : ''}
  const starts: usize = scratch;
  for (let n = lo; n < hi; n++) {
    listEvents(address, n);
    let yo: usize = t.y + <usize>(n * outHeight * outWidth * outChannels) * 4;
    for (let oy = 0; oy < outHeight; oy++) for (let ox = 0; ox < outWidth; ox++) {
      const x0 = max(ox * stride - padH, 0), x1 = min(ox * stride - padH + kernelWidth, width);
      const y0 = oy * stride - padV;
      for (let cb = 0; cb < outChannels; cb += ${blocks * 16}, yo += ${blocks * 64}) {
        ${B.map((b) => `let c${b}l = i16x8.splat(0), c${b}h = i16x8.splat(0), d${b} = i8x16.splat(0);`).join(' ')}
        for (let ky = max(0, -y0); ky < kernelHeight; ky++) {
          const iy = y0 + ky;
          if (iy >= height) break;
          const at: usize = starts + (<usize>(iy * width) << 2);
          let e: usize = load<u32>(at + (<usize>x0 << 2));
          const e1: usize = load<u32>(at + (<usize>x1 << 2));
          const wt: usize = t.w + (ky * kernelWidth + padH - ox * stride) * tapStride + cb;
          while (e < e1) {
            const e2 = min(e + period, e1);
            for (const e4 = e + ((e2 - e) & ~15); e < e4; e += 16) {${one(0)}
            ${separator('e')}${one(1)}
            ${separator('e')}${one(2)}
            ${separator('e')}${one(3)}
            }
            if (e < e2) {${one(0)}${one(1)}
              e += 8;
            }
${flush}
          }
        }
        ${B.map((b) => [emit(widen('low', `${b}l`), b * 64), emit(widen('high', `${b}l`), b * 64 + 16), emit(widen('low', `${b}h`), b * 64 + 32), emit(widen('high', `${b}h`), b * 64 + 48)].join(' ')).join('\n        ')}
      }
    }
  }
}`;
}

/**
 * Float weight gradient: dw[row][c] += Σ x[pixel + offset(row)]·dy[pixel][c], 4 kernel rows × 8 channels in registers.
 * lo, hi: range of tiles of 4 rows. Sums run over the pixels of an image; the images' sums are added in order.
 */
function denseWeightGradient() {
  const R = range(4);
  return `
export function denseWeightGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<DenseWeightGradient>(address);
  const channels = t.channels, outHeight = t.outHeight, outWidth = t.outWidth, images = t.images, per = t.imagesPerChunk;
  const xRow: usize = t.xRow, xPixel: usize = t.xPixel, dyRow: usize = t.dyRow, dyPixel: usize = t.dyPixel;
  for (let first = 0; first < images; first += per) {
    const last = min(first + per, images);
    for (let tile = lo; tile < hi; tile++) {
${lines(R, (r) => `      const row${r} = min(tile * 4 + ${r}, t.rows - 1); const o${r}: usize = load<u32>(t.rowOffsets + (<usize>row${r} << 2));`)}
      for (let cb = 0; cb < channels; cb += 8) {
${lines(
  R,
  (r) => `        const w${r}: usize = t.dw + (<usize>(row${r} * channels + cb) << 2);
        let s${r}_0 = first ? v128.load(w${r}) : f32x4.splat(0), s${r}_1 = first ? v128.load(w${r}, 16) : f32x4.splat(0);`,
)}
        for (let n = first; n < last; n++) {
          let xi: usize = t.x + <usize>n * t.xImage, di: usize = t.dy + <usize>n * t.dyImage + (<usize>cb << 2);
${lines(R, (r) => `          let c${r}_0 = f32x4.splat(0), c${r}_1 = f32x4.splat(0);`)}
          for (let oy = 0; oy < outHeight; oy++, xi += xRow, di += dyRow) {
            let q = di; ${R.map((r) => `let p${r} = xi + o${r};`).join(' ')}
            for (let ox = 0; ox < outWidth; ox++) {
              const b0 = v128.load(q), b1 = v128.load(q, 16);
              let a: v128;
${lines(R, (r) => `              a = v128.load32_splat(p${r}); c${r}_0 = f32x4.add(c${r}_0, f32x4.mul(a, b0)); c${r}_1 = f32x4.add(c${r}_1, f32x4.mul(a, b1));`)}
              q += dyPixel; ${R.map((r) => `p${r} += xPixel;`).join(' ')}
            }
          }
${lines(R, (r) => `          s${r}_0 = f32x4.add(s${r}_0, c${r}_0); s${r}_1 = f32x4.add(s${r}_1, c${r}_1);`)}
        }
${lines(R, (r) => `        v128.store(w${r}, s${r}_0); v128.store(w${r}, s${r}_1, 16);`)}
      }
    }
  }
}`;
}

/**
 * Weight gradient from lists of non-zero inputs: dw[ky][kx][ci][c] += level/n · Σ dy[pixel of the event − tap][c].
 * One list serves all taps of its stride phase; `taps` neighbouring columns share each event (their dy lie at fixed
 * distances, because dy pixels hold exactly the block's channels), others are taken one by one.
 */
function sparseWeightGradient(vectors, taps) {
  const V = range(vectors);
  const T = range(taps);
  const name = `sparseGradient${vectors * 4}x${taps}`;
  const accumulators = T.flatMap((tap) =>
    V.map((v) => ({ name: `c${tap}_${v}`, offset: tap * vectors * 16 + v * 16 })),
  );
  const one = (u) =>
    `{ const r = q + load<u32>(e, ${u * 4}); ${accumulators.map(({ name: c, offset }, i) => `${c} = f32x4.add(${c}, v128.load(r, ${offset}));${i % 4 === 3 ? separator('e') : ''}`).join(' ')} }`;
  // Tap t of the group lies t pixels before the first: address q is that of the last tap, so offsets are positive.
  return `
// @ts-ignore: decorator
@inline function ${name}(heads: usize, levels: i32, events: usize, q: usize, d: usize, tapBytes: usize, scale: f32): void {
  ${T.map((tap) => `const d${tap}: usize = d + ${taps - 1 - tap} * tapBytes;`).join(' ')}
  let e: usize = events + (<usize>load<u32>(heads) << 2);
  ${accumulators.map(({ name: c }) => `let t${c} = f32x4.splat(0);`).join(' ')}
  for (let level = 1; level <= levels; level++) {
    const e1: usize = events + (<usize>load<u32>(heads + (<usize>level << 2)) << 2);
    if (e == e1) continue;
    ${accumulators.map(({ name: c }) => `let ${c} = f32x4.splat(0);`).join(' ')}
    for (const e2 = e + ((e1 - e) & ~7); e < e2; e += 8) {
      ${one(0)}
      ${separator('e')}
      ${one(1)}
    }
    if (e < e1) { ${one(0)} e += 4; }
    const s = f32x4.splat(<f32>level * scale);
    ${accumulators.map(({ name: c }) => `t${c} = f32x4.add(t${c}, f32x4.mul(s, ${c}));`).join(' ')}
  }
  ${T.map((tap) => V.map((v) => `v128.store(d${tap}, f32x4.add(v128.load(d${tap}, ${v * 16}), tc${tap}_${v}), ${v * 16});`).join(' ')).join('\n  ')}
}`;
}

/**
 * Input gradient of open neurons only (0 < y ≤ B): others pass nothing on, and get 0. Images in chunks whose dy stays
 * in the second-level cache; per class of windows and input channel the list of open pixels, `lanes` of which share each
 * load of the channel's weights. dx[pixel][c] = Σ_k dy[k]·w[c][k], in four partial sums (k mod 4), added up last.
 * classes: rows, bytes of a row, byte offset of the weights, bytes from channel to channel and from row to row there.
 */
function maskedGradient(lanes) {
  const C = range(lanes);
  const one = (u) =>
    `a = v128.load(q, ${u * 16}); ${C.map((c) => `c${c} = f32x4.add(c${c}, f32x4.mul(a, v128.load(p${c}, ${u * 16})));`).join(' ')} ${separator('q')}`;
  return `
export function maskedGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<MaskedGradient>(address);
  const channels = t.channels, phases = t.phases, targets: usize = t.targets, dyRow: usize = t.dyRow;
  const heads: usize = scratch, imageValues = t.pixels * channels;
  const events: usize = heads + (<usize>(phases * channels + 1) << 2);
  const work: usize = (events + (<usize>(imageValues * t.imagesPerChunk + ${lanes}) << 2) + 15) & ~15;
  for (let first = lo; first < hi; first += t.imagesPerChunk) {
    const images = min(t.imagesPerChunk, hi - first);
    listPositions(t.open + <usize>(first * imageValues), channels, 1, images, t.imagesPerChunk, phases, t.phasePixels, t.order, heads, events, work);
    const dy: usize = t.dy + <usize>first * t.dyImage, chunk: usize = t.dx + (<usize>(first * imageValues) << 2);
    memory.fill(chunk, 0, <usize>(images * imageValues) << 2);
    let head = heads;
    for (let phase = 0; phase < phases; phase++) {
      const window: usize = t.classes + <usize>phase * 20;
      const rows = load<i32>(window), runBytes: usize = load<u32>(window, 4);
      const channelBytes: usize = load<u32>(window, 12), skip: usize = dyRow - runBytes, weightSkip: usize = load<u32>(window, 16) - runBytes;
      let w: usize = t.w + load<u32>(window, 8);
      for (let ci = 0; ci < channels; ci++, head += 4, w += channelBytes) {
        const dx: usize = chunk + (<usize>ci << 2);
        let e: usize = events + (<usize>load<u32>(head) << 2);
        const e1: usize = events + (<usize>load<u32>(head, 4) << 2);
        for (; e < e1; e += ${lanes * 4}) {
          // Beyond the end of the list the last pixel is taken again.
          ${C.map((c) => `const t${c}: usize = targets + load<u32>(min(e + ${c * 4}, e1 - 4)); let p${c}: usize = dy + load<u32>(t${c}), c${c} = f32x4.splat(0);`).join('\n          ')}
          let q = w;
          for (let row = 0; row < rows; row++) {
            let a: v128;
            for (const end = q + runBytes; q < end; q += 64) {
              ${one(0)}
              ${one(1)}
              ${one(2)}
              ${one(3)}
              ${C.map((c) => `p${c} += 64;`).join(' ')}
            }
            q += weightSkip;
            ${C.map((c) => `p${c} += skip;`).join(' ')}
          }
          ${C.map((c) => `store<f32>(dx + load<u32>(t${c}, 4), (f32x4.extract_lane(c${c}, 0) + f32x4.extract_lane(c${c}, 1)) + (f32x4.extract_lane(c${c}, 2) + f32x4.extract_lane(c${c}, 3)));`).join('\n          ')}
        }
      }
    }
  }
}`;
}

export function generateKernels() {
  const parts = [
    '// GENERATED by generate.mjs',
    classes(),
    "import { listEvents, listPositions } from './events';\nimport { scratch } from './scratch';",
    denseConv(),
    denseWeightGradient(),
  ];
  for (const output of ['f32', 'i32']) for (const blocks of [1, 2, 4]) parts.push(eventConv(blocks, output));
  for (const [vectors, taps] of [
    [4, 3],
    [4, 2],
    [4, 1],
    [8, 1],
  ])
    parts.push(sparseWeightGradient(vectors, taps));
  parts.push(maskedGradient(6), sparseDriver());
  return `${parts.join('\n')}\n`;
}

/** Walks chunk → block of channels → input channel → phase → taps and picks the kernel above. lo, hi: input channels. */
function sparseDriver() {
  const call = (vectors, taps) => `sparseGradient${vectors * 4}x${taps}`;
  return `
export function sparseWeightGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SparseWeightGradient>(address);
  const stride = t.stride, levels = t.levels, inChannels = t.inChannels, outChannels = t.outChannels;
  const kernelHeight = t.kernelHeight, kernelWidth = t.kernelWidth, scale = t.scale;
  const perPhase: usize = <usize>(inChannels * levels) << 2;
  const perChunk: usize = <usize>(stride * stride) * perPhase + 4;
  const thin = outChannels == 16;
  const rowBytes: usize = <usize>(inChannels * outChannels) << 2;
  for (let chunk = 0; chunk < t.chunks; chunk++) {
    const heads: usize = t.heads + <usize>chunk * perChunk;
    const events: usize = t.events + (<usize>chunk * <usize>t.capacity << 2);
    for (let cb = 0; cb < outChannels; cb += 32) {
      const dy: usize = t.dy + <usize>chunk * t.dyChunk + (<usize>cb << 2);
      const wide = !thin && cb + 32 <= outChannels;
      for (let ci = lo; ci < hi; ci++) {
        for (let py = 0; py < min(stride, kernelHeight); py++) for (let px = 0; px < min(stride, kernelWidth); px++) {
          const list: usize = heads + <usize>(py * stride + px) * perPhase + (<usize>(ci * levels) << 2);
          if (load<u32>(list) == load<u32>(list + (<usize>levels << 2))) continue;
          for (let ky = py, ty = 0; ky < kernelHeight; ky += stride, ty++) {
            let q: usize = dy - ty * t.dyRow;
            let d: usize = t.dw + (<usize>ky * kernelWidth + px) * rowBytes + (<usize>(ci * outChannels + cb) << 2);
            let left = (kernelWidth - px + stride - 1) / stride;
            const step: usize = rowBytes * stride;
            if (thin) for (; left > 0; ) {
              if (left >= 3) { ${call(4, 3)}(list, levels, events, q - 2 * t.dyPixel, d, step, scale); q -= 3 * t.dyPixel; d += 3 * step; left -= 3; }
              else if (left == 2) { ${call(4, 2)}(list, levels, events, q - t.dyPixel, d, step, scale); left = 0; }
              else { ${call(4, 1)}(list, levels, events, q, d, step, scale); left = 0; }
            } else for (; left > 0; left--, q -= t.dyPixel, d += step) {
              if (wide) ${call(8, 1)}(list, levels, events, q, d, step, scale);
              else ${call(4, 1)}(list, levels, events, q, d, step, scale);
            }
          }
        }
      }
    }
  }
}`;
}
