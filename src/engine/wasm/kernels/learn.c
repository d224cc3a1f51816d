// Loss and optimiser.
#include "logarithm.h"
#include "kernel.h"

/**
 * Softmax cross-entropy with integer labels of images lo…hi, in double precision: −log softmax(logits)[label]; gradient
 * of the mean loss = (softmax − one-hot)·scale, scale = 1/images.
 */
KERNEL(softmaxLoss, SoftmaxLoss) {
  for (i32 n = lo; n < hi; n++) {
    const f32 *logits = (f32 *)t.logits + (isize)n * t.stride;
    f32 *gradient = (f32 *)(t.gradient + n * t.gradientImage);
    const i32 label = ((i32 *)t.labels)[n];
    i32 best = 0;
    for (i32 c = 1; c < t.classes; c++)
      if (logits[c] > logits[best]) best = c;
    const f64 top = logits[best];
    f64 sum = 0;
    for (i32 c = 0; c < t.classes; c++) sum += exponential(logits[c] - top);
    ((f64 *)t.losses)[n] = logarithm(sum) - (logits[label] - top);
    ((i32 *)t.hits)[n] = best == label;
    for (i32 c = 0; c < t.classes; c++) {
      const f64 p = exponential(logits[c] - top) / sum;
      gradient[c] = (f32)((p - (c == label ? 1 : 0)) * t.scale);
    }
  }
}

/**
 * Adam (Kingma & Ba 2015, the form before section 3's end): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * w ← w − rate·m/(√v + ε), with rate = learningRate·√(1 − β₂ᵗ)/(1 − β₁ᵗ) in rates[0]. rates = [rate, β₁, 1 − β₁, β₂,
 * 1 − β₂, ε]. lo, hi: groups of four weights.
 */
KERNEL(adam, Adam) {
  const f32 *r = (f32 *)t.rates, *g = (f32 *)t.g, factor = t.factor;
  const f32 rate = r[0], keep1 = r[1], add1 = r[2], keep2 = r[3], add2 = r[4], epsilon = r[5];
  f32 *w = (f32 *)t.w, *m = (f32 *)t.m, *v = (f32 *)t.v;
  NEIGHBOURS for (isize i = (isize)lo * 4; i < (isize)hi * 4; i++) {
    const f32 gradient = g[i] * factor;
    m[i] = m[i] * keep1 + gradient * add1;
    v[i] = v[i] * keep2 + gradient * gradient * add2;
    w[i] -= rate * m[i] / (__builtin_sqrtf(v[i]) + epsilon);
  }
}

/**
 * The same with weight decay, as part of the gradient or apart from it: rates = […, what of w is added to its gradient, what
 * is kept of w].
 */
KERNEL(adamDecayed, Adam) {
  const f32 *r = (f32 *)t.rates, *g = (f32 *)t.g, factor = t.factor;
  const f32 rate = r[0], keep1 = r[1], add1 = r[2], keep2 = r[3], add2 = r[4], epsilon = r[5], decay = r[6], kept = r[7];
  f32 *w = (f32 *)t.w, *m = (f32 *)t.m, *v = (f32 *)t.v;
  NEIGHBOURS for (isize i = (isize)lo * 4; i < (isize)hi * 4; i++) {
    const f32 gradient = g[i] * factor + w[i] * decay;
    m[i] = m[i] * keep1 + gradient * add1;
    v[i] = v[i] * keep2 + gradient * gradient * add2;
    w[i] = w[i] * kept - rate * m[i] / (__builtin_sqrtf(v[i]) + epsilon);
  }
}

/**
 * Gradient descent with momentum μ: m ← μm + (g + λw), w ← w − rate·(a·m + b·(g + λw)); a = 1 and b = 0, or by Nesterov a = μ
 * and b = 1. rates = [rate, μ, λ, a, b].
 */
KERNEL(sgd, Sgd) {
  const f32 *r = (f32 *)t.rates, *g = (f32 *)t.g, factor = t.factor;
  const f32 rate = r[0], momentum = r[1], decay = r[2], ofVelocity = r[3], ofGradient = r[4];
  f32 *w = (f32 *)t.w, *m = (f32 *)t.m;
  NEIGHBOURS for (isize i = (isize)lo * 4; i < (isize)hi * 4; i++) {
    const f32 gradient = g[i] * factor + w[i] * decay;
    m[i] = m[i] * momentum + gradient;
    w[i] -= rate * (m[i] * ofVelocity + gradient * ofGradient);
  }
}

/** Zeros in groups lo…hi of four values. */
KERNEL(clear, Clear) { __builtin_memset(t.values + (isize)lo * 16, 0, (isize)(hi - lo) * 16); }
