import { createInterface } from 'node:readline/promises';
import type { Cluster } from '../../run/executor.js';
import { isTerminal, print, printText } from '../terminal/output.js';
import { byKeyboard } from '../terminal/signals.js';

/**
 * After a signal: the jobs go on, unless the user says otherwise. Nobody is asked where nobody can answer.
 *
 * @param again the call that watches them again
 */
export async function leaveJobs(cluster: Cluster, again: string): Promise<void> {
  const { name, jobs, cancelCall, silentSince } = cluster;
  if (jobs.length === 0) return printText(`Finished work is kept. Continue with: ${again}`);
  const count = jobs.length === 1 ? 'one job' : `${jobs.length} jobs`;
  if (byKeyboard() && isTerminal() && process.stdin.isTTY && (await wantsToCancel(name, count))) {
    await cluster.cancel();
    return printText(`Cancelled ${count}. Finished work is kept. Continue with: ${again}`);
  }
  const state =
    silentSince === undefined
      ? `${name} continues with ${count}.`
      : `${name} has not answered since ${silentSince.toTimeString().slice(0, 8)}; it had ${count} to run.`;
  printText(`${state} Watch it again with: ${again}`);
  printText(`Cancel with: ${cancelCall}`);
}

/** Anything but a clear yes leaves the jobs alone: a second Ctrl-C, too. */
async function wantsToCancel(name: string, count: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const given = new AbortController();
  lines.on('SIGINT', () => given.abort());
  try {
    const answer = await lines.question(`Leave ${count} to ${name}, or cancel? [Leave/cancel] `, {
      signal: given.signal,
    });
    return /^c/i.test(answer.trim());
  } catch {
    print('');
    return false;
  } finally {
    lines.close();
  }
}
