// Which of an image's spikes are deleted: marks, by the gaps between them.
#pragma once
#if WIDTH == 64
#include "searched-gaps.h"
#else
#include "guided-gaps.h"
#endif

/** Draws the words that are looked up next, where none were drawn in turns, or the wrong ones. */
INLINE void drawAlone(DeleteSpikes t, Marking *m, Draw draw, u32 block) {
  Drawing d = beginDrawing(draw, block);
  EACH(round, 10) drawRound(&d);
  takeWords(t, &d, m);
}

/**
 * Marks which of the first `spikes` spikes of image n are deleted, and some of those behind them. Words are drawn, gaps looked up and
 * spikes marked of three batches at a time, in turns: each would wait for itself. While what is guessed to be the last batch is looked
 * up, the next image's first words are drawn: most are there when it is that one's turn.
 */
INLINE void markSpikes(DeleteSpikes t, Marking *m, i32 n, isize spikes) {
  const Draw draw = DRAW(t, n), next = DRAW(t, n + 1);
  u8 *const end = t.marks + spikes;
  Course *const course = &m->course;
  beginImage(t, course, spikes);
  forgetBefore(t, m);
  if (course->image != n) drawAlone(t, m, draw, 0);
  course->image = nobody;
  for (u32 block = LANES;; block += LANES) {
    for (; course->expected < end; block += LANES) {
      takeTurn(t, m, draw, block);
      if (course->start < end) continue;
      markLast(t, m);
      return;
    }
    takeTurn(t, m, next, 0);
    markLast(t, m);
    if (course->start >= end) {
      course->image = n + 1;
      return;
    }
    forgetBefore(t, m);
    drawAlone(t, m, draw, block);
  }
}
