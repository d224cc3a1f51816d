// Tiles of sums that wait in registers: some pixels by some vectors of channels, as many as there are registers for, so that additions
// needn't wait for each other and each load serves several of them.
#pragma once
#include "vector.h"

enum { tileVectors = 2, tileChannels = tileVectors * LANES, tilePixels = WIDTH == 64 ? 8 : 4 };

/**
 * Vectors of 512 bits: four of them by six pixels or rows, where there are as many channels. A value that is loaded into all
 * lanes takes as long there as a vector of products, and so serves four of them.
 */
enum { mostVectors = WIDTH == 64 ? 4 : tileVectors, wideTile = 6 };

/** Pixels of a tile of so many vectors. */
INLINE i32 pixelsOf(i32 vectors) { return vectors > tileVectors ? wideTile : tilePixels; }

/**
 * Calls f(…, channel, vectors) for all channels: `most` vectors at a time, which is a constant; then a tile's; with vectors of 512 bits a
 * single one may be left over.
 */
#define BY_CHANNELS(most, channels, f, ...)                                       \
  for (i32 channel = 0, left = (channels); left > 0; left = (channels) - channel) \
    if ((most) > tileVectors && left >= (most) * LANES) {                         \
      f(__VA_ARGS__, channel, most);                                              \
      channel += (most) * LANES;                                                  \
    } else if (tileChannels <= (i32)channelBlock || left >= tileChannels) {       \
      f(__VA_ARGS__, channel, tileVectors);                                       \
      channel += tileChannels;                                                    \
    } else {                                                                      \
      f(__VA_ARGS__, channel, 1);                                                 \
      channel += LANES;                                                           \
    }
