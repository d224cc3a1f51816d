// Inference in double precision where values are real: layer 1, batch norm, classifier. Margins between a membrane and
// a threshold go down to 1e-8 there, so that single precision would lose neurons.
import { ActivateReal, RealConv } from './generated';

/**
 * y[pixel][channel] = Σ x·w in double precision; weights are doubles in memory order [ky][kx·ci][channel]. Two pixels ×
 * eight channels in registers; an odd last pixel is taken twice.
 */
export function realConv(address: usize, lo: i32, hi: i32): void {
  const t = changetype<RealConv>(address);
  const pixels = t.pixels, rows = t.rows, run = t.run, rowSkip: usize = t.rowSkip;
  const step: usize = <usize>t.channels << 3;
  for (let n = lo; n < hi; n++) {
    const image: usize = t.x + <usize>n * t.xImage, out: usize = t.y + <usize>(n * pixels) * step;
    for (let pixel = 0; pixel < pixels; pixel += 2) {
      const next = min(pixel + 1, pixels - 1);
      const start0: usize = image + load<u32>(t.xOffsets + (<usize>pixel << 2));
      const start1: usize = image + load<u32>(t.xOffsets + (<usize>next << 2));
      for (let c: usize = 0; c < step; c += 64) {
        let x0 = start0, x1 = start1, w: usize = t.w + c;
        let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (let row = 0; row < rows; row++, x0 += rowSkip, x1 += rowSkip) {
          for (let k = 0; k < run; k++, x0 += 4, x1 += 4, w += step) {
            const xa = f64x2.splat(<f64>load<f32>(x0)), xb = f64x2.splat(<f64>load<f32>(x1));
            const w0 = v128.load(w), w1 = v128.load(w, 16);
            a0 = f64x2.add(a0, f64x2.mul(xa, w0)); a1 = f64x2.add(a1, f64x2.mul(xa, w1));
            b0 = f64x2.add(b0, f64x2.mul(xb, w0)); b1 = f64x2.add(b1, f64x2.mul(xb, w1));
            // Keeps loads and sums together, see the generator.
            if (w == 11) break;
            const w2 = v128.load(w, 32), w3 = v128.load(w, 48);
            a2 = f64x2.add(a2, f64x2.mul(xa, w2)); a3 = f64x2.add(a3, f64x2.mul(xa, w3));
            b2 = f64x2.add(b2, f64x2.mul(xb, w2)); b3 = f64x2.add(b3, f64x2.mul(xb, w3));
          }
        }
        const y0: usize = out + <usize>pixel * step + c, y1: usize = out + <usize>next * step + c;
        v128.store(y0, a0); v128.store(y0, a1, 16); v128.store(y0, a2, 32); v128.store(y0, a3, 48);
        v128.store(y1, b0); v128.store(y1, b1, 16); v128.store(y1, b2, 32); v128.store(y1, b3, 48);
      }
    }
  }
}

/**
 * y = γ·(z − μ)/√(σ² + ε) + β with running statistics, in double precision in exactly this order (thresholds of the
 * converted network are found with the same formula); then as `activate`. deviation holds √(σ² + ε).
 */
export function activateReal(address: usize, lo: i32, hi: i32): void {
  const t = changetype<ActivateReal>(address);
  const pixels = t.pixels,
    channels = t.channels;
  const n = <f64>t.n,
    top = <f64>t.levels;
  const zero = f64x2.splat(0),
    half = f64x2.splat(0.5);
  for (let image = lo; image < hi; image++) {
    for (let p = 0; p < pixels; p++) {
      const index: usize = <usize>((image * pixels + p) * channels);
      const x: usize = t.x ? t.x + <usize>image * t.xImage + load<u32>(t.xOffsets + ((<usize>p) << 2)) : 0;
      for (let c: usize = 0; c < <usize>channels; c += 2) {
        const z = t.doubles
          ? v128.load(t.z + ((index + c) << 3))
          : f64x2.promote_low_f32x4(v128.load64_zero(t.z + ((index + c) << 2)));
        const at: usize = c << 3;
        const product = f64x2.mul(v128.load(t.gamma + at), f64x2.sub(z, v128.load(t.mean + at)));
        let y = f64x2.add(f64x2.div(product, v128.load(t.deviation + at)), v128.load(t.beta + at));
        if (top > 0) {
          y = f64x2.floor(f64x2.min(f64x2.max(f64x2.add(f64x2.mul(y, f64x2.splat(n)), half), zero), f64x2.splat(top)));
          if (t.spikes) {
            store<u8>(t.spikes + index + c, <u8>f64x2.extract_lane(y, 0));
            store<u8>(t.spikes + index + c, <u8>f64x2.extract_lane(y, 1), 1);
          }
          y = f64x2.div(y, f64x2.splat(n));
        } else y = f64x2.max(y, zero);
        if (x) v128.store64_lane(x + (c << 2), f32x4.demote_f64x2_zero(y), 0);
      }
    }
  }
}
