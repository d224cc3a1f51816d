// Integer convolution of spike counts with ternary weights, bit by bit: for one bit of the counts, a vector holds that of
// sixteen images at sixteen places. Each weight that is not zero adds three such planes to counters, which are planes, too:
// carry-save adders (Harley and Seal; Warren, Hacker's Delight, 2012, section 5-1) take two operations for 256 sums, as processors
// with AVX-512 have any function of three bits as one. Two channels share what they do alike: with u the sum over the inputs that both have the same weight for, v over those of opposite weights, and a and b over those that only one has, their sums are
// u + v + a and u − v + b, three of ten additions less. What a weight of −1 takes away is added as planes that say the opposite:
// 7 less the count. Takes the same time for any number of spikes; zero weights take none. Sums are exact.
#pragma once
#include "transpose.h"

#ifdef __AVX512VL__
#define SLICES
typedef u64 Bits VECTOR(32);
typedef u16 Words VECTOR(32);
enum {
  /** Bits of a spike count, and the most it can be; bits of the counters that a round of sixteen weights adds to, and those
   * above them that they can have. */
  countBits = 3,
  mostCount = (1 << countBits) - 1,
  lowBits = 7,
  mostUpper = 10,
  /** Places, and channels, that are taken at a time. */
  slicedPlaces = 16,
  slicedChannels = 16
};

/** True where one of three is, or all of them; and where two are. */
INLINE Bits oddOnes(Bits a, Bits b, Bits c) {
  return (Bits)_mm256_ternarylogic_epi64((__m256i)a, (__m256i)b, (__m256i)c, 0x96);
}
INLINE Bits twoOfThree(Bits a, Bits b, Bits c) {
  return (Bits)_mm256_ternarylogic_epi64((__m256i)a, (__m256i)b, (__m256i)c, 0xe8);
}

/** Adds two planes to one of a counter. @returns what is carried to the next */
INLINE Bits carried(Bits *sum, Bits a, Bits b) {
  const Bits carry = twoOfThree(*sum, a, b);
  *sum = oddOnes(*sum, a, b);
  return carry;
}

/** The same of planes that say the opposite, where `opposite`, which is a constant. */
INLINE Bits carriedCounts(Bits *sum, Bits a, Bits b, bool opposite) {
  const Bits carry =
      opposite ? (Bits)_mm256_ternarylogic_epi64((__m256i)*sum, (__m256i)a, (__m256i)b, 0x71) : twoOfThree(*sum, a, b);
  *sum = oddOnes(*sum, a, b);
  return carry;
}

/** A plane in a register: the operations that take it would load it each. */
INLINE Bits loadedOnce(const u8 *address) {
  Bits plane = LOAD(Bits, address);
  __asm__("" : "+v"(plane));
  return plane;
}

/** Numbers of lowBits + mostUpper bits, as planes. */
typedef struct {
  Bits low[lowBits], upper[mostUpper];
} Counter;

/** Adds what four weights meet. fours: three carries to eights. @returns what is still to be added to the fours */
INLINE Bits addFour(Counter *c, const u8 *const planes[countBits], const u16 *places, bool opposite, Bits eights[3]) {
  // Loaded where they are needed.
#define COUNT(bit, i) loadedOnce(planes[bit] + 2 * (isize)places[i])
  const Bits two0 = carriedCounts(c->low, COUNT(0, 0), COUNT(0, 1), opposite);
  const Bits two1 = carriedCounts(c->low, COUNT(0, 2), COUNT(0, 3), opposite);
  const Bits four0 = carried(c->low + 1, two0, two1);
  const Bits four1 = carriedCounts(c->low + 1, COUNT(1, 0), COUNT(1, 1), opposite);
  const Bits four2 = carriedCounts(c->low + 1, COUNT(1, 2), COUNT(1, 3), opposite);
  eights[0] = carried(c->low + 2, four0, four1);
  eights[1] = carriedCounts(c->low + 2, COUNT(2, 0), COUNT(2, 1), opposite);
  eights[2] = carriedCounts(c->low + 2, COUNT(2, 2), COUNT(2, 3), opposite);
#undef COUNT
  return four2;
}

/** The same of eight: three carries to sixteens. @returns what is still to be added to the eights */
INLINE Bits addEight(Counter *c, const u8 *const planes[countBits], const u16 *places, bool opposite, Bits sixteens[3]) {
  Bits a[3], b[3];
  const Bits four0 = addFour(c, planes, places, opposite, a);
  sixteens[0] = carried(c->low + 3, a[0], a[1]);
  const Bits four1 = addFour(c, planes, places + 4, opposite, b);
  sixteens[1] = carried(c->low + 3, a[2], b[0]);
  sixteens[2] = carried(c->low + 3, b[1], b[2]);
  return carried(c->low + 2, four0, four1);
}

