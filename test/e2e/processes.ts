import { readFileSync, rmSync } from 'node:fs';

/** Waits until a condition holds; fails loudly when it never does. */
export async function until(condition: () => boolean, what: string, seconds = 300): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Is this process alive? One that has ended and only waits to be collected (a zombie) is not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/**
 * Removes a folder into which processes that are about to end may write yet. Node's own retries don't do it: they read the
 * folder once, and then a file that appeared since makes each of them fail.
 */
export async function removeInUse(folder: string): Promise<void> {
  let failure: unknown;
  const removed = () => {
    try {
      rmSync(folder, { recursive: true, force: true });
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  await until(removed, `${folder} can be removed`, 60).catch(() => {
    throw failure;
  });
}
