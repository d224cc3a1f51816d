// The spiking network: thresholds, counts, logits.
import { countedSixteens, CountSpikes, countFields, Fire, Readout, synapseBits } from './generated';

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
function total(v: v128): u64 {
  return <u64><u32>i32x4.extract_lane(v, 0) + <u64><u32>i32x4.extract_lane(v, 1) +
    <u64><u32>i32x4.extract_lane(v, 2) + <u64><u32>i32x4.extract_lane(v, 3);
}

/** Σ counts·factors of `bytes` counts; factors: as many 16-bit numbers from 0 to 2^15 − 1, so many that lanes of 32 bits hold
 * their products. */
function weightedSum(counts: usize, factors: usize, bytes: usize): u64 {
  let sum: u64 = 0;
  for (const end = counts + bytes; counts < end; ) {
    let products = i32x4.splat(0);
    for (const pause = min(counts + (countedSixteens << 4), end); counts < pause; counts += 16, factors += 32) {
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
      synapses += weightedSum(s, t.synapses + (<usize>part * bytes << 1), bytes) << (synapseBits * part);
    for (let p = 0; p < t.pixels; ) {
      let sums = i32x4.splat(0), seen = i32x4.splat(0);
      // As many pixels as lanes of 32 bits can take.
      const pause = min(t.pixels, p + max(1, (countedSixteens << 4) / t.channels));
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
    const out: usize = t.counts + <usize>n * (countFields << 3);
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