/** Adds what `rounds` times sixteen weights meet; of the opposite, 7 less it for each. upper is a constant. */
INLINE const u16 *addPlanes(Counter *c, const u8 *const planes[countBits], const u16 *places, i32 rounds, i32 upper,
                            bool opposite) {
  for (const u16 *end = places + rounds * 16; places < end; places += 16) {
    Bits a[3], b[3];
    const Bits eight0 = addEight(c, planes, places, opposite, a);
    const Bits of0 = carried(c->low + 4, a[0], a[1]);
    const Bits eight1 = addEight(c, planes, places + 8, opposite, b);
    const Bits of1 = carried(c->low + 4, a[2], b[0]), of2 = carried(c->low + 4, b[1], b[2]);
    const Bits last = carried(c->low + 3, eight0, eight1), of3 = c->low[4] & last;
    c->low[4] ^= last;
    const Bits of4 = carried(c->low + 5, of0, of1), of5 = carried(c->low + 5, of2, of3);
    Bits carry = carried(c->low + 6, of4, of5);
    EACH(i, upper) {
      const Bits next = c->upper[i] & carry;
      c->upper[i] ^= carry;
      carry = next;
    }
  }
  return places;
}

/** What a weight of −1 adds, less what it takes away. */
enum { surplus = mostCount };
/** Both, one after the other. */
INLINE const u16 *addSigned(Counter *c, const u8 *const planes[countBits], const u16 *places, const i32 rounds[2], i32 upper) {
  places = addPlanes(c, planes, places, rounds[0], upper, false);
  return addPlanes(c, planes, places, rounds[1], upper, true);
}

/** Adds planes of b, or what says the opposite of them. */
INLINE void addCounter(Counter *a, const Counter *b, i32 upper, bool opposite) {
  Bits carry = {0};
  EACH(i, lowBits) carry = carried(a->low + i, opposite ? ~b->low[i] : b->low[i], carry);
  EACH(i, upper) carry = carried(a->upper + i, opposite ? ~b->upper[i] : b->upper[i], carry);
}

/** Spikes of a channel: how many thresholds, less one, its membranes exceed; these are as numbers with a sign and `offset` more. */
INLINE void compareSums(SlicedForward t, const Counter *c, i32 upper, i32 offset, const i16 *threshold, u8 *spikes) {
  const i32 bits = lowBits + upper;
  Bits sums[lowBits + mostUpper];
  EACH(i, bits) sums[i] = i < lowBits ? c->low[i] : c->upper[i - lowBits];
  sums[bits - 1] = ~sums[bits - 1];
  Bits counts[countBits] = {{0}};
  for (i32 level = 0; level < t.levels; level++, threshold += t.outChannels) {
    // None is as large as 2^bits − 1.
    const i32 least = max(0, min(*threshold + 1 + offset + (1 << (bits - 1)), (1 << bits) - 1));
    Bits reached = ~(Bits){0};
    // From the lowest bit on: where the threshold's is 1, the sum's must be, too; else it may.
    EACH(i, bits) reached = twoOfThree(sums[i], reached, SPLAT(Bits, (u64)(least >> i & 1) - 1));
    EACH(bit, countBits) {
      const Bits next = counts[bit] & reached;
      counts[bit] ^= reached;
      reached = next;
    }
  }
  EACH(bit, countBits) STORE(spikes + bit * 32, counts[bit]);
}

/** Spikes of two channels. rounds: see SlicedForward. @returns the list of the next two */
INLINE const u16 *sliceChannels(SlicedForward t, const u16 *list, const i32 *rounds, const i16 *threshold, i32 upper,
                                u8 *spikes) {
  const u8 *planes[countBits];
  EACH(bit, countBits) planes[bit] = t.window + bit * (isize)t.spanWords * 2;
  // The second channel's has what is alike in both from the start.
  Counter second = {{{0}}}, differing = {{{0}}};
  list = addSigned(&second, planes, list, rounds, upper);
  list = addSigned(&differing, planes, list, rounds + 2, upper);
  Counter first = second;
  addCounter(&first, &differing, upper, false);
  addCounter(&second, &differing, upper, true);
  list = addSigned(&first, planes, list, rounds + 4, upper);
  list = addSigned(&second, planes, list, rounds + 6, upper);
  // What opposites have more; of the planes that were taken away, 1 for the carry that was not.
  const i32 offsets[2] = {16 * surplus * (rounds[1] + rounds[3] + rounds[5]),
                          16 * surplus * (rounds[1] - rounds[3] + rounds[7]) - 1};
  compareSums(t, &first, upper, offsets[0], threshold, spikes);
  compareSums(t, &second, upper, offsets[1], threshold + 1, spikes + countBits * 32);
  return list;
}

/** Bits of eight images' counts, of sixteen channels each: in a byte, bit i is that of image i. */
INLINE void sliceEight(const u8 *const images[8], u8x16 planes[countBits]) {
  EACH(bit, countBits) planes[bit] = (u8x16){0};
  EACH(i, 4) {
    const u8x16 two = LOAD(u8x16, images[i]) | LOAD(u8x16, images[i + 4]) << 4;
    EACH(bit, countBits) planes[bit] |= (two >> bit & 0x11) << i;
  }
}

