// @ts-check
// Numbers that the paper's method fixes. Plain JavaScript, so that kernels are made with the same ones.

export const method = /** @type {const} */ ({
  /** ε under the root of batch norm. */
  batchNormEpsilon: 1e-5,
  /** What running statistics of batch norm keep of themselves in a step. */
  runningShare: 0.9,
  /** t of Q(W) as a share of mean|W|. */
  ternaryShare: 0.7,
});

/** Adam's β₁, β₂ and ε. */
export const adam = /** @type {const} */ ({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
