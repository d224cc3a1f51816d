// Noise of the spiking network: membranes that are off by a normal variable when they are compared with their thresholds.
#include "random.h"

/** Bits by which segments are numbered: the exponent of a double, and of its fraction those that tell one from the next. */
enum { segmentShift = 52 - segmentBits, firstSegment = 1022 << segmentBits };

/**
 * The standard normal variable of a random word, as data/normal.ts has it: the size by inversion, from a line for each
 * segment of the distribution function; the sign by the highest bit.
 */
INLINE f64 normalOf(const f64 *lines, u32 word) {
  const f64 at = (f64)(i32)(word & 0x7fffffff) + 0.5;
  const f64 *line = lines + 2 * ((isize)(BITS(u64, at) >> segmentShift) - firstSegment);
  const f64 size = line[0] + line[1] * at;
  return word >> 31 ? -size : size;
}

/** Draws the noise of sixteen channels of a pixel from `block` on: wider vectors draw more than that, in the same time. */
INLINE void drawNoise(FireNoisy t, Draw draw, u32 block) {
  const u32 *drawn = (u32 *)t.drawn;
  const f64 deviation = *(f64 *)t.deviation;
  drawWords(draw, block, (u32 *)t.drawn);
  // Word i & 3 of the block among these.
  NO_UNROLLING for (i32 i = 0; i < 16; i++)((f64 *)t.noise)[i] =
      deviation * normalOf((f64 *)t.lines, drawn[(i & 3) * LANES + (i >> 2)]);
}

/** Blocks of words that a pixel takes, whatever channels are padded to. */
INLINE u32 blocksOf(FireNoisy t) { return (u32)(t.realChannels + 3) / 4; }

/** More noise than this is as good as this. */
static const f64 mostNoise = 1073741824;

/** @param wide are membranes in 32 bits, or in 16? */
INLINE void fireIntegers(FireNoisy t, i32 lo, i32 hi, bool wide) {
  typedef i32 Sixteen VECTOR(64);
  typedef i16 SixteenHalves VECTOR(32);
  const isize channels = t.channels, bytes = wide ? 4 : 2;
  const u8 *membranes = t.membranes + (isize)lo * t.pixels * channels * bytes;
  u8 *spikes = t.spikes + (isize)lo * t.pixels * channels;
  for (i32 n = lo; n < hi; n++) {
    const Draw draw = DRAW(t, n);
    for (i32 p = 0; p < t.pixels; p++)
      for (isize c = 0; c < channels; c += 16, membranes += 16 * bytes, spikes += 16) {
        const i32 *threshold = (i32 *)t.thresholds + c;
        drawNoise(t, draw, (u32)p * blocksOf(t) + (u32)c / 4);
        i32 *whole = (i32 *)t.whole;
        // A whole number and its noise reach a whole number if the noise rounded down is enough.
        NO_UNROLLING for (i32 i = 0; i < 16; i++) {
          const f64 noise = ((f64 *)t.noise)[i];
          whole[i] = (i32)__builtin_floor(noise < mostNoise ? noise > -mostNoise ? noise : -mostNoise : mostNoise);
        }
        const Sixteen m =
            (wide ? LOAD(Sixteen, membranes) : CONVERT(Sixteen, LOAD(SixteenHalves, membranes))) + LOAD(Sixteen, whole);
        Sixteen reached = {0};
        // A true comparison is −1.
        NO_UNROLLING for (i32 j = 0; j < t.levels; j++, threshold += channels) reached -= m >= LOAD(Sixteen, threshold);
        STORE(spikes, CONVERT(u8x16, reached));
      }
  }
}

/**
 * Spikes = number of levels j with membrane + noise ≥ threshold[j][channel]; membranes of whole numbers in 16 or 32 bits. The
 * noise is normal, its standard deviation a double at `deviation`, by (seed, purpose, layer, image), pixel and channel.
 */
KERNEL(fireNoisy_i16, FireNoisy) { fireIntegers(t, lo, hi, false); }

KERNEL(fireNoisy_i32, FireNoisy) { fireIntegers(t, lo, hi, true); }

/** The same of real membranes, which are doubles. */
KERNEL(fireNoisy_f64, FireNoisy) {
  const isize channels = t.channels;
  const f64 *membranes = (f64 *)t.membranes + (isize)lo * t.pixels * channels;
  u8 *spikes = t.spikes + (isize)lo * t.pixels * channels;
  for (i32 n = lo; n < hi; n++) {
    const Draw draw = DRAW(t, n);
    for (i32 p = 0; p < t.pixels; p++)
      for (isize c = 0; c < channels; c += 16, membranes += 16, spikes += 16) {
        drawNoise(t, draw, (u32)p * blocksOf(t) + (u32)c / 4);
        NO_UNROLLING for (i32 i = 0; i < 16; i++) {
          const f64 m = membranes[i] + ((f64 *)t.noise)[i], *threshold = (f64 *)t.thresholds + c + i;
          i32 reached = 0;
          NO_UNROLLING for (i32 j = 0; j < t.levels; j++, threshold += channels) reached += m >= *threshold;
          spikes[i] = (u8)reached;
        }
      }
  }
}
