// The spiking network: thresholds, spike deletion, counts.
import { CountSpikes, DeleteSpikes, Fire, Readout } from './generated';
import { scratch } from './scratch';

/** Integer membranes: spikes = number of levels j with membrane ≥ threshold[j][channel]. */
export function fireInteger(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Fire>(address);
  const channels: usize = t.channels,
    levels = t.levels;
  for (let p = lo * t.pixels; p < hi * t.pixels; p++) {
    const m: usize = t.membranes + ((<usize>p * channels) << 2),
      s: usize = t.spikes + <usize>p * channels;
    for (let c: usize = 0; c < channels; c += 16) {
      const at: usize = m + (c << 2);
      const m0 = v128.load(at),
        m1 = v128.load(at, 16),
        m2 = v128.load(at, 32),
        m3 = v128.load(at, 48);
      let s0 = i32x4.splat(0),
        s1 = i32x4.splat(0),
        s2 = i32x4.splat(0),
        s3 = i32x4.splat(0);
      let threshold: usize = t.thresholds + (c << 2);
      for (let j = 0; j < levels; j++, threshold += channels << 2) {
        // A true comparison is −1.
        s0 = i32x4.sub(s0, i32x4.ge_s(m0, v128.load(threshold)));
        s1 = i32x4.sub(s1, i32x4.ge_s(m1, v128.load(threshold, 16)));
        s2 = i32x4.sub(s2, i32x4.ge_s(m2, v128.load(threshold, 32)));
        s3 = i32x4.sub(s3, i32x4.ge_s(m3, v128.load(threshold, 48)));
      }
      v128.store(s + c, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(s0, s1), i16x8.narrow_i32x4_s(s2, s3)));
    }
  }
}

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

/** −1 where a word deletes spike `index` of as many as `counts` says. */
// @ts-ignore: decorator
@inline
function deleted(words: v128, last: v128, counts: v128, index: i32): v128 {
  return v128.and(i32x4.le_u(words, last), i32x4.gt_s(counts, i32x4.splat(index)));
}

/**
 * How many of `counts` spikes are left of four neurons. Philox4x32-10 (Salmon et al. 2011) turns the counter (neuron,
 * image, group, purpose) and the key into the random words of spikes 4·group … 4·group + 3.
 */
function kept(t: DeleteSpikes, neurons: v128, image: u32, counts: v128): v128 {
  const multiplier0 = i32x4.splat(0xd2511f53), multiplier1 = i32x4.splat(0xcd9e8d57), last = i32x4.splat(t.last);
  let left = counts;
  for (let group = 0; v128.any_true(i32x4.gt_s(counts, i32x4.splat(group << 2))); group++) {
    let a = neurons, b = i32x4.splat(image), c = i32x4.splat(group), d = i32x4.splat(t.purpose);
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
    const first = group << 2;
    left = i32x4.add(left, i32x4.add(deleted(a, last, counts, first), deleted(b, last, counts, first + 1)));
    left = i32x4.add(left, i32x4.add(deleted(c, last, counts, first + 2), deleted(d, last, counts, first + 3)));
  }
  return left;
}

/**
 * Noise: each spike of a neuron is deleted independently with probability (last + 1)/2^32. Random words by (seed, purpose,
 * image, neuron), so that neither threads nor batches matter. Lists the neurons that fire, and takes them four at a time.
 */
export function deleteSpikes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<DeleteSpikes>(address);
  const channels = t.channels, imageChannels = t.imageChannels;
  // Neurons, the addresses of their counts, and a count of 0 for those that fill up the last four.
  const neurons: usize = scratch;
  const addresses: usize = neurons + (<usize>(t.neurons + 4) << 2);
  const none: usize = addresses + (<usize>(t.neurons + 4) << 2);
  store<u8>(none, 0);
  let s: usize = t.spikes + <usize>(lo * (t.neurons / imageChannels) * channels);
  for (let n = lo; n < hi; n++) {
    let end: usize = 0;
    // Neurons count without the padding channels, so that the noise does not depend on the engine's layout.
    for (let pixel = 0; pixel < t.neurons; pixel += imageChannels) {
      for (let c = 0; c < channels; c += 16, s += 16) {
        let firing = i8x16.bitmask(i8x16.ne(v128.load(s), i8x16.splat(0)));
        for (; firing; firing &= firing - 1, end += 4) {
          store<u32>(neurons + end, pixel + c + ctz(firing));
          store<u32>(addresses + end, <u32>s + ctz(firing));
        }
      }
    }
    for (const full = (end + 15) & ~15; end < full; end += 4) {
      store<u32>(neurons + end, 0);
      store<u32>(addresses + end, <u32>none);
    }
    for (let i: usize = 0; i < end; i += 16) {
      const a0: usize = load<u32>(addresses + i), a1: usize = load<u32>(addresses + i, 4);
      const a2: usize = load<u32>(addresses + i, 8), a3: usize = load<u32>(addresses + i, 12);
      const counts = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(load<u8>(a0)), 1, load<u8>(a1)), 2, load<u8>(a2)), 3, load<u8>(a3));
      const left = kept(t, v128.load(neurons + i), t.firstImage + n, counts);
      store<u8>(a0, <u8>i32x4.extract_lane(left, 0)); store<u8>(a1, <u8>i32x4.extract_lane(left, 1));
      store<u8>(a2, <u8>i32x4.extract_lane(left, 2)); store<u8>(a3, <u8>i32x4.extract_lane(left, 3));
    }
  }
}

