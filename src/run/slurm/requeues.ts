import type { Failure } from '../events.js';
import type { JobName } from './jobs.js';

/**
 * What the daemon on a job's node writes into the job's output as it ends it: Slurm's src/slurmd/slurmstepd/req.c
 * (`_handle_signal_container`). Where there is no accounting, nothing else says why there was a new start.
 */
const pattern = /\*\*\* JOB \d+ ON (\S+) CANCELLED AT \S+ DUE TO ([^*]+?) \*\*\*/g;

/**
 * What it writes of a job that it has killed for its memory, where that is watched without cgroups
 * (`JobAcctGatherParams=OverMemoryKill`): Slurm's src/common/slurm_jobacct_gather.c. To Slurm the job has just failed, then.
 */
const memoryPattern = /^slurmstepd\b.* (exceeded memory limit \(\d+ > \d+\), being killed|Exceeded job memory limit)/m;

/** What it writes of a job that somebody has cancelled; the newer versions name the signal. */
const cancelledPattern = /\*\*\* JOB \d+ ON \S+ CANCELLED AT \S+( DUE TO SIGNAL [^*]+?)? \*\*\*/i;

/** Slurm's states, by why the daemon has ended a job. */
const statesByReason = [
  [/TIME LIMIT/, 'TIMEOUT'],
  [/PREEMPTION/, 'PREEMPTED'],
  [/NODE FAILURE/, 'NODE_FAIL'],
] as const;

/** True if the node's daemon has killed a job for its memory. @param output what the job wrote */
export function isKilledForMemory(output: string): boolean {
  return memoryPattern.test(output);
}

/**
 * In what state a job has ended that Slurm knows no more, by the word of the node's daemon; undefined if that left none.
 *
 * @param output what the job wrote
 * @param before after how many endings it had been put back into the queue
 */
export function stateByDaemon(output: string, before: number): string | undefined {
  if (isKilledForMemory(output)) return 'OUT_OF_MEMORY';
  const all = [...output.matchAll(pattern)];
  const [, , why = ''] = all.length > before ? all.at(-1)! : [];
  const [, state] = statesByReason.find(([reason]) => reason.test(why)) ?? [];
  return state ?? (cancelledPattern.test(output) ? 'CANCELLED' : undefined);
}

/** How often the node's daemon has ended a job. @param output what the job wrote */
export function endings(output: string): number {
  return [...output.matchAll(pattern)].length;
}

/**
 * Why Slurm has put a job back into the queue.
 *
 * @param output what the job wrote
 * @param before how many endings had been there before
 * @param state in which the accounting says that it ended; undefined if it does not know
 */
export function requeueFailure(job: JobName, output: string, before: number, state?: string): Failure {
  const all = [...output.matchAll(pattern)];
  // A node that is gone says nothing.
  const [, node, why = ''] = all.length > before ? all.at(-1)! : [];
  const told = (code: string, because: string) => ({
    code,
    message: `Job ${job} was put back into the queue by Slurm${because}.`,
  });
  if (/PREEMPTION/.test(why)) return told('E_SLURM_PREEMPTED', `: on ${node} it was preempted by another one`);
  if (/NODE FAILURE/.test(why)) return told('E_SLURM_NODE', `: its node ${node} failed`);
  if (/JOB REQUEUE/.test(why)) return told('E_SLURM_REQUEUED', ', as somebody asked');
  switch (state) {
    case 'PREEMPTED':
      return told('E_SLURM_PREEMPTED', ': it was preempted by another one');
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return told('E_SLURM_NODE', ': its node failed');
    case 'REQUEUED':
      return told('E_SLURM_REQUEUED', ', as somebody asked');
    default:
  }
  return told('E_SLURM_REQUEUED', ', which gives no reason: perhaps its node failed');
}
