import { memoryKills } from '../../control-groups.js';

let before: number | undefined;

/** From now on it is known whether the system has ended a process here because there was no memory left. */
export function watchMemoryKills(): void {
  before ??= memoryKills();
}

/** What to do about a process that was ended by SIGKILL, if that may have been for want of memory. */
export function memoryHint(signal: string | undefined): string | undefined {
  if (signal !== 'SIGKILL' || before === undefined || memoryKills() <= before) return undefined;
  return 'There was no memory left for it. Give this machine or container more, or run fewer tasks at a time: --jobs 1.';
}
