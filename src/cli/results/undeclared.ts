import type { Pipeline } from '../../pipeline/expand/task.js';

/**
 * A line for each axis of seeds that is not declared to be repetition: its tasks are rows like any other, and the reader may
 * have meant their mean.
 */
export function undeclaredNotes({ axes, tasks }: Pick<Pipeline, 'axes' | 'tasks'>): string[] {
  const repeat = new Set(tasks.flatMap((task) => task.repeat ?? []));
  return Object.entries(axes).flatMap(([path, values]) => {
    const axis = path.slice(path.lastIndexOf('/') + 1);
    if (!/seeds?$/i.test(axis) || values.length < 2 || repeat.has(axis)) return [];
    const declared = `${axis}: { values: [${values.slice(0, 3).map(String).join(', ')}${values.length > 3 ? ', …' : ''}], repeat: true }`;
    return [`Nothing is averaged over "${axis}". If it repeats the same experiment, declare it: axes: { ${declared} }`];
  });
}
