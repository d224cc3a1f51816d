// Latent weights → what the kernels read: Q(W), and the packed forms. Channels are padded with zero weights.
#include "ternary.h"
#include "vector.h"

/** Rows of weights that are added up before the next ones: so they come from memory in order. */
enum { rowsTogether = 16 };

/**
 * Σ|w| of output channels lo…hi, sixteens of them: from row to row in double precision. Rows of padding are zeros and
 * change nothing.
 */
KERNEL(channelMagnitudes, ChannelMagnitudes) {
  enum { pairs = WIDTH / 8, vectors = 16 / pairs };
  for (i32 first = 0; first < t.rows; first += rowsTogether) {
    const i32 count = min(rowsTogether, t.rows - first);
    for (i32 c = lo; c < hi; c += 16) {
      f64 *sums = (f64 *)t.sums + c;
      f64v sum[vectors];
      EACH(v, vectors) sum[v] = first ? LOAD(f64v, sums + v * pairs) : (f64v){0};
      const f32 *w = (f32 *)t.w + (isize)first * t.channels + c;
      for (i32 row = 0; row < count; row++, w += t.channels)
        EACH(v, vectors) sum[v] += (f64v)((u64v)CONVERT(f64v, LOAD(f32half, w + v * pairs)) & 0x7fffffffffffffff);
      EACH(v, vectors) STORE(sums + v * pairs, sum[v]);
    }
  }
}

/**
 * t = 0.7·mean|W| over the tensor: the sums of the channels are added up in order, t is rounded to single precision.
 * Padding weights are 0 and don't count. One item.
 */
KERNEL(ternaryThreshold, TernaryThreshold) {
  f64 sum = 0;
  for (i32 c = 0; c < t.channels; c++) sum += ((f64 *)t.sums)[c];
  *(f32 *)t.threshold = (f32)(ternaryShare * (sum / t.realCount));
}

/** Q(W) of groups lo…hi of four weights, as floats. */
KERNEL(ternarise, Ternarise) {
  const f32 *w = (f32 *)t.w, threshold = *(f32 *)t.threshold;
  f32 *q = (f32 *)t.q;
  NEIGHBOURS for (isize i = (isize)lo * 4; i < (isize)hi * 4; i++) q[i] = (f32)ternary(w[i], threshold);
}

/** Weights of one tap as products of bytes take them, from those of the first level. */
INLINE void packProducts(PackEvents t, i32 tap) {
  for (i32 co = 0; co < t.outChannels; co += 16) {
    const u8 *row = t.packed + co / t.rowBytes * t.blockStride + tap * t.tapStride + co % t.rowBytes;
    u8 *to = t.products + ((isize)co * t.taps + tap * 16) * t.inChannels;
    for (i32 ci = 0; ci < t.inChannels; ci += 4, row += 4 * t.rowBytes, to += 64) {
      typedef u32 Sixteen VECTOR(64);
      Sixteen fours = {0};
      EACH(k, 4) fours |= CONVERT(Sixteen, LOAD(u8x16, row + k * t.rowBytes)) << 8 * k;
      STORE(to, fours);
    }
  }
}

/** Items: taps of the kernel. */
KERNEL(packEvents, PackEvents) {
  const f32 threshold = *(f32 *)t.threshold;
  const isize levelStride = t.inChannels * t.rowBytes;
  for (i32 tap = lo; tap < hi; tap++) {
    const f32 *w = (f32 *)t.w + (isize)tap * t.inChannels * t.outChannels;
    u8 *rows = t.packed + tap * t.tapStride;
    for (i32 ci = 0; ci < t.inChannels; ci++, rows += t.rowBytes) {
      u8 *packed = rows;
      for (isize block = 0; block < t.outChannels; block += t.rowBytes, packed += t.blockStride, w += t.rowBytes)
        for (isize co = 0; co < t.rowBytes; co += 16) {
          const i8x16 one = sixteenTernaries(w + co, threshold);
          i8x16 row = one;
          u8 *at = packed + co;
          NO_UNROLLING for (i32 level = 0; level < t.levels; level++, at += levelStride, row += one) STORE(at, row);
        }
    }
    if (t.products) packProducts(t, tap);
  }
}

/** Items: blocks of output channels. */
KERNEL(packForward, PackForward) {
  for (i32 block = lo; block < hi; block++) {
    f32 *out = (f32 *)t.packed + (isize)block * t.rows * channelBlock;
    const f32 *w = (f32 *)t.w + block * channelBlock;
    for (i32 row = 0; row < t.rows; row++, w += t.channels, out += channelBlock) __builtin_memcpy(out, w, channelBlock * 4);
  }
}

/** Items: input channels. table: phaseY, phaseX, tapsY, tapsX, offset of the packed weights of each stride phase. */
KERNEL(packMasked, PackMasked) {
  const i32 *table = (i32 *)t.table;
  for (i32 phase = 0; phase < t.phases; phase++, table += 5) {
    const i32 phaseY = table[0], phaseX = table[1], tapsY = table[2], tapsX = table[3];
    for (i32 ci = lo; ci < hi; ci++) {
      f32 *out = (f32 *)(t.packed + (u32)table[4]) + (isize)ci * tapsY * tapsX * t.outChannels;
      for (i32 ty = tapsY - 1; ty >= 0; ty--)
        for (i32 tx = tapsX - 1; tx >= 0; tx--, out += t.outChannels) {
          const i32 tap = (phaseY + ty * t.stride) * t.kernelWidth + phaseX + tx * t.stride;
          const f32 *w = (f32 *)t.w + ((isize)tap * t.inChannels + ci) * t.outChannels;
          __builtin_memcpy(out, w, (isize)t.outChannels * 4);
        }
    }
  }
}

/** Items: rows (ky, kx, ci) of the kernel. */
KERNEL(packReal, PackReal) {
  const f32 *w = (f32 *)t.w;
  f64 *packed = (f64 *)t.packed;
  NEIGHBOURS for (isize i = (isize)lo * t.channels; i < (isize)hi * t.channels; i++) packed[i] = w[i];
}
