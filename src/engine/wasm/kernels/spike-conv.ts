// Integer convolution of spike counts with ternary weights, by events or from tables of sums, whichever takes less time: the
// first grows with the spikes, the second takes the same for any, and for one image as long as for sixteen. Sums are exact
// in both.
import {
  eventConv16_fire, eventConv16_i16, eventConv32_fire, eventConv32_i16, eventConv64_fire, eventConv64_i16, forwardLanes,
  SpikeConv,
} from './generated';
import { tabledMembranes, tabledSpikes } from './tabled-forward';

/** Do images first…end have enough spikes for tables? */
function many(t: SpikeConv, first: i32, end: i32): bool {
  let at: usize = t.spikes + <usize>first * t.imageBytes;
  let count: u32 = 0;
  for (const last = t.spikes + <usize>end * t.imageBytes; at < last; at += 16)
    count += popcnt(i8x16.bitmask(i8x16.ne(v128.load(at), i8x16.splat(0))));
  return count >= <u32>t.least;
}

/** Membranes of images lo…hi in 16 bits. */
export function spikeConv_i16(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SpikeConv>(address);
  for (let first = lo; first < hi; first += forwardLanes) {
    const end = min(first + forwardLanes, hi);
    if (many(t, first, end)) tabledMembranes(t.tables, first, end);
    else if (t.block == 64) eventConv64_i16(t.events, first, end);
    else if (t.block == 32) eventConv32_i16(t.events, first, end);
    else eventConv16_i16(t.events, first, end);
  }
}

/** Their spikes. */
export function spikeConv_fire(address: usize, lo: i32, hi: i32): void {
  const t = changetype<SpikeConv>(address);
  for (let first = lo; first < hi; first += forwardLanes) {
    const end = min(first + forwardLanes, hi);
    if (many(t, first, end)) tabledSpikes(t.tables, first, end);
    else if (t.block == 64) eventConv64_fire(t.events, first, end);
    else if (t.block == 32) eventConv32_fire(t.events, first, end);
    else eventConv16_fire(t.events, first, end);
  }
}
