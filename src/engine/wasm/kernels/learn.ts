import { Adam, Clear, SoftmaxLoss } from './generated';

/**
 * Softmax cross-entropy with integer labels of images lo…hi, in double precision: −log softmax(logits)[label]; gradient
 * of the mean loss = (softmax − one-hot)·scale, scale = 1/images. exp and log are compiled into this module, so their
 * bits are the same everywhere.
 */
export function softmaxLoss(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SoftmaxLoss>(address);
  const classes = t.classes;
  for (let n = lo; n < hi; n++) {
    const logits: usize = t.logits + ((<usize>(n * t.stride)) << 2),
      gradient: usize = t.gradient + ((<usize>(n * t.stride)) << 2);
    const label = load<i32>(t.labels + ((<usize>n) << 2));
    let best = 0;
    let top = load<f32>(logits);
    for (let c = 1; c < classes; c++) {
      const v = load<f32>(logits + ((<usize>c) << 2));
      if (v > top) {
        top = v;
        best = c;
      }
    }
    let sum: f64 = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(<f64>load<f32>(logits + ((<usize>c) << 2)) - <f64>top);
    store<f64>(
      t.losses + ((<usize>n) << 3),
      Math.log(sum) - (<f64>load<f32>(logits + ((<usize>label) << 2)) - <f64>top),
    );
    store<i32>(t.hits + ((<usize>n) << 2), i32(best == label));
    for (let c = 0; c < classes; c++) {
      const p = Math.exp(<f64>load<f32>(logits + ((<usize>c) << 2)) - <f64>top) / sum;
      store<f32>(gradient + ((<usize>c) << 2), <f32>((p - (c == label ? 1.0 : 0.0)) * <f64>t.scale));
    }
  }
}

/**
 * Adam (Kingma & Ba 2015, the form before section 3's end): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * w ← w − rate·m/(√v + ε), with rate = learningRate·√(1 − β₂ᵗ)/(1 − β₁ᵗ) in rates[0]. rates = [rate, β₁, 1 − β₁, β₂,
 * 1 − β₂, ε]. lo, hi: groups of four weights.
 */
export function adam(address: usize, lo: i32, hi: i32): void {
  const t = changetype<Adam>(address);
  const rates: usize = t.rates;
  const rate = v128.load32_splat(rates),
    keep1 = v128.load32_splat(rates, 4),
    add1 = v128.load32_splat(rates, 8);
  const keep2 = v128.load32_splat(rates, 12),
    add2 = v128.load32_splat(rates, 16),
    epsilon = v128.load32_splat(rates, 20);
  const factor = f32x4.splat(t.factor);
  for (let i: usize = (<usize>lo) << 4; i < (<usize>hi) << 4; i += 16) {
    const g = f32x4.mul(v128.load(t.g + i), factor);
    const m = f32x4.add(f32x4.mul(v128.load(t.m + i), keep1), f32x4.mul(g, add1));
    const v = f32x4.add(f32x4.mul(v128.load(t.v + i), keep2), f32x4.mul(f32x4.mul(g, g), add2));
    v128.store(t.m + i, m);
    v128.store(t.v + i, v);
    const step = f32x4.div(f32x4.mul(rate, m), f32x4.add(f32x4.sqrt(v), epsilon));
    v128.store(t.w + i, f32x4.sub(v128.load(t.w + i), step));
  }
}

/** Zeros in groups lo…hi of four values. */
export function clear(address: usize, lo: i32, hi: i32): void {
  memory.fill(changetype<Clear>(address).values + (<usize>lo << 4), 0, <usize>(hi - lo) << 4);
}
