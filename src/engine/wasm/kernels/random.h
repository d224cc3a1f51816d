// Counter-based random numbers, as data/random.ts has them.
#pragma once
#include "vector.h"

/** Which words: of a seed and a purpose, for a layer and an image. */
typedef struct {
  u32 seedLow, seedHigh, purpose, layer, image;
} Draw;

#define DRAW(t, n) ((Draw){t.seedLow, t.seedHigh, t.purpose, t.layer, t.firstImage + (u32)(n)})

/** Random words that are drawn at a time: of as many blocks as a vector has lanes. */
enum { drawnWords = 4 * LANES };

/**
 * Draws the words of blocks from `block` on, [word of the block][block]. Philox4x32-10 (Salmon et al. 2011) turns the counter
 * (block, layer, image, purpose) and the key into the four words of a block.
 */
INLINE void drawWords(Draw draw, u32 block, u32 *out) {
  u32v a, b = SPLAT(u32v, draw.layer), c = SPLAT(u32v, draw.image), d = SPLAT(u32v, draw.purpose);
  EACH(i, LANES) a[i] = block + i;
  u32 key0 = draw.seedLow, key1 = draw.seedHigh;
  NO_UNROLLING for (i32 round = 0; round < 10; round++) {
    const Products first = wholeProducts(a, 0xd2511f53), second = wholeProducts(c, 0xcd9e8d57);
    a = second.high ^ b ^ key0;
    b = second.low;
    c = first.high ^ d ^ key1;
    d = first.low;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  STORE(out, a);
  STORE(out + LANES, b);
  STORE(out + 2 * LANES, c);
  STORE(out + 3 * LANES, d);
}
