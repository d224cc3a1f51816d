// Noise of the spiking network: spikes deleted at random.
import { DeleteSpikes, guideBits, tabledGaps } from './generated';

// @ts-ignore: decorator
@inline
function lowWords(even: v128, odd: v128): v128 {
  return v128.shuffle<i32>(even, odd, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function highWords(even: v128, odd: v128): v128 {
  return v128.shuffle<i32>(even, odd, 1, 3, 5, 7);
}

/**
 * Draws the words of four blocks, [word of the block][block]. Philox4x32-10 (Salmon et al. 2011) turns the counter
 * (block, 0, image, purpose) and the key into the four words of a block.
 */
function drawSixteen(t: DeleteSpikes, image: u32, block: u32, out: usize): void {
  const multiplier0 = i32x4.splat(0xd2511f53), multiplier1 = i32x4.splat(0xcd9e8d57);
  let a = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3)), b = i32x4.splat(0), c = i32x4.splat(image), d = i32x4.splat(t.purpose);
  let key0 = i32x4.splat(t.seedLow), key1 = i32x4.splat(t.seedHigh);
  for (let round = 0; round < 10; round++) {
    const even0 = i64x2.extmul_low_i32x4_u(a, multiplier0), odd0 = i64x2.extmul_high_i32x4_u(a, multiplier0);
    const even1 = i64x2.extmul_low_i32x4_u(c, multiplier1), odd1 = i64x2.extmul_high_i32x4_u(c, multiplier1);
    a = v128.xor(v128.xor(highWords(even1, odd1), b), key0);
    b = lowWords(even1, odd1);
    c = v128.xor(v128.xor(highWords(even0, odd0), d), key1);
    d = lowWords(even0, odd0);
    key0 = i32x4.add(key0, i32x4.splat(0x9e3779b9));
    key1 = i32x4.add(key1, i32x4.splat(0xbb67ae85));
  }
  v128.store(out, a); v128.store(out, b, 16); v128.store(out, c, 32); v128.store(out, d, 48);
}

/** Gaps of sixteen words: a gap is how many of the table's shares a word is below. */
function drawGaps(t: DeleteSpikes, image: u32, block: u32): void {
  drawSixteen(t, image, block, t.drawn);
  for (let i: usize = 0; i < 64; i += 4) {
    // Word i & 3 of the block among four.
    const word = load<u32>(t.drawn + ((i & 12) << 2) + ((i >> 4) << 2));
    let gap: usize = load<u8>(t.guide + (word >> (32 - guideBits)));
    while (word < load<u32>(t.gaps + (gap << 2))) gap++;
    store<u32>(t.ahead + i, <u32>gap);
  }
}

/** Levels up to which the sum of sixteen counts fits a byte. */
const fewLevels: i32 = 15;

/** Four bytes in 16 bits each. */
// @ts-ignore: decorator
@inline
function spread(four: u64): u64 {
  const two = (four | (four << 16)) & 0x0000ffff0000ffff;
  return (two | (two << 8)) & 0x00ff00ff00ff00ff;
}

/**
 * Deletes each spike independently with the same probability, by way of the gaps between the deleted ones, which are
 * geometrically distributed (Devroye, Non-Uniform Random Variate Generation, 1986, sections X.2 and XV.1): far fewer words
 * are drawn than there are spikes. Behind a gap as long as the table nothing is deleted, and the next begins: the
 * distribution has no memory. Random words by (seed, purpose, image), so that neither threads nor batches matter; spikes in
 * the order of pixels and channels, so that padding channels, which never fire, don't either.
 */
export function deleteSpikes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<DeleteSpikes>(address);
  if (t.levels <= fewLevels) deleteAmong(t, lo, hi, true);
  else deleteAmong(t, lo, hi, false);
}

/** @param few are there few levels? */
// @ts-ignore: decorator
@inline
function deleteAmong(t: DeleteSpikes, lo: i32, hi: i32, few: bool): void {
  // Sixteen counts at a time, or eight: a part of the product with ones is the sum of the parts up to it.
  const step: usize = few ? 16 : 8;
  const ones: u64 = few ? 0x0101010101010101 : 0x0001000100010001, highest: u64 = few ? 56 : 48;
  const firstGap: usize = t.ahead, lastGap: usize = firstGap + 60;
  let s: usize = t.spikes + <usize>lo * t.imageBytes;
  for (let n = lo; n < hi; n++) {
    const image: u32 = t.firstImage + n;
    drawGaps(t, image, 0);
    let block: u32 = 4, next = firstGap;
    // Spikes until the next that is deleted, if it is.
    let ahead = load<u32>(next);
    let one = <u32>(ahead < <u32>tabledGaps);
    for (const end = s + t.imageBytes; s < end; s += step) {
      const low = (few ? load<u64>(s) : spread(load<u32>(s))) * ones;
      const high = ((few ? load<u64>(s, 8) : spread(load<u32>(s, 4))) + (low >> highest)) * ones;
      const all = <u32>(high >> highest);
      while (ahead < all) {
        // The first sum above `ahead` is that of the neuron whose spike it is.
        const upTo = i64x2.replace_lane(i64x2.splat(low), 1, high);
        const above = few
          ? i8x16.bitmask(i8x16.ge_u(upTo, i8x16.splat(<i8>(ahead + 1))))
          : i16x8.bitmask(i16x8.gt_s(upTo, i16x8.splat(<i16>ahead)));
        const at: usize = s + ctz(above);
        store<u8>(at, <u8>(load<u8>(at) - one));
        ahead += one;
        if (next == lastGap) {
          drawGaps(t, image, block);
          block += 4;
          next = firstGap - 4;
        }
        next += 4;
        const gap = load<u32>(next);
        ahead += gap;
        one = <u32>(gap < <u32>tabledGaps);
      }
      ahead -= all;
    }
  }
}
