import { Worker } from 'node:worker_threads';

/** How long a process may outlive its parent. */
const intervalMs = 500;

/** Plain JavaScript for the thread. Process ids change hands when a parent dies: the orphan gets another one. */
const thread = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid === workerData.parent) return;
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}, workerData.intervalMs);
`;

/**
 * Kills this process and its group once its parent is gone. It has a thread of its own: a stage that computes without
 * a pause lets no event through on the main one, the end of the connection to the parent included.
 */
export function watchParent(parent: number): void {
  new Worker(thread, { eval: true, workerData: { parent, intervalMs } }).unref();
}
