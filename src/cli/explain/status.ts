import type { FailureNote, TaskStatus } from '../../run/events.js';
import { moment } from '../../run/views/text.js';

/** When a task failed, and how. */
export function failedText({ at, code, message }: FailureNote): string {
  return `failed on ${moment(at)}: ${message} [${code}]`;
}

/** A state with its reasons, in one line. */
export function statusText(status: TaskStatus): string {
  switch (status.state) {
    case 'cached':
      return 'cached';
    case 'waiting': {
      const more = status.on.length > 3 ? ` and ${status.on.length - 3} more` : '';
      return `waits for ${status.on.slice(0, 3).join(', ')}${more}`;
    }
    case 'failed': {
      const more = status.reasons.filter(({ code }) => code !== 'new').map(({ text }) => `; ${text}`);
      return `${failedText(status.failure)}${more.join('')}`;
    }
    case 'stale':
    case 'missing':
      return status.reasons.map(({ text }) => text).join('; ');
    default:
      return status satisfies never;
  }
}
