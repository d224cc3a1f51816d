// Numbers bit by bit: for one bit of them, a vector holds that of 512. Carry-save adders (Harley and Seal; Warren, Hacker's
// Delight, 2012, section 5-1) take two operations for as many sums, as processors with AVX-512 have any function of three bits as one.
#pragma once
#include "vector.h"

#if defined(__AVX512VL__) && WIDTH == 64
#define SLICES
/** One bit of 512 numbers. */
typedef u64 Bits VECTOR(64);

/** True where one of three is, or all of them; and where two are. */
INLINE Bits oddOnes(Bits a, Bits b, Bits c) {
  return (Bits)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
}
INLINE Bits twoOfThree(Bits a, Bits b, Bits c) {
  return (Bits)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xe8);
}

/** Adds two planes to one of a number. @returns what is carried to the next */
INLINE Bits carried(Bits *sum, Bits a, Bits b) {
  const Bits carry = twoOfThree(*sum, a, b);
  *sum = oddOnes(*sum, a, b);
  return carry;
}

/** The same of planes that say the opposite, where `opposite`, which is a constant. */
INLINE Bits carriedCounts(Bits *sum, Bits a, Bits b, bool opposite) {
  const Bits carry =
      opposite ? (Bits)_mm512_ternarylogic_epi64((__m512i)*sum, (__m512i)a, (__m512i)b, 0x71) : twoOfThree(*sum, a, b);
  *sum = oddOnes(*sum, a, b);
  return carry;
}

/** Adds one plane. @returns what is carried to the next */
INLINE Bits carriedOne(Bits *sum, Bits a) {
  const Bits carry = *sum & a;
  *sum ^= a;
  return carry;
}

/** A plane in a register: the operations that take it would load it each. */
INLINE Bits loadedOnce(const u8 *address) {
  Bits plane = LOAD(Bits, address);
  __asm__("" : "+v"(plane));
  return plane;
}

/** Adds b, of fewer bits, to a sum that has so many then, which are enough. */
INLINE void addNumber(Bits *sum, i32 bits, const Bits *b, i32 fewer) {
  Bits carry = carriedOne(sum, b[0]);
  EACH(i, bits - 1) carry = i + 1 < fewer ? carried(sum + i + 1, b[i + 1], carry) : carriedOne(sum + i + 1, carry);
}

/** Takes b away, of as many bits. What goes below zero is as numbers with a sign are. */
INLINE void subtractNumber(Bits *sum, const Bits *b, i32 bits) {
  Bits carry = ~(Bits){0};
  EACH(i, bits) carry = carried(sum + i, ~b[i], carry);
}
#endif
