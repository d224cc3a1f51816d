// Writes the gradients' kernels, in floats and in 16-bit integers.
import { lines, range, separator } from './generate-parts.mjs';

/**
 * Float weight gradient: dw[row][c] += Σ x[pixel + offset(row)]·dy[pixel][c], 4 kernel rows × 8 channels in registers.
 * lo, hi: range of tiles of 4 rows. Sums run over the pixels of an image; the images' sums are added in order.
 */
export function denseWeightGradient() {
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
 * One list serves all taps of its stride phase; `taps` neighbouring columns share each event, as the block's channels of
 * neighbouring pixels are neighbours in memory.
 */
export function sparseWeightGradient(vectors, taps) {
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
@inline function ${name}(heads: usize, levels: i32, listBytes: usize, events: usize, q: usize, d: usize, tapBytes: usize, scale: f32): void {
  ${T.map((tap) => `const d${tap}: usize = d + ${taps - 1 - tap} * tapBytes;`).join(' ')}
  ${accumulators.map(({ name: c }) => `let t${c} = f32x4.splat(0);`).join(' ')}
  for (let level = 1; level <= levels; level++, heads += listBytes) {
    let e: usize = events + (<usize>load<u32>(heads) << 2);
    const e1: usize = events + (<usize>load<u32>(heads, 4) << 2);
    if (e == e1) continue;
    ${accumulators.map(({ name: c }) => `let ${c} = f32x4.splat(0);`).join(' ')}
    for (const e2 = e + ((e1 - e) & ~7); e < e2; e += 8) {
      ${one(0)}
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
 * The same in integers: dy in 12 bits, sums of a level in 16 bits, widened to 32 in `totals` after as many events
 * (`most` bytes of them) as 16 bits hold for certain; the sum over a list is then exact, and times `scale` added to dw.
 * Even and odd channels are widened apart, each by one instruction: products with pairs of the level and 0.
 */
export function integerWeightGradient(vectors, taps) {
  const T = range(taps);
  const name = `integerGradient${vectors * 8}x${taps}`;
  const V = range(vectors * taps);
  const one = (u) =>
    `{ const r = q + load<u32>(e, ${u * 4}); ${V.map((v) => `c${v} = i16x8.add(c${v}, v128.load(r, ${v * 16}));${v % 4 === 3 ? separator('e') : ''}`).join(' ')} }`;
  const widen = (v, factors, at) =>
    `v128.store(totals, i32x4.add(v128.load(totals, ${at}), i32x4.dot_i16x8_s(c${v}, ${factors})), ${at});`;
  return `
// @ts-ignore: decorator
@inline function ${name}(heads: usize, levels: i32, listBytes: usize, events: usize, q: usize, d: usize, tapBytes: usize, scale: f32, most: usize, totals: usize): void {
  memory.fill(totals, 0, ${V.length * 32});
  for (let level = 1; level <= levels; level++, heads += listBytes) {
    let e: usize = events + (<usize>load<u32>(heads) << 2);
    const e1: usize = events + (<usize>load<u32>(heads, 4) << 2);
    const even = i32x4.splat(level), odd = i32x4.shl(even, 16);
    while (e < e1) {
      ${V.map((v) => `let c${v} = i16x8.splat(0);`).join(' ')}
      const some: usize = min(e1 - e, most);
      const rest: usize = e + some;
      for (const e2 = e + (some & ~7); e < e2; e += 8) {
        ${one(0)}
        ${one(1)}
      }
      if (e < rest) { ${one(0)} e += 4; }
      ${V.map((v) => `${widen(v, 'even', v * 32)} ${widen(v, 'odd', v * 32 + 16)}`).join('\n      ')}
    }
  }
  const f = f32x4.splat(scale);
  ${T.map(
    (tap) =>
      `{ const dt: usize = d + ${taps - 1 - tap} * tapBytes; for (let i: usize = 0; i < ${vectors * 32}; i += 32) {
        const evens = v128.load(totals + i, ${tap * vectors * 32}), odds = v128.load(totals + i, ${tap * vectors * 32 + 16});
        v128.store(dt + i, f32x4.add(v128.load(dt + i), f32x4.mul(f, f32x4.convert_i32x4_s(v128.shuffle<i32>(evens, odds, 0, 4, 1, 5)))));
        v128.store(dt + i, f32x4.add(v128.load(dt + i, 16), f32x4.mul(f, f32x4.convert_i32x4_s(v128.shuffle<i32>(evens, odds, 2, 6, 3, 7)))), 16);
      } }`,
  ).join('\n  ')}
}`;
}

/**
 * Input gradient of open neurons only (0 < y ≤ B): others pass nothing on, and get 0. Images in chunks whose dy stays
 * in the second-level cache; per class of windows and input channel the list of open pixels, `lanes` of which share each
 * load of the channel's weights. dx[pixel][c] = Σ_k dy[k]·w[c][k], in four partial sums (k mod 4), added up last.
 * classes: rows, bytes of a row, byte offset of the weights, bytes from channel to channel and from row to row there.
 */
export function maskedGradient(lanes, unroll) {
  const C = range(lanes);
  const add = (c, u) => `c${c} = f32x4.add(c${c}, f32x4.mul(a, v128.load(p${c}, ${u * 16})));`;
  const lane = (c, i) => `f32x4.extract_lane(c${c}, ${i})`;
  const one = (u) => `a = v128.load(q, ${u * 16}); ${C.map((c) => add(c, u)).join(' ')} ${separator('q')}`;
  return `
export function maskedGradient(address: usize, lo: i32, hi: i32): void {
  const t = changetype<MaskedGradient>(address);
  const channels = t.channels, phases = t.phases, targets: usize = t.targets, dyRow: usize = t.dyRow;
  const heads: usize = t.heads, events: usize = t.events, imageValues = t.pixels * channels;
  for (let first = lo; first < hi; first += t.imagesPerChunk) {
    const images = min(t.imagesPerChunk, hi - first);
    listPositions(t.open + <usize>(first * imageValues), channels, 1, images, t.imagesPerChunk, phases, t.phasePixels, t.order, t.cuts, 2, heads, events, t.listing);
    const dy: usize = t.dy + <usize>first * t.dyImage, chunk: usize = t.dx + (<usize>(first * imageValues) << 2);
    memory.fill(chunk, 0, <usize>(images * imageValues) << 2);
    let head = heads;
    for (let phase = 0; phase < phases; phase++) {
      const window: usize = t.classes + <usize>phase * 20;
      const rows = load<i32>(window), runBytes: usize = load<u32>(window, 4);
      const channelBytes: usize = load<u32>(window, 12), skip: usize = dyRow - runBytes, weightSkip: usize = load<u32>(window, 16) - runBytes;
      let w: usize = t.w + load<u32>(window, 8);
      for (let ci = 0; ci < channels; ci++, head += 8, w += channelBytes) {
        const dx: usize = chunk + (<usize>ci << 2);
        let e: usize = events + (<usize>load<u32>(head) << 2);
        const e1: usize = events + (<usize>load<u32>(head, 4) << 2);
        for (; e < e1; e += ${lanes * 4}) {
          // Beyond the end of the list the last pixel is taken again.
          ${C.map((c) => `const t${c}: usize = targets + load<u32>(min(e + ${c * 4}, e1 - 4)); let p${c}: usize = dy + load<u32>(t${c}), c${c} = f32x4.splat(0);`).join('\n          ')}
          let q = w;
          for (let row = 0; row < rows; row++) {
            let a: v128;
            for (const end = q + runBytes; q < end; q += ${unroll * 16}) {
              ${range(unroll).map(one).join('\n              ')}
              ${C.map((c) => `p${c} += ${unroll * 16};`).join(' ')}
            }
            q += weightSkip;
            ${C.map((c) => `p${c} += skip;`).join(' ')}
          }
          ${C.map((c) => `store<f32>(dx + load<u32>(t${c}, 4), (${lane(c, 0)} + ${lane(c, 1)}) + (${lane(c, 2)} + ${lane(c, 3)}));`).join('\n          ')}
        }
      }
    }
  }
}`;
}

/**
 * Walks chunk → block of channels → input channel → phase → taps and picks the kernel above. lo, hi: input channels.
 * groups: for each block of channels the numbers of taps that one kernel takes, largest first.
 */
export function sparseDriver(type, groups) {
  const integer = type === 'i16';
  const prefix = integer ? 'integerGradient' : 'sparseGradient';
  const call = (width, taps) =>
    `${prefix}${width}x${taps}(list + (<usize>ty << 3), levels, listBytes, events, q - ${taps - 1} * dyPixel, d, step, scale${integer ? ', most, t.totals' : ''}); q -= ${taps} * dyPixel; d += ${taps} * step; left -= ${taps};`;
  const choose = (width, taps) =>
    taps
      .map((count) => (count > 1 ? `if (left >= ${count}) { ${call(width, count)} } else` : `{ ${call(width, 1)} }`))
      .join(' ');
  return `
export function sparseWeightGradient_${type}(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SparseWeightGradient>(address);
  const stride = t.stride, levels = t.levels, inChannels = t.inChannels, outChannels = t.outChannels;
  const kernelHeight = t.kernelHeight, kernelWidth = t.kernelWidth, dyPixel: usize = t.dyPixel, width = t.width;
  const scale = ${integer ? '<f32>(gradientStep(t.bounds, outChannels, coarseBits) * <f64>t.scale)' : 't.scale'};
  const listBytes: usize = t.cutCount << 2;
  const perPhase: usize = <usize>(inChannels * levels) * listBytes;
  const perChunk: usize = <usize>(stride * stride) * perPhase;
  const rowBytes: usize = <usize>(inChannels * outChannels) << 2, step: usize = rowBytes * stride;
  let heads: usize = t.heads, events: usize = t.events;
  for (let first = 0; first < t.images; first += t.imagesPerChunk, heads += perChunk, events += <usize>t.capacity << 2) {
    let dy: usize = t.dy + <usize>first * t.dyImage;
    for (let cb = 0; cb < outChannels; cb += width, dy += t.dyBlock) {${integer ? '\n      const most: usize = safeAdditions(address, first, cb / width) << 2;' : ''}
      for (let ci = lo; ci < hi; ci++) {
        for (let py = 0; py < min(stride, kernelHeight); py++) for (let px = 0; px < min(stride, kernelWidth); px++) {
          const list: usize = heads + <usize>(py * stride + px) * perPhase + <usize>(ci * levels) * listBytes;
          // From the first event of the first level to the last one of the last level, for whatever row of taps.
          if (load<u32>(list) == load<u32>(list + <usize>levels * listBytes - 4)) continue;
          for (let ky = py, ty = 0; ky < kernelHeight; ky += stride, ty++) {
            let q: usize = dy - ty * t.dyRow;
            let d: usize = t.dw + (<usize>ky * kernelWidth + px) * rowBytes + (<usize>(ci * outChannels + cb) << 2);
            let left = (kernelWidth - px + stride - 1) / stride;
            ${groups.map(([width, taps], i) => `${i === 0 ? '' : 'else '}${i + 1 < groups.length ? `if (width == ${width}) ` : ''}while (left > 0) { ${choose(width, taps)} }`).join('\n            ')}
          }
        }
      }
    }
  }
}`;
}
