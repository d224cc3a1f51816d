import { describe, expect, it } from 'vitest';
import { calls } from '../../src/engine/wasm/program.js';
import { bytes } from '../../src/engine/wasm/units.js';
import { ternarise, ternaryThreshold } from '../../src/network/ternary.js';
import { inParts, integers, KernelBench, reals } from './kernel-bench.js';

const f = Math.fround;

describe('softmaxLoss', () => {
  const images = 5;

  it.each([
    [3, 16, 1],
    [10, 16, 8],
    [100, 112, 30],
  ])('%i classes in rows of %i: loss, hit and gradient of the mean', (classes, stride, size) => {
    const bench = new KernelBench();
    const logits = reals(images * stride, classes).map((x) => f(size * x));
    const labels = integers(images, 0, classes - 1, 2);
    // Gradients lie further apart than logits.
    const gradientStride = stride + 16;
    const gradient = bench.floats(new Float32Array(images * gradientStride));
    const losses = bench.doubles(new Array(images).fill(-1));
    const hits = bench.words(new Array(images).fill(9));
    const addresses = { logits: bench.floats(logits), labels: bench.words(labels), gradient, losses, hits };
    const sizes = { classes, stride, gradientImage: bytes(gradientStride * 4) };
    const scale = 1 / 8;
    bench.call('softmaxLoss', bench.plan.descriptor('SoftmaxLoss', { ...addresses, ...sizes, scale }), images);

    const found = bench.readFloats(gradient, images * gradientStride);
    for (let n = 0; n < images; n++) {
      const own = logits.slice(n * stride, n * stride + classes);
      const top = Math.max(...own);
      const total = own.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
      const label = labels[n]!;
      expect(bench.readDoubles(losses, images)[n]).toBeCloseTo(Math.log(total) - (own[label]! - top), 12);
      expect(bench.readIntegers(hits, images)[n]).toBe(own.indexOf(top) === label ? 1 : 0);
      for (let c = 0; c < gradientStride; c++) {
        const expected = c < classes ? (Math.exp(own[c]! - top) / total - (c === label ? 1 : 0)) * scale : 0;
        expect(Math.abs(found[n * gradientStride + c]! - expected)).toBeLessThan(1e-7 * scale);
      }
    }
  });

  it('takes the first of equal logits, and large ones without overflow', () => {
    const bench = new KernelBench();
    const logits = [
      [7, 7, 7],
      [3e38, 1, -3e38],
      [-1e4, -1e4, 0],
    ].flatMap((row) => [...row, ...new Array(13).fill(0)]);
    const gradient = bench.floats(new Float32Array(48));
    const losses = bench.doubles([0, 0, 0]);
    const hits = bench.words([9, 9, 9]);
    const addresses = { logits: bench.floats(logits), labels: bench.words([0, 1, 2]), gradient, losses, hits };
    const descriptor = bench.plan.descriptor('SoftmaxLoss', {
      ...{ ...addresses, classes: 3, stride: 16, gradientImage: bytes(64), scale: 1 },
    });
    bench.call('softmaxLoss', descriptor, 3);
    expect(bench.readIntegers(hits, 3)).toEqual([1, 0, 1]);
    const [equal, certain, right] = bench.readDoubles(losses, 3);
    expect(equal).toBeCloseTo(Math.log(3), 14);
    expect(certain! / f(3e38)).toBeCloseTo(1, 7);
    expect(right).toBe(0);
    expect(bench.readFloats(gradient, 48).every(Number.isFinite)).toBe(true);
  });
});

