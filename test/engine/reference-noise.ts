import { normalOf } from '../../src/data/normal.js';
import { type Purpose, purposes, RandomWords } from '../../src/data/random.js';

/** Whose random words: of an image, and of a layer by its place among those that send spikes. */
export interface Place {
  readonly seed: number;
  readonly image: number;
  readonly layer?: number;
}

const wordsOf = (purpose: Purpose, { seed, image, layer = 0 }: Place) =>
  new RandomWords({ seed, purpose, stream: image }, layer * 2 ** 34);

/** Gaps beyond this begin anew with the next random word. */
const longest = 64;

/**
 * Spike counts of one image, each spike deleted with this probability: the gaps between deleted spikes, in the order of the
 * neurons, are geometrically distributed. A random word means a gap of g or more with a probability of (1 − p)^g.
 */
export function withoutDeleted(
  counts: readonly number[],
  probability: number,
  place: Place,
  purpose: Purpose = purposes.deleteSpikes,
): number[] {
  // Nothing is deleted, and no gap ends.
  if (Math.round(probability * 2 ** 32) === 0) return [...counts];
  const words = wordsOf(purpose, place);
  // Probabilities are whole numbers of 2^-32.
  const goesOn = 1 - Math.round(probability * 2 ** 32) / 2 ** 32;
  const nextGap = (): number => {
    for (let all = 0; ; all += longest) {
      const word = words.word();
      let gap = 0;
      for (let share = goesOn; gap < longest && word < Math.round(share * 2 ** 32); share *= goesOn) gap++;
      if (gap < longest) return all + gap;
    }
  };
  let kept = nextGap();
  return counts.map((count) => {
    let left = count;
    for (let spike = 0; spike < count; spike++) {
      if (kept-- > 0) continue;
      left--;
      kept = nextGap();
    }
    return left;
  });
}

/** Spike counts of one image, each spike inserted with this probability that a neuron might have sent and did not. */
export function withInserted(counts: readonly number[], levels: number, probability: number, place: Place): number[] {
  const missing = counts.map((count) => levels - count);
  return withoutDeleted(missing, probability, place, purposes.insertSpikes).map((left) => levels - left);
}

/** Membranes [pixel][channel] of one image with normal noise. A pixel has four words for each four channels or fewer. */
export function withMembraneNoise(
  membranes: ArrayLike<number>,
  channels: number,
  deviation: number,
  place: Place,
): number[] {
  if (deviation === 0) return Array.from(membranes);
  const words = wordsOf(purposes.membraneNoise, place);
  const perPixel = 4 * Math.ceil(channels / 4);
  return Array.from({ length: membranes.length / channels }, (_, pixel) => {
    const own = Array.from({ length: perPixel }, () => words.word());
    return own.slice(0, channels).map((word, c) => membranes[pixel * channels + c]! + deviation * normalOf(word));
  }).flat();
}
