// How far marking an image's spikes has come, batch of gaps by batch.
#pragma once
#include "random.h"

enum {
  /** No image's number. */
  nobody = -1
};

typedef struct {
  /** Spikes that a batch of gaps takes on average. */
  isize batch;
  /** Whose first words are the next to be looked up, as they were drawn while the image before was marked. */
  i32 image;
  /** What marks a spike of the image as deleted, another number for each: marks needn't be cleared in between. */
  u8 deleted;
  /** Marks from there on hold anything. */
  u8 *cleared;
  /** The mark at which the next batch that is added up begins, and that at which the next that is looked up may well end. */
  u8 *start, *expected;
} Course;

INLINE Course beginCourse(DeleteSpikes t) {
  // The sum of the shares of gaps that are at least so long is the mean; and the spike behind each.
  u64 sum = 1ull << 32;
  for (i32 g = 0; g < tabledGaps - 1; g++) sum += ((u32 *)t.gaps)[g];
  return (Course){.batch = (isize)(sum * drawnWords >> 32), .image = nobody, .cleared = t.marks};
}

/** Begins with an image of which nothing is deleted yet. */
INLINE void beginImage(DeleteSpikes t, Course *c, isize spikes) {
  c->start = t.marks;
  c->expected = t.marks + c->batch;
  if (++c->deleted == 0) {
    c->deleted = 1;
    c->cleared = t.marks;
  }
  for (; c->cleared < t.marks + spikes; c->cleared += WIDTH) STORE(c->cleared, (u8v){0});
}

/** Where no spike is, behind all. */
INLINE u8 *noSpike(DeleteSpikes t) { return t.bits - 1; }
