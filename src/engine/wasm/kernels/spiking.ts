// The spiking network: thresholds, spike deletion, counts.
import { CountSpikes, DeleteSpikes, Fire, Readout } from './generated';

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
function reached(membranes: usize, thresholds: usize): v128 {
  // Low words of four comparisons of doubles.
  return v128.shuffle<i32>(
    f64x2.ge(v128.load(membranes), v128.load(thresholds)),
    f64x2.ge(v128.load(membranes, 16), v128.load(thresholds, 16)),
    0, 2, 4, 6,
  );
}

/** The same for the real-valued membranes of layer 1, in double precision. */
export function fireReal(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Fire>(address);
  const channels: usize = t.channels, levels = t.levels;
  for (let p = lo * t.pixels; p < hi * t.pixels; p++) {
    const m: usize = t.membranes + ((<usize>p * channels) << 3), s: usize = t.spikes + <usize>p * channels;
    for (let c: usize = 0; c < channels; c += 16) {
      const at: usize = m + (c << 3);
      let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      let threshold: usize = t.thresholds + (c << 3);
      for (let j = 0; j < levels; j++, threshold += channels << 3) {
        s0 = i32x4.sub(s0, reached(at, threshold)); s1 = i32x4.sub(s1, reached(at + 32, threshold + 32));
        s2 = i32x4.sub(s2, reached(at + 64, threshold + 64)); s3 = i32x4.sub(s3, reached(at + 96, threshold + 96));
      }
      v128.store(s + c, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(s0, s1), i16x8.narrow_i32x4_s(s2, s3)));
    }
  }
}

let word0: u32 = 0,
  word1: u32 = 0,
  word2: u32 = 0,
  word3: u32 = 0;

/** Philox4x32-10 (Salmon et al. 2011): counter (a, b, c, d) and key to four random words. */
function philox(a: u32, b: u32, c: u32, d: u32, key0: u32, key1: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>a * 0xd2511f53,
      p1 = <u64>c * 0xcd9e8d57;
    a = <u32>(p1 >> 32) ^ b ^ key0;
    b = <u32>p1;
    c = <u32>(p0 >> 32) ^ d ^ key1;
    d = <u32>p0;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  word0 = a;
  word1 = b;
  word2 = c;
  word3 = d;
}

/**
 * Noise: each spike of a neuron is deleted independently with probability (last + 1)/2^32. Random words by (seed, purpose,
 * image, neuron), so that neither threads nor batches matter; the words of a neuron are taken four at a time.
 */
export function deleteSpikes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<DeleteSpikes>(address);
  for (let n = lo; n < hi; n++) {
    for (let i = 0; i < t.neurons; i++) {
      // Neurons count without the padding channels, so that the noise does not depend on the engine's layout.
      const pixel = i / t.imageChannels,
        channel = i - pixel * t.imageChannels;
      const at: usize = t.spikes + <usize>((n * (t.neurons / t.imageChannels) + pixel) * t.channels + channel);
      const count = <i32>load<u8>(at);
      let left = count;
      for (let j = 0; j < count; j++) {
        if ((j & 3) == 0) philox(<u32>i, t.firstImage + n, <u32>(j >> 2), t.purpose, t.seedLow, t.seedHigh);
        const word = (j & 3) == 0 ? word0 : (j & 3) == 1 ? word1 : (j & 3) == 2 ? word2 : word3;
        if (word <= t.last) left--;
      }
      store<u8>(at, <u8>left);
    }
  }
}

// @ts-ignore: decorator
@inline
function total(v: v128): u64 {
  return <u64><u32>i32x4.extract_lane(v, 0) + <u64><u32>i32x4.extract_lane(v, 1) +
    <u64><u32>i32x4.extract_lane(v, 2) + <u64><u32>i32x4.extract_lane(v, 3);
}

/**
 * Per image, three doubles: spikes; Σ spikes·(kernel windows the pixel is in), of which the SOP counts follow by
 * factors; Σ spikes·(non-zero weights the spike meets). windows: [pixel], synapses: [pixel][channel], unsigned. Zero
 * addresses leave the last two out. Sums of 256 channels fit 16 and 32 bits (the planner's promise).
 */
export function countSpikes(address: usize, lo: i32, hi: i32): void {
  const t = changetype<CountSpikes>(address);
  for (let n = lo; n < hi; n++) {
    let spikes: u64 = 0, windows: u64 = 0, synapses: u64 = 0;
    let s: usize = t.spikes + <usize>(n * t.pixels * t.channels);
    let synapse: usize = t.synapses;
    for (let p = 0; p < t.pixels; p++) {
      let sum: u32 = 0;
      for (let cb = 0; cb < t.channels; cb += 256) {
        let sums = i16x8.splat(0), met = i32x4.splat(0);
        for (const end: usize = s + min(256, t.channels - cb); s < end; s += 16, synapse += 64) {
          const counts = v128.load(s);
          sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(counts));
          if (t.synapses) {
            const low = i16x8.extend_low_i8x16_u(counts), high = i16x8.extend_high_i8x16_u(counts);
            met = i32x4.add(met, i32x4.add(
              i32x4.mul(i32x4.extend_low_i16x8_u(low), v128.load(synapse)),
              i32x4.mul(i32x4.extend_high_i16x8_u(low), v128.load(synapse, 16))));
            met = i32x4.add(met, i32x4.add(
              i32x4.mul(i32x4.extend_low_i16x8_u(high), v128.load(synapse, 32)),
              i32x4.mul(i32x4.extend_high_i16x8_u(high), v128.load(synapse, 48))));
          }
        }
        sum += <u32>total(i32x4.extadd_pairwise_i16x8_u(sums));
        synapses += total(met);
      }
      spikes += sum;
      if (t.windows) windows += <u64>sum * load<u32>(t.windows + (<usize>p << 2));
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