describe('adam', () => {
  it.each([1, 2])('follows its formula bit for bit, gradient times %i', (factor) => {
    const bench = new KernelBench();
    const count = 64;
    const [w, g, m, v] = [1, 2, 3, 4].map((seed) => reals(count, seed)) as [number[], number[], number[], number[]];
    for (let i = 0; i < count; i++) v[i] = Math.abs(v[i]!);
    // A weight that never had a gradient, as those of padding channels.
    for (const values of [w, g, m, v]) values[5] = 0;
    const rates = [0.003, 0.9, 1 - 0.9, 0.999, 1 - 0.999, 1e-8].map(f) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [wa, ga, ma, va] = [bench.floats(w), bench.floats(g), bench.floats(m), bench.floats(v)];
    const descriptor = bench.plan.descriptor('Adam', {
      w: wa,
      g: ga,
      m: ma,
      v: va,
      rates: bench.floats(rates),
      factor,
    });
    bench.call('adam', descriptor, count / 4);

    const [rate, keep1, add1, keep2, add2, epsilon] = rates;
    const expected = w.map((weight, i) => {
      const gradient = f(g[i]! * factor);
      const first = f(f(m[i]! * keep1) + f(gradient * add1));
      const second = f(f(v[i]! * keep2) + f(f(gradient * gradient) * add2));
      return { first, second, weight: f(weight - f(f(rate * first) / f(f(Math.sqrt(second)) + epsilon))) };
    });
    expect(bench.readFloats(ma, count)).toEqual(expected.map(({ first }) => first));
    expect(bench.readFloats(va, count)).toEqual(expected.map(({ second }) => second));
    expect(bench.readFloats(wa, count)).toEqual(expected.map(({ weight }) => weight));
    expect(bench.readFloats(ga, count)).toEqual(g);
  });
});

describe.each([1, 2])('weights move by formula bit for bit, gradient times %i', (factor) => {
  const count = 64;
  const values = () => {
    const [w, g, m, v] = [1, 2, 3, 4].map((seed) => reals(count, seed)) as [number[], number[], number[], number[]];
    for (let i = 0; i < count; i++) v[i] = Math.abs(v[i]!);
    for (const one of [w, g, m, v]) one[5] = 0;
    return { w, g, m, v };
  };

  it.each([
    ['in the gradient', 0.01, 1],
    ['apart from it', 0, 0.99],
  ])('Adam, with decay %s', (_, decay, kept) => {
    const bench = new KernelBench();
    const { w, g, m, v } = values();
    const rates = [0.003, 0.9, 1 - 0.9, 0.999, 1 - 0.999, 1e-8, decay, kept].map(f);
    const addresses = { w: bench.floats(w), g: bench.floats(g), m: bench.floats(m), v: bench.floats(v) };
    const descriptor = bench.plan.descriptor('Adam', { ...addresses, rates: bench.floats(rates), factor });
    bench.call('adamDecayed', descriptor, count / 4);

    const [rate, keep1, add1, keep2, add2, epsilon, share, rest] = rates as [number, ...number[]] & number[];
    const expected = w.map((weight, i) => {
      const gradient = f(f(g[i]! * factor) + f(f(weight) * share!));
      const first = f(f(m[i]! * keep1!) + f(gradient * add1!));
      const second = f(f(v[i]! * keep2!) + f(f(gradient * gradient) * add2!));
      const step = f(f(rate * first) / f(f(Math.sqrt(second)) + epsilon!));
      return { first, second, weight: f(f(f(weight) * rest!) - step) };
    });
    expect(bench.readFloats(addresses.m, count)).toEqual(expected.map(({ first }) => first));
    expect(bench.readFloats(addresses.v, count)).toEqual(expected.map(({ second }) => second));
    expect(bench.readFloats(addresses.w, count)).toEqual(expected.map(({ weight }) => weight));
  });

  it.each([
    ['momentum', [1, 0]],
    ['Nesterov’s', [0.9, 1]],
  ] as const)('gradient descent, %s', (_, shares) => {
    const bench = new KernelBench();
    const { w, g, m } = values();
    const rates = [0.1, 0.9, 0.01, ...shares].map(f);
    const addresses = { w: bench.floats(w), g: bench.floats(g), m: bench.floats(m) };
    const descriptor = bench.plan.descriptor('Sgd', { ...addresses, rates: bench.floats(rates), factor });
    bench.call('sgd', descriptor, count / 4);

    const [rate, momentum, decay, ofVelocity, ofGradient] = rates as [number, ...number[]] & number[];
    const expected = w.map((weight, i) => {
      const gradient = f(f(g[i]! * factor) + f(f(weight) * decay!));
      const velocity = f(f(m[i]! * momentum!) + gradient);
      const step = f(f(velocity * ofVelocity!) + f(gradient * ofGradient!));
      return { velocity, weight: f(f(weight) - f(rate * step)) };
    });
    expect(bench.readFloats(addresses.m, count)).toEqual(expected.map(({ velocity }) => velocity));
    expect(bench.readFloats(addresses.w, count)).toEqual(expected.map(({ weight }) => weight));
  });
});

