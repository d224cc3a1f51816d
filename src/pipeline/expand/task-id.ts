import type { TaskId } from '../../values.js';

/** `stage@axis=label,…`. */
export function taskId(stage: string, labels: Readonly<Record<string, string>>): TaskId {
  const point = formatLabels(labels);
  return (point === '' ? stage : `${stage}@${point}`) as TaskId;
}

/** `axis=label,…`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const axis in labels) text += `${text === '' ? '' : ','}${axis}=${labels[axis]}`;
  return text;
}
