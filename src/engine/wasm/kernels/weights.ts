// @ts-ignore: decorator
@inline
export function ternary(w: usize, threshold: v128): v128 {
  const v = v128.load(w);
  // One after the other: where all weights are 0, so is t, and both comparisons hold. A true comparison is −1.
  return v128.bitselect(i32x4.splat(1), f32x4.le(v, f32x4.neg(threshold)), f32x4.ge(v, threshold));
}
