import { purposes, RandomWords } from '../../src/data/random.js';

/** Gaps beyond this begin anew with the next random word. */
const longest = 64;

/**
 * Spike counts of one image, each spike deleted with this probability: the gaps between deleted spikes, in the order of the
 * neurons, are geometrically distributed. A random word means a gap of g or more with a probability of (1 − p)^g.
 */
export function withoutDeleted(
  counts: readonly number[],
  probability: number,
  { seed, image }: { readonly seed: number; readonly image: number },
): number[] {
  const words = new RandomWords({ seed, purpose: purposes.deleteSpikes, stream: image });
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
