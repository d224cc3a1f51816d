// Integer convolution of spike counts with ternary weights, by events.
#define NAME(name) JOIN(name, CHANNELS)

#define CHANNELS 16
#include "event-conv.h"
KERNEL(eventConv16_i16, EventConv) { convolveEvents16(t, lo, hi, 0); }
KERNEL(eventConv16_fire, EventConv) { convolveEvents16(t, lo, hi, 1); }
#undef CHANNELS

#define CHANNELS 32
#include "event-conv.h"
KERNEL(eventConv32_i16, EventConv) { convolveEvents32(t, lo, hi, 0); }
KERNEL(eventConv32_fire, EventConv) { convolveEvents32(t, lo, hi, 1); }
#undef CHANNELS

#define CHANNELS 64
#include "event-conv.h"
KERNEL(eventConv64_i16, EventConv) { convolveEvents64(t, lo, hi, 0); }
KERNEL(eventConv64_fire, EventConv) { convolveEvents64(t, lo, hi, 1); }
#undef CHANNELS
#undef NAME