describe('ternarise', () => {
  function ternarised(padded: Float32Array, channels: number, realCount = padded.length) {
    const bench = new KernelBench();
    const q = bench.room(padded.length);
    const [w, sums] = [bench.floats(padded), bench.doubles(new Float64Array(channels).fill(7))];
    const rows = padded.length / channels;
    const add = bench.plan.descriptor('ChannelMagnitudes', { w, sums, rows, channels });
    const threshold = bench.room(1);
    const finish = bench.plan.descriptor('TernaryThreshold', { sums, threshold, channels, realCount });
    const write = bench.plan.descriptor('Ternarise', { w, threshold, q });
    bench.run([
      inParts(channels / 16, (lo, hi) => [{ kernel: 'channelMagnitudes', descriptor: add, lo: lo * 16, hi: hi * 16 }]),
      [[{ kernel: 'ternaryThreshold', descriptor: finish, lo: 0, hi: 1 }]],
      inParts(padded.length / 4, (lo, hi) => [{ kernel: 'ternarise', descriptor: write, lo, hi }]),
    ]);
    return {
      q: bench.readFloats(q, padded.length),
      sums: bench.readDoubles(sums, channels),
      t: bench.readFloats(threshold, 1)[0],
    };
  }

  it.each([
    [16, 15],
    [48, 37],
    [112, 32],
  ])('gives Q(W) bit for bit, weights exactly at the threshold among them: %i channels, %i rows', (channels, rows) => {
    for (let seed = 1; seed <= 10; seed++) {
      const weights = Float32Array.from(reals(channels * rows, seed), (w) => 0.02 * w);
      // Moving a weight to the threshold moves the threshold: settle on a fixed point.
      for (let round = 0; round < 50; round++) {
        weights[3] = ternaryThreshold(weights, channels);
        weights[4] = -weights[3];
      }
      expect(weights[3]).toBe(ternaryThreshold(weights, channels));
      const { q, sums, t } = ternarised(weights, channels);
      expect(t).toBe(ternaryThreshold(weights, channels));
      expect(q).toEqual([...ternarise(weights, channels)]);
      expect(q.slice(3, 5)).toEqual([1, -1]);
      const column = (c: number) => weights.filter((_, i) => i % channels === c);
      const add = (c: number) => column(c).reduce((sum, weight) => sum + Math.abs(weight), 0);
      expect(sums).toEqual(Array.from({ length: channels }, (_, c) => add(c)));
    }
  });

  it('does not count padding weights', () => {
    const weights = Float32Array.from(reals(20, 1));
    const padded = new Float32Array(48);
    padded.set(weights.subarray(0, 10));
    padded.set(weights.subarray(10), 16);
    const expected = ternarise(weights, 10);
    const gap = [0, 0, 0, 0, 0, 0];
    expect(ternarised(padded, 16, 20).q).toEqual(
      [...expected.subarray(0, 10), ...gap, ...expected.subarray(10), ...gap].concat(new Array(16).fill(0)),
    );
  });

  it('gives +1 throughout when all weights are 0, as w ≥ t holds', () => {
    const weights = new Float32Array(16);
    expect(ternarised(weights, 16).q).toEqual([...ternarise(weights, 16)]);
  });
});

it('clear writes zeros over groups of four values', () => {
  const bench = new KernelBench();
  const values = bench.floats(new Array(20).fill(7));
  bench.run([[calls('clear', bench.plan.descriptor('Clear', { values }))(1, 4)]]);
  expect(bench.readFloats(values, 20)).toEqual([7, 7, 7, 7, ...new Array(12).fill(0), 7, 7, 7, 7]);
});
