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
  u32 key0 = draw.seedLow, key1 = draw.seedHigh;
#if defined(__wasm__) && WIDTH == 16
  u32v a, b = SPLAT(u32v, draw.layer), c = SPLAT(u32v, draw.image), d = SPLAT(u32v, draw.purpose);
  EACH(i, LANES) a[i] = block + i;
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
#else
  // Words of every second block, and of the others, in the lower halves of 64 bits, as products take them; the upper ones are nobody's.
  u64v words[4][2];
  EACH(odd, 2) {
    EACH(i, LANES / 2) words[0][odd][i] = block + 2 * i + odd;
    words[1][odd] = SPLAT(u64v, (u64)draw.layer);
    words[2][odd] = SPLAT(u64v, (u64)draw.image);
    words[3][odd] = SPLAT(u64v, (u64)draw.purpose);
  }
  NO_UNROLLING for (i32 round = 0; round < 10; round++) {
    EACH(odd, 2) {
      const u64v first = evenProducts(words[0][odd], 0xd2511f53), second = evenProducts(words[2][odd], 0xcd9e8d57);
      words[0][odd] = second >> 32 ^ words[1][odd] ^ (u64)key0;
      words[1][odd] = second;
      words[2][odd] = first >> 32 ^ words[3][odd] ^ (u64)key1;
      words[3][odd] = first;
    }
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  EACH(w, 4) STORE(out + w * LANES, (words[w][0] & 0xffffffff) | words[w][1] << 32);
#endif
}
