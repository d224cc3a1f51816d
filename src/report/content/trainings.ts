import type { Epoch, History } from '../../results/history.js';
import { comparePrecisions, groupBy } from '../numbers/group.js';

/**
 * One history a label, in the order of precisions. A resumed training has only its own epochs, so that parts follow on
 * each other; where two have the same epoch they are different trainings, and get numbers.
 */
export function joinParts(histories: readonly History[]): History[] {
  const trainings: { label: string; epochs: Epoch[] }[] = [];
  for (const [label, parts] of groupBy(histories, (history) => history.label)) {
    const separate: Epoch[][] = [];
    for (const { epochs } of [...parts].sort((a, b) => (a.epochs[0]?.epoch ?? 0) - (b.epochs[0]?.epoch ?? 0))) {
      const before = separate.find((training) => (training.at(-1)?.epoch ?? 0) < (epochs[0]?.epoch ?? 0));
      if (before) before.push(...epochs);
      else if (epochs.length > 0) separate.push([...epochs]);
    }
    for (const [index, epochs] of separate.entries())
      trainings.push({ label: separate.length > 1 ? `${label} (${index + 1})` : label, epochs });
  }
  return trainings.sort((a, b) => comparePrecisions(a.label, b.label));
}