// @ts-ignore: decorator
@inline
function total(v: v128): u64 {
  return <u64><u32>i32x4.extract_lane(v, 0) + <u64><u32>i32x4.extract_lane(v, 1) +
    <u64><u32>i32x4.extract_lane(v, 2) + <u64><u32>i32x4.extract_lane(v, 3);
}

/** Sixteens of products of a byte and 15 bits that lanes of 32 bits can take before they must be added up. */
const sixteens: usize = 32;

/** Σ counts·factors of `bytes` counts; factors: as many 16-bit numbers from 0 to 2^15 − 1. */
function weightedSum(counts: usize, factors: usize, bytes: usize): u64 {
  let sum: u64 = 0;
  for (const end = counts + bytes; counts < end; ) {
    let products = i32x4.splat(0);
    for (const pause = min(counts + (sixteens << 4), end); counts < pause; counts += 16, factors += 32) {
      const c = v128.load(counts);
      products = i32x4.add(products, i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(c), v128.load(factors)),
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(c), v128.load(factors, 16))));
    }
    sum += total(products);
  }
  return sum;
}

/**
 * Per image, three doubles: spikes; Σ spikes·(kernel windows the pixel is in), of which the SOP counts follow by
 * factors; Σ spikes·(non-zero weights the spike meets). windows: [pixel], synapses: [part][pixel][channel] with 15 bits of
 * each number in a part, lowest first; all in 16 bits. Zero addresses leave the last two out.
 */
export function countSpikes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<CountSpikes>(address);
  const bytes: usize = <usize>(t.pixels * t.channels);
  for (let n = lo; n < hi; n++) {
    let spikes: u64 = 0, windows: u64 = 0, synapses: u64 = 0;
    let s: usize = t.spikes + <usize>n * bytes;
    for (let part = 0; part < t.synapseParts; part++)
      synapses += weightedSum(s, t.synapses + (<usize>part * bytes << 1), bytes) << (15 * part);
    for (let p = 0; p < t.pixels; ) {
      let sums = i32x4.splat(0), seen = i32x4.splat(0);
      // As many pixels as lanes of 32 bits can take.
      const pause = min(t.pixels, p + max(1, (<i32>sixteens << 4) / t.channels));
      for (; p < pause; p++) {
        const factor = i16x8.splat(t.windows ? load<i16>(t.windows + (<usize>p << 1)) : 0);
        for (const end: usize = s + t.channels; s < end; s += 16) {
          const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(s));
          sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(pairs));
          seen = i32x4.add(seen, i32x4.dot_i16x8_s(pairs, factor));
        }
      }
      spikes += total(sums);
      windows += total(seen);
    }
    const out: usize = t.counts + <usize>n * 24;
    store<f64>(out, <f64>spikes);
    store<f64>(out, <f64>windows, 8);
    store<f64>(out, <f64>synapses, 16);
  }
}

/** logits = Σ spikes·w over the inputs that spiked, in double precision. */
export function readout(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Readout>(address);
  const inputs = t.inputs;
  const step: usize = (<usize>t.channels) << 3;
  for (let n = lo; n < hi; n++) {
    const logits: usize = t.logits + <usize>n * step;
    memory.fill(logits, 0, step);
    for (let i = 0; i < inputs; i++) {
      const count = load<u8>(t.spikes + <usize>(n * inputs + i));
      if (!count) continue;
      const spikes = f64x2.splat(<f64>count);
      const w: usize = t.w + <usize>i * step;
      for (let c: usize = 0; c < step; c += 16)
        v128.store(logits + c, f64x2.add(v128.load(logits + c), f64x2.mul(spikes, v128.load(w + c))));
    }
  }
}
