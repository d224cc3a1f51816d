// Noise of the spiking network: membranes that are off by a normal variable when they are compared with their thresholds. First
// the noise of some hundred neurons goes to scratch memory, one after the other, and then vectors of it are added: right behind,
// loads would wait for several stores each.
#include "random.h"

/** Bits by which segments are numbered: the exponent of a double, and of its fraction those that tell one from the next. */
enum { segmentShift = 52 - segmentBits, firstSegment = 1022 << segmentBits };

/**
 * The standard normal variable of a random word, as data/normal.ts has it: the size by inversion, from a line for each
 * segment of the distribution function; the sign by the highest bit, which no branch could guess.
 */
INLINE f64 normalOf(const f64 *lines, u32 word) {
  const f64 at = (f64)(i32)(word & 0x7fffffff) + 0.5;
  const f64 *line = lines + 2 * ((isize)(BITS(u64, at) >> segmentShift) - firstSegment);
  const f64 size = line[0] + line[1] * at;
  return BITS(f64, BITS(u64, size) ^ (u64)(word >> 31) << 63);
}

/** More noise than this is as good as this. */
static const f64 mostNoise = 1073741824;

/** Noise rounded down: a whole number and its noise reach a whole number if that is enough. */
APART i32 flooredNoise(const f64 *lines, f64 deviation, u32 word) {
  const f64 noise = deviation * normalOf(lines, word);
  return (i32)__builtin_floor(noise < mostNoise ? noise > -mostNoise ? noise : -mostNoise : mostNoise);
}

/** What words with the same highest bits have for floored noise: `first` below `cut`, and from there on `second`. */
typedef struct {
  u32 cut;
  i16 first, second;
} Cell;

/** The same, from the table of those words; few of them have more values than two. */
INLINE i32 wholeNoise(FireNoisy t, f64 deviation, u32 word) {
  const Cell cell = ((Cell *)t.cells)[word >> (32 - noiseCellBits)];
  if (__builtin_expect(cell.first == noCell, 0)) return flooredNoise((f64 *)t.lines, deviation, word);
  return word < cell.cut ? cell.first : cell.second;
}

/** Neurons whose noise is drawn before the membranes are looked at: a multiple of what is drawn at a time. */
enum { drawnNeurons = 4 * drawnWords < 128 ? 128 : 4 * drawnWords };

/** Blocks of words that a pixel takes, whatever channels are padded to. */
INLINE u32 blocksOf(FireNoisy t) { return (u32)(t.realChannels + 3) / 4; }

/** Draws the noise of `count` neurons, or some more, whose words begin at `block`. */
INLINE void drawNoise(FireNoisy t, Draw draw, u32 block, isize count, bool whole) {
  const u32 *drawn = (u32 *)t.drawn;
  const f64 deviation = *(f64 *)t.deviation;
  for (isize to = 0; to < count; to += drawnWords, block += LANES) {
    drawWords(draw, block, (u32 *)t.drawn);
    NO_UNROLLING for (i32 b = 0; b < LANES; b++) EACH(w, 4) {
      const u32 word = drawn[w * LANES + b];
      if (whole)
        ((i32 *)t.noise)[to + 4 * b + w] = wholeNoise(t, deviation, word);
      else
        ((f64 *)t.noise)[to + 4 * b + w] = deviation * normalOf((f64 *)t.lines, word);
    }
  }
}

/** Spikes of sixteen integer membranes: those of 32 bits, or of 16. */
INLINE u8x16 firedIntegers(FireNoisy t, const u8 *membranes, const i32 *noise, const i32 *threshold, bool wide) {
  typedef i32 Sixteen VECTOR(64);
  typedef i16 SixteenHalves VECTOR(32);
  const Sixteen m = (wide ? LOAD(Sixteen, membranes) : CONVERT(Sixteen, LOAD(SixteenHalves, membranes))) + LOAD(Sixteen, noise);
  Sixteen reached = {0};
  // A true comparison is −1.
  NO_UNROLLING for (i32 j = 0; j < t.levels; j++, threshold += t.channels) reached -= m >= LOAD(Sixteen, threshold);
  return CONVERT(u8x16, reached);
}

/** The same of real ones, which are doubles. */
INLINE u8x16 firedReals(FireNoisy t, const f64 *membranes, const f64 *noise, const f64 *threshold) {
  typedef f64 Eight VECTOR(64);
  typedef i64 EightLongs VECTOR(64);
  const Eight low = LOAD(Eight, membranes) + LOAD(Eight, noise);
  const Eight high = LOAD(Eight, membranes + 8) + LOAD(Eight, noise + 8);
  EightLongs lower = {0}, upper = {0};
  NO_UNROLLING for (i32 j = 0; j < t.levels; j++, threshold += t.channels) {
    lower -= low >= LOAD(Eight, threshold);
    upper -= high >= LOAD(Eight, threshold + 8);
  }
  const u8x8 a = CONVERT(u8x8, lower), b = CONVERT(u8x8, upper);
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** @param bytes of a membrane: 2 or 4 of integers, 8 of doubles; a constant */
INLINE void fire(FireNoisy t, i32 lo, i32 hi, isize bytes) {
  const isize channels = t.channels, neurons = (isize)t.pixels * channels;
  const u8 *membranes = t.membranes + lo * neurons * bytes;
  u8 *spikes = t.spikes + lo * neurons;
  const isize thresholdBytes = bytes == 8 ? 8 : 4;
  // Pixels follow on each other without a word between them, unless channels are padded by a block or more.
  const bool padded = channels != 4 * (isize)blocksOf(t);
  const isize row = padded ? channels : neurons;
  for (i32 n = lo; n < hi; n++) {
    const Draw draw = DRAW(t, n);
    u32 block = 0;
    isize channel = 0;
    for (isize first = 0; first < neurons; first += row, block += blocksOf(t))
      for (isize done = 0; done < row; done += drawnNeurons) {
        const isize count = row - done < drawnNeurons ? row - done : drawnNeurons;
        drawNoise(t, draw, block + (u32)done / 4, count, bytes < 8);
        const u8 *noise = t.noise, *end = spikes + count;
        for (; spikes < end; spikes += 16, membranes += 16 * bytes, noise += 16 * thresholdBytes) {
          const u8 *threshold = t.thresholds + channel * thresholdBytes;
          STORE(spikes, bytes == 8 ? firedReals(t, (f64 *)membranes, (f64 *)noise, (f64 *)threshold)
                                   : firedIntegers(t, membranes, (i32 *)noise, (i32 *)threshold, bytes == 4));
          channel = channel + 16 == channels ? 0 : channel + 16;
        }
      }
  }
}

/**
 * Spikes = number of levels j with membrane + noise ≥ threshold[j][channel]; membranes of whole numbers in 16 or 32 bits. The
 * noise is normal, its standard deviation a double at `deviation`, by (seed, purpose, layer, image), pixel and channel.
 */
KERNEL(fireNoisy_i16, FireNoisy) { fire(t, lo, hi, 2); }

KERNEL(fireNoisy_i32, FireNoisy) { fire(t, lo, hi, 4); }

/** The same of real membranes, which are doubles. */
KERNEL(fireNoisy_f64, FireNoisy) { fire(t, lo, hi, 8); }
