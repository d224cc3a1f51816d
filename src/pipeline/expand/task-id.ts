import type { TaskId } from '../../values.js';

/** `stage@axis=label,…`. */
export function taskId(stage: string, labels: Readonly<Record<string, string>>): TaskId {
  return (Object.keys(labels).length === 0 ? stage : `${stage}@${formatLabels(labels)}`) as TaskId;
}

/** `axis=label,…`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([axis, label]) => `${axis}=${label}`)
    .join(',');
}
