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
 * Words in the making, [word of the block]: those of every second block, and those of the others, in the lower halves of 64 bits, as
 * products take them; the upper ones are nobody's.
 */
typedef struct {
  u64v words[4][2];
  u32 keys[2];
} Drawing;

/** Before the first of ten rounds: blocks from `block` on. */
INLINE Drawing beginDrawing(Draw draw, u32 block) {
  static const u64 blocks[2][8] = {{0, 2, 4, 6, 8, 10, 12, 14}, {1, 3, 5, 7, 9, 11, 13, 15}};
  Drawing d = {.keys = {draw.seedLow, draw.seedHigh}};
  EACH(odd, 2) {
    d.words[0][odd] = LOAD(u64v, blocks[odd]) + (u64)block;
    d.words[1][odd] = SPLAT(u64v, (u64)draw.layer);
    d.words[2][odd] = SPLAT(u64v, (u64)draw.image);
    d.words[3][odd] = SPLAT(u64v, (u64)draw.purpose);
  }
  return d;
}

INLINE void drawRound(Drawing *d) {
  EACH(odd, 2) {
    const u64v first = evenProducts(d->words[0][odd], 0xd2511f53), second = evenProducts(d->words[2][odd], 0xcd9e8d57);
    d->words[0][odd] = second >> 32 ^ d->words[1][odd] ^ (u64)d->keys[0];
    d->words[1][odd] = second;
    d->words[2][odd] = first >> 32 ^ d->words[3][odd] ^ (u64)d->keys[1];
    d->words[3][odd] = first;
  }
  d->keys[0] += 0x9e3779b9;
  d->keys[1] += 0xbb67ae85;
}

/** Word w of each block. */
INLINE u32v drawnBy(const Drawing *d, i32 w) { return (u32v)((d->words[w][0] & 0xffffffff) | d->words[w][1] << 32); }

#if defined(__wasm__) && WIDTH == 16
/** Draws the words of one vector of blocks, or of two in turns, as each round waits for the one before: one behind the other. */
INLINE void drawBatches(Draw draw, u32 block, u32 *out, i32 batches) {
  u32 key0 = draw.seedLow, key1 = draw.seedHigh;
  u32v a[2], b[2], c[2], d[2];
  EACH(k, batches) {
    a[k] = (u32v){0, 1, 2, 3} + (block + k * LANES);
    b[k] = SPLAT(u32v, draw.layer);
    c[k] = SPLAT(u32v, draw.image);
    d[k] = SPLAT(u32v, draw.purpose);
  }
  EACH(round, 10) {
    EACH(k, batches) {
      const Products first = wholeProducts(a[k], 0xd2511f53), second = wholeProducts(c[k], 0xcd9e8d57);
      a[k] = second.high ^ b[k] ^ key0;
      b[k] = second.low;
      c[k] = first.high ^ d[k] ^ key1;
      d[k] = first.low;
    }
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  EACH(k, batches) {
    const u32v words[4] = {a[k], b[k], c[k], d[k]};
    EACH(w, 4) STORE(out + k * drawnWords + w * LANES, words[w]);
  }
}
#endif

/**
 * Draws the words of blocks from `block` on, [word of the block][block]. Philox4x32-10 (Salmon et al. 2011) turns the counter
 * (block, layer, image, purpose) and the key into the four words of a block.
 */
INLINE void drawWords(Draw draw, u32 block, u32 *out) {
#if defined(__wasm__) && WIDTH == 16
  drawBatches(draw, block, out, 1);
#else
  Drawing d = beginDrawing(draw, block);
  NO_UNROLLING for (i32 round = 0; round < 10; round++) drawRound(&d);
  EACH(w, 4) STORE(out + w * LANES, drawnBy(&d, w));
#endif
}
