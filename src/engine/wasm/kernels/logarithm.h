// exp and log in double precision, compiled into the kernels, so that their bits are the same everywhere: musl's exp.c and log.c
// (Szabolcs Nagy, Arm Limited; MIT licence) for what softmax asks of them.
#pragma once
#include "logarithm-tables.h"

/** Result of exp where it may be subnormal: scale·(1 + tail), of whose exponent 1022 are taken away first. */
INLINE f64 smallPower(f64 tail, u64 bits) {
  bits += (u64)1022 << 52;
  const f64 scale = BITS(f64, bits);
  f64 y = scale + scale * tail;
  if (y < 1) {
    // Rounds at the place where the subnormal number will end, not twice.
    const f64 low = scale - y + scale * tail, high = 1 + y;
    y = (high + (1 - high + y + low)) - 1;
  }
  return y * 0x1p-1022;
}

/** exp(x) of x ≤ 0. NaN stays NaN. */
APART f64 exponential(f64 x) {
  const u32 exponent = BITS(u64, x) >> 52 & 0x7ff;
  // Below 2^−54, and beyond −1024.
  if (exponent < 0x3c9) return 1;
  if (exponent >= 0x409) return exponent >= 0x7ff && x != -__builtin_inf() ? 1 + x : 0;
  // x = ln2/128·k + r, with integer k.
  const f64 shift = 0x1.8p52, shifted = 0x1.71547652b82fep0 * 128 * x + shift;
  const u64 k = BITS(u64, shifted);
  const f64 whole = shifted - shift;
  const f64 r = x + whole * -0x1.62e42fefa0000p-8 + whole * -0x1.cf79abc9e3b3ap-47, r2 = r * r;
  const u64 *power = powers + (k & 127) * 2, bits = power[1] + (k << 45);
  const f64 tail = BITS(f64, power[0]) + r + r2 * (0x1.ffffffffffdbdp-2 + r * 0x1.555555555543cp-3) +
                   r2 * r2 * (0x1.55555cf172b91p-5 + r * 0x1.1111167a4d017p-7);
  if (exponent >= 0x408) return smallPower(tail, bits);
  const f64 scale = BITS(f64, bits);
  return scale + scale * tail;
}

/** log(1 + r) of r below 1/16. */
INLINE f64 nearLogarithm(f64 r) {
  const f64 r2 = r * r, r3 = r2 * r;
  const f64 y =
      r3 *
      (0x1.5555555555577p-2 + r * -0x1.ffffffffffdcbp-3 + r2 * 0x1.999999995dd0cp-3 +
       r3 * (-0x1.55555556745a7p-3 + r * 0x1.24924a344de3p-3 + r2 * -0x1.fffffa4423d65p-4 +
             r3 * (0x1.c7184282ad6cap-4 + r * -0x1.999eb43b068ffp-4 + r2 * 0x1.78182f7afd085p-4 + r3 * -0x1.5521375d145cdp-4)));
  const f64 wide = r * 0x1p27, high = r + wide - wide, low = r - high;
  const f64 square = high * high * -0.5, sum = r + square;
  const f64 rest = r - sum + square + -0.5 * low * (high + r);
  return y + rest + sum;
}

/** log(x) of x ≥ 1. NaN stays NaN. */
APART f64 logarithm(f64 x) {
  if (x < 0x1.09p0) return nearLogarithm(x - 1);
  if (!(x < __builtin_inf())) return x;
  // x = 2^k·z, and z in the i-th of 128 intervals.
  const u64 bits = BITS(u64, x), above = bits - 0x3fe6000000000000;
  const u64 i = above >> 45 & 127, scaled = bits - (above & (u64)0xfff << 52);
  const f64 k = (f64)((i64)above >> 52), z = BITS(f64, scaled);
  const f64 inverse = BITS(f64, inverses[2 * i]), log = BITS(f64, inverses[2 * i + 1]);
  const f64 r = (z - BITS(f64, centres[2 * i]) - BITS(f64, centres[2 * i + 1])) * inverse;
  const f64 w = k * 0x1.62e42fefa3800p-1 + log, high = w + r, low = w - high + r + k * 0x1.ef35793c76730p-45;
  const f64 r2 = r * r;
  return low + r2 * -0x1.0000000000001p-1 +
         r * r2 * (0x1.555555551305bp-2 + r * -0x1.fffffffeb459p-3 + r2 * (0x1.999b324f10111p-3 + r * -0x1.55575e506c89fp-3)) +
         high;
}
