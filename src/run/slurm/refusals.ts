/**
 * What Slurm's programs say when they will do it later. The texts are those of `slurm_strerror` (Slurm's
 * src/common/slurm_errno.c) and of the loop in which `sbatch` tries again by itself (src/sbatch/sbatch.c).
 */
const down: readonly RegExp[] = [
  // The controller is away, is started anew, or has too much to do.
  /Unable to contact slurm controller/i,
  /Socket timed out on send\/recv operation/i,
  /Unexpected message received/i,
  /Message (send|receive) failure/i,
  /Communication connection failure/i,
  /Zero Bytes were transmitted or received/i,
  /Header lengths are longer than data received/i,
  /Transport endpoint is not connected/i,
  /Connection (refused|reset by peer|timed out)/i,
  // A second controller that has not taken over yet.
  /Slurm backup controller in standby mode/i,
  // Its name can't be looked up just now.
  /Unable to establish control(ler)? machine/i,
  /Temporary failure in name resolution/i,
  // munge on either side: its daemon is started anew, or a credential came late.
  /Protocol authentication error/i,
  /Munge (encode|decode) failed/i,
  // The database of accounts, which submissions are checked by.
  /Unable to contact slurm ?dbd/i,
];

/** There is no room for further jobs: MaxJobCount of the cluster; MaxSubmitJobs and the like of a user or group. */
const limit: readonly RegExp[] = [
  /Slurm temporarily unable to accept job/i,
  /Slurm job queue full/i,
  /Job creation temporarily disabled/i,
  /Resource temporarily unavailable/i,
  /\b(Assoc|QOS)\w*Submit\w*Limit\b/i,
  /(job|submit) limit (has been )?reached/i,
];

/** `sbatch` goes on by itself, for two minutes and without a further word. */
export const retryingPattern = /sleeping and retrying|temporarily disabled, retrying/i;

/** The words for limits of all kinds: some end as jobs do, and some are for good. */
const policyPattern = /Job violates accounting\/QOS policy/i;

/**
 * What is to be made of an error of Slurm's.
 *
 * - `down`: Slurm does not answer: ask again.
 * - `limit`: it takes no more jobs: wait for some to end.
 * - `perhaps-limit`: its rules forbid the job, perhaps for the number of those that there are.
 * - `refused`: it answers, and will not do it.
 */
export function kindOfRefusal(said: string): 'down' | 'limit' | 'perhaps-limit' | 'refused' {
  if (limit.some((pattern) => pattern.test(said))) return 'limit';
  // With the rule's name it is clear that it is another one.
  if (policyPattern.test(said))
    return /\b(Assoc|QOS)\w+/.test(said.replace(policyPattern, '')) ? 'refused' : 'perhaps-limit';
  return said === '' || down.some((pattern) => pattern.test(said)) ? 'down' : 'refused';
}
