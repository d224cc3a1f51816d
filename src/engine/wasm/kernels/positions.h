// Lists of where values are, for the backward pass.
#pragma once
#include "transpose.h"

/** A position: byte offset in the map, and the word that the list has for it. */
typedef struct {
  u32 offset, word;
} Position;

/** Positions from `position` on begin in the list at the head `place`. */
typedef struct {
  u32 position, place;
} Cut;

/** 16×16 bytes at p (rows 16 apart), followed by as much room, to columns: out[c·step + r] = p[16·r + c]. */
INLINE void turnBytes(u8 *p, u8 *out, isize step) {
  // Four rounds of interleaving rows r and r + 8 move row bits into column bits.
  for (i32 round = 0; round < 4; round++) {
    const u8 *from = p + (round & 1) * 256;
    u8 *to = p + (~round & 1) * 256;
    for (i32 r = 0; r < 128; r += 16) {
      const u8x16 a = LOAD(u8x16, from + r), b = LOAD(u8x16, from + r + 128);
      STORE(to + 2 * r, LOW_BYTES(a, b));
      STORE(to + 2 * r + 16, HIGH_BYTES(a, b));
    }
  }
  for (i32 c = 0; c < 16; c++) STORE(out + c * step, LOAD(u8x16, p + c * 16));
}

/**
 * Lists the positions of all values 1 … levels in a chunk of images, sorted by (phase, channel, level). A position is
 * known by the word that `order` has for it: [phase][image][pixel], or any other order of a phase's positions where images =
 * imagesPerChunk. heads: [phase][channel][level][cut], the index among the events at which the positions from a cut on
 * begin; cuts: [phase], ascending, and {2³² − 1, 0} at the end. 16 channels at a time are turned to rows of pixels, which are
 * compared with a level 64 pixels at a time. Writes up to three words behind the last event; needs 512 + 16·(pixels of
 * a phase + 63) bytes at `work`.
 */
APART void listPositions(const u8 *map, i32 channels, i32 levels, i32 images, i32 imagesPerChunk, i32 phases,
                         const i32 *phasePixels, const Position *order, const Cut *cuts, i32 cutCount, u32 *heads, u32 *events,
                         u8 *work) {
  u8 *rows = work + 512;
  u32 *e = events;
  for (i32 phase = 0; phase < phases; phase++, cuts += cutCount + 1) {
    const i32 pixels = phasePixels[phase] * images, step = (pixels + 63) & ~63;
    for (i32 cb = 0; cb < channels; cb += 16) {
      for (i32 p = 0; p < step; p += 16) {
        const i32 count = max(min(16, pixels - p), 0);
        const Position *at = order + p;
        for (i32 r = 0; r < count; r++) STORE(work + r * 16, LOAD(u8x16, map + cb + at[r].offset));
        for (i32 r = count; r < 16; r++) STORE(work + r * 16, (u8x16){0});
        turnBytes(work, rows + p, step);
      }
      for (i32 c = 0; c < 16; c++) {
        const u8 *row = rows + (isize)c * step;
        for (i32 level = 1; level <= levels; level++, heads += cutCount) {
          const Cut *cut = cuts;
          for (u32 p = 0; p < (u32)step; p += 64) {
            u64 hits = equalBytes(row + p, (u8)level);
            for (; cut->position < p + 64; cut++) {
              const u64 before = hits & (((u64)1 << (cut->position - p)) - 1);
              heads[cut->place] = (u32)(e - events) + (u32)__builtin_popcountll(before);
            }
            const Position *at = order + p;
            u32 *end = e + __builtin_popcountll(hits);
            // Four at a time: the length of the loop is easier to foresee. What lies beyond the end is written over.
            for (; e < end; e += 4)
              EACH(i, 4) {
                e[i] = at[lowestBit(hits)].word;
                hits &= hits - 1;
              }
            e = end;
          }
          for (; cut->position != UINT32_MAX; cut++) heads[cut->place] = (u32)(e - events);
        }
      }
    }
    order += (isize)phasePixels[phase] * imagesPerChunk;
  }
}
