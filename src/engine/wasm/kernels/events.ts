/** 16×16 bytes at p (rows 16 apart) to columns: out[c·step + r] = p[16·r + c]. */
function transpose(p: usize, out: usize, step: usize): void {
  const buffer: usize = p;
  // Four rounds of interleaving rows r and r + 8 move row bits into column bits.
  for (let round = 0; round < 4; round++) {
    const from: usize = buffer + (<usize>(round & 1) << 8), to: usize = buffer + (<usize>((round & 1) ^ 1) << 8);
    for (let r: usize = 0; r < 128; r += 16) {
      const a = v128.load(from + r), b = v128.load(from + r, 128);
      v128.store(to + (r << 1), v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
      v128.store(to + (r << 1), v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
    }
  }
  for (let c: usize = 0; c < 16; c++) v128.store(out + c * step, v128.load(buffer + (c << 4)));
}

// @ts-ignore: decorator
@inline
function equalBits(address: usize, wanted: v128): u64 {
  return <u64><u32>i8x16.bitmask(i8x16.eq(v128.load(address), wanted));
}

/**
 * Lists the positions of all values 1 … levels in a chunk of images, sorted by (phase, channel, level). A position is
 * known by the word that `order` has for it: [phase][image][pixel] pairs {byte offset in the map, word}, or any other
 * order of a phase's positions where images = imagesPerChunk. heads: [phase][channel][level][cut], the index among the
 * events at which the positions from a cut on begin; cuts: [phase] pairs {position, place among the heads}, ascending,
 * and {2³² − 1, 0} at the end. 16 channels at a time are turned to rows of pixels, which are compared with a level 64
 * pixels at a time. Writes up to three words behind the last event; needs 512 + 16·(pixels of a phase + 63) bytes at
 * `work`.
 */
export function listPositions(
  map: usize, channels: i32, levels: i32, images: i32, imagesPerChunk: i32, phases: i32, phasePixels: usize,
  order: usize, cuts: usize, cutCount: usize, heads: usize, events: usize, work: usize,
): void {
  const rows: usize = work + 512;
  let head = heads, e = events;
  for (let phase = 0; phase < phases; phase++, cuts += (cutCount + 1) << 3) {
    const perImage = load<i32>(phasePixels + (<usize>phase << 2));
    const pixels = perImage * images;
    const step: usize = <usize>(pixels + 63) & ~63;
    for (let cb = 0; cb < channels; cb += 16) {
      const base: usize = map + cb;
      for (let p = 0; p < <i32>step; p += 16) {
        const count = max(min(16, pixels - p), 0);
        const at: usize = order + (<usize>p << 3);
        for (let r = 0; r < count; r++)
          v128.store(work + (<usize>r << 4), v128.load(base + load<u32>(at + (<usize>r << 3))));
        for (let r = count; r < 16; r++) v128.store(work + (<usize>r << 4), i8x16.splat(0));
        transpose(work, rows + p, step);
      }
      for (let c: usize = 0; c < 16; c++) {
        const row: usize = rows + c * step;
        for (let level = 1; level <= levels; level++, head += cutCount << 2) {
          const wanted = i8x16.splat(<i8>level);
          let cut = cuts, next = load<u32>(cut);
          for (let p: usize = 0; p < step; p += 64) {
            let hits = equalBits(row + p, wanted) | (equalBits(row + p + 16, wanted) << 16)
              | (equalBits(row + p + 32, wanted) << 32) | (equalBits(row + p + 48, wanted) << 48);
            for (; next < <u32>p + 64; cut += 8, next = load<u32>(cut)) {
              const before = hits & (((<u64>1) << (next - <u32>p)) - 1);
              store<u32>(head + (load<u32>(cut, 4) << 2), <u32>((e - events) >> 2) + <u32>popcnt(before));
            }
            const at: usize = order + (p << 3) + 4, end: usize = e + (<usize>popcnt(hits) << 2);
            // Four at a time: the length of the loop is easier to foresee. What lies beyond the end is written over.
            for (; e < end; e += 16) {
              store<u32>(e, load<u32>(at + (<usize>ctz(hits) << 3))); hits &= hits - 1;
              store<u32>(e, load<u32>(at + (<usize>ctz(hits) << 3)), 4); hits &= hits - 1;
              store<u32>(e, load<u32>(at + (<usize>ctz(hits) << 3)), 8); hits &= hits - 1;
              store<u32>(e, load<u32>(at + (<usize>ctz(hits) << 3)), 12); hits &= hits - 1;
            }
            e = end;
          }
          for (; next != u32.MAX_VALUE; cut += 8, next = load<u32>(cut))
            store<u32>(head + (load<u32>(cut, 4) << 2), <u32>((e - events) >> 2));
        }
      }
    }
    order += <usize>(perImage * imagesPerChunk) << 3;
  }
}
