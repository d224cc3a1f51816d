/** Spikes per neuron, image and level: 1 when every neuron always fires as often as it can. */
export function firingRate(spikes: number, neurons: number, images: number, levels: number): number {
  return spikes / (neurons * images * levels);
}
