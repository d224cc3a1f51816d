import { digestBytes } from '../../src/files/digest.js';

/** The same numbers in every run of the suite: uniform in [0, 1), by the seed's name. */
export function randomFrom(seed: string): () => number {
  let n = 0;
  return () => {
    const hex = digestBytes(`${seed} ${n++}`).slice('sha256:'.length, 'sha256:'.length + 12);
    return Number.parseInt(hex, 16) / 2 ** 48;
  };
}
