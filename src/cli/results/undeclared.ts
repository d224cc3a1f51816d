import type { Pipeline } from '../../pipeline/expand/task.js';

/**
 * A line for each axis of seeds that is not declared to be repetition: its tasks are rows like any other, and the reader may
 * have meant their mean.
 */
export function undeclaredNotes({ tasks }: Pick<Pipeline, 'tasks'>): string[] {
  const seeds = new Map<string, Set<string>>();
  for (const { labels, repeat = [] } of tasks)
    for (const [axis, label] of Object.entries(labels)) {
      if (!/seeds?$/i.test(axis) || repeat.includes(axis)) continue;
      const known = seeds.get(axis);
      if (known === undefined) seeds.set(axis, new Set([label]));
      else known.add(label);
    }
  return [...seeds].flatMap(([axis, labels]) => {
    if (labels.size < 2) return [];
    const values = [...[...labels].slice(0, shownValues), ...(labels.size > shownValues ? ['…'] : [])].join(', ');
    const declared = `axes: { ${axis}: { values: [${values}], repeat: true } }`;
    return [`Nothing is averaged over "${axis}". If it repeats the same experiment, declare it: ${declared}`];
  });
}

const shownValues = 3;
