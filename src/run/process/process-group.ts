import { setTimeout as sleep } from 'node:timers/promises';

// What a task starts belongs to its process group, so that nothing of it is left over. Windows knows no such groups:
// there these functions find none.

/** How long what a command has started may live on after it, when it was asked to end. */
const graceMs = 2000;

/** Sends a signal to a process group. False if there is none. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (leader === undefined) return false;
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

/** Asks a process group to end. One that was stopped is woken, to hear it. False if there is none. */
export function askGroup(leader: number | undefined): boolean {
  return signalGroup(leader, 'SIGTERM') && signalGroup(leader, 'SIGCONT');
}

/**
 * Ends what a group still holds once its leader has ended.
 *
 * @param patiently waits a while first: what was asked to end may need a moment more than the leader. (The dead count,
 *   too, where nobody collects them.)
 */
export async function endGroup(leader: number | undefined, patiently: () => boolean): Promise<void> {
  const end = performance.now() + graceMs;
  while (patiently() && performance.now() < end && signalGroup(leader, 0)) await sleep(20);
  signalGroup(leader, 'SIGKILL');
}
