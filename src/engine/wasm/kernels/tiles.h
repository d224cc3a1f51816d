// Tiles of sums that wait in registers: some pixels by some vectors of channels, as many as there are registers for, so that additions
// needn't wait for each other and each load serves several of them.
#pragma once
#include "vector.h"

enum { tileVectors = 2, tileChannels = tileVectors * LANES, tilePixels = WIDTH == 64 ? 8 : 4 };

/** Calls f(…, channel, vectors) for all channels, a tile's at a time; with vectors of 512 bits a single one may be left over. */
#define BY_CHANNELS(channels, f, ...)                                              \
  for (i32 channel = 0; channel < (channels); channel += tileChannels)             \
    if (tileChannels <= (i32)channelBlock || (channels) - channel >= tileChannels) \
      f(__VA_ARGS__, channel, tileVectors);                                        \
    else                                                                           \
      f(__VA_ARGS__, channel, 1)