/** The counts of up to sixteen images as planes, [channel][bit][place], in words of sixteen images; zeros around. */
INLINE void sliceSpikes(SlicedForward t, i32 first, i32 images) {
  const isize bitBytes = (isize)t.planeWords * 2, pixel = t.inChannels, image = (isize)t.height * t.width * pixel;
  __builtin_memset(t.planes, 0, t.inChannels * countBits * bitBytes);
  for (i32 y = 0; y < t.height; y++)
    for (i32 x = 0; x < t.width; x += 8) {
      u8 *to = t.planes + ((y + t.padV) * t.pitch + x + t.padH) * 2;
      for (i32 c = 0; c < t.inChannels; c += 16) {
        u8 *turned = t.turned;
        for (i32 at = x; at < x + 8; at++, turned += countBits * 32) {
          if (at >= t.width) {
            // Behind the row's end zeros, or what is written over.
            __builtin_memset(turned, 0, countBits * 32);
            continue;
          }
          const u8 *spikes = t.spikes + first * image + ((isize)y * t.width + at) * pixel + c;
          const u8 *from[16];
          EACH(n, 16) from[n] = spikes + min(n, images - 1) * image;
          u8x16 low[countBits], high[countBits];
          sliceEight(from, low);
          sliceEight(from + 8, high);
          EACH(bit, countBits) {
            STORE(turned + bit * 32, LOW_BYTES(low[bit], high[bit]));
            STORE(turned + bit * 32 + 16, HIGH_BYTES(low[bit], high[bit]));
          }
        }
        for (i32 bit = 0; bit < countBits; bit++)
          for (i32 half = 0; half < 2; half++)
            transposeHalves(t.turned + bit * 32 + half * 16, countBits * 32, 0, 7,
                            to + ((c + half * 8) * countBits + bit) * bitBytes, countBits * bitBytes, 8);
      }
    }
}

/** What the windows of sixteen places hold, side by side: [channel][bit][spanWords]; and a channel of zeros. */
INLINE void copyWindow(SlicedForward t, i32 place) {
  const isize spanBytes = (isize)t.spanWords * 2, planeBytes = (isize)t.planeWords * 2;
  const u8 *from = t.planes + place * 2;
  u8 *to = t.window;
  for (i32 i = 0; i < t.inChannels * countBits; i++, from += planeBytes)
    for (isize k = 0; k < spanBytes; k += 32, to += 32) STORE(to, LOAD(Bits, from + k));
  __builtin_memset(to, 0, countBits * spanBytes);
}

/** Writes the spikes of sixteen channels at up to sixteen places. */
INLINE void unslice(SlicedForward t, i32 place, i32 channel, i32 first, i32 images) {
  const isize image = (isize)t.outHeight * t.outWidth * t.outChannels;
  // [place][bit][channel] in words.
  EACH(bit, countBits)
    for (i32 quarter = 0; quarter < 4; quarter++) {
      const i32 half = quarter / 2, places = quarter % 2 * 8;
      transposeHalves(t.sliced + (half * 8 * countBits + bit) * 32 + places * 2, countBits * 32, 0, 7,
                      t.turned + (places * countBits + bit) * 32 + half * 16, countBits * 32, 8);
    }
  for (i32 i = 0; i < slicedPlaces; i++) {
    const i32 oy = (place + i) / t.pitch, ox = (place + i) % t.pitch;
    if (ox >= t.outWidth || oy >= t.outHeight) continue;
    Words words[countBits];
    EACH(bit, countBits) words[bit] = LOAD(Words, t.turned + (i * countBits + bit) * 32);
    u8 *y = t.y + first * image + ((isize)oy * t.outWidth + ox) * t.outChannels + channel;
    for (i32 n = 0; n < images; n++, y += image) {
      Words counts = {0};
      EACH(bit, countBits) {
        counts |= (words[bit] & 1) << bit;
        words[bit] >>= 1;
      }
      STORE(y, CONVERT(u8x16, counts));
    }
  }
}

/** Spikes of images lo…hi, at most sixteen. */
INLINE void slicedSpikes(SlicedForward t, i32 lo, i32 hi) {
  const i32 places = (t.outHeight - 1) * t.pitch + t.outWidth;
  sliceSpikes(t, lo, hi - lo);
  for (i32 place = 0; place < places; place += slicedPlaces) {
    copyWindow(t, place);
    const u16 *list = (const u16 *)t.lists;
    for (i32 co = 0; co < t.outChannels; co += slicedChannels) {
      for (i32 c = co; c < co + slicedChannels; c += 2) {
        const i32 *rounds = (const i32 *)t.rounds + 4 * c;
        const i16 *threshold = (const i16 *)t.thresholds + c;
        u8 *spikes = t.sliced + (c - co) * countBits * 32;
        i32 all = 0;
        EACH(i, 8) all += rounds[i];
        // Numbers with a sign: half of what the planes of a counter hold.
        const i32 most = all * 16 * mostCount + 1;
        if (most < 1 << (lowBits + 5))
          list = sliceChannels(t, list, rounds, threshold, 6, spikes);
        else if (most < 1 << (lowBits + 7))
          list = sliceChannels(t, list, rounds, threshold, 8, spikes);
        else
          list = sliceChannels(t, list, rounds, threshold, mostUpper, spikes);
      }
      unslice(t, place, co, lo, hi - lo);
    }
  }
}
#endif
