// What an input pixel's gradient is the sum over: a window of the output's gradient.
#pragma once
#include "kernel.h"

/**
 * Pixels whose windows hold the same taps: rows, bytes of a row; offset of the phase's weights, and how many bytes of a channel's come
 * before the window's; from channel to channel of them, and from row to row.
 */
typedef struct {
  i32 rows;
  u32 runBytes, weights, skipped, channelBytes, weightRow;
} Window;

/** Byte offsets of a pixel's window in dy, and of its values in dx. */
typedef struct {
  u32 dy, dx;
} Target;
