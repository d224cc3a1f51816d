import { createInterface } from 'node:readline/promises';
import type { SlurmExecutor } from '../../run/slurm/executor.js';
import { isTerminal, print } from '../terminal/output.js';
import { byKeyboard } from '../terminal/signals.js';

/**
 * After a signal: the jobs go on, unless the user says otherwise. Nobody is asked where nobody can answer.
 *
 * @param again the call that watches them again
 */
export async function leaveJobs(run: SlurmExecutor, again: string): Promise<void> {
  const jobs = run.jobs;
  if (jobs.length === 0) return print(`Finished work is kept. Go on with: ${again}`);
  const count = jobs.length === 1 ? 'one job' : `${jobs.length} jobs`;
  if (byKeyboard() && isTerminal() && process.stdin.isTTY && (await wantsToCancel(count))) {
    await run.cancel();
    return print(`Cancelled ${count}. Finished work is kept. Go on with: ${again}`);
  }
  print(`Slurm goes on with ${count}. Watch again with: ${again}`);
  print(`Cancel with: scancel ${arraysOf(jobs).join(' ')}`);
}

/** Anything but a clear yes leaves the jobs alone: a second Ctrl-C, too. */
async function wantsToCancel(count: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const given = new AbortController();
  lines.on('SIGINT', () => given.abort());
  try {
    const answer = await lines.question(`Leave ${count} to Slurm, or cancel? [Leave/cancel] `, {
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

/** Elements of one array by its number, if there are several. */
function arraysOf(jobs: readonly string[]): string[] {
  const byArray = new Map<string, string[]>();
  for (const job of jobs) {
    const array = job.split('_')[0]!;
    byArray.set(array, [...(byArray.get(array) ?? []), job]);
  }
  return [...byArray].map(([array, elements]) => (elements.length > 1 ? array : elements[0]!));
}
