type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables of Slurm's programs that only say where Slurm is and where the user's jobs go. All others are for people who
 * call those programs by hand: `SQUEUE_PARTITION` hides jobs, `SBATCH_WAIT` has `sbatch` wait for their end,
 * `SCANCEL_INTERACTIVE` has `scancel` ask; and a job's own `SLURM_…` would be taken for wishes of the job to be submitted.
 */
const kept = new Set([
  ...['SLURM_CONF', 'SLURM_CONF_SERVER', 'SLURM_CLUSTERS', 'SBATCH_CLUSTERS', 'SBATCH_ACCOUNT', 'SBATCH_PARTITION'],
  ...['SBATCH_QOS', 'SBATCH_RESERVATION', 'SBATCH_WCKEY', 'SBATCH_CONSTRAINT', 'SBATCH_CLUSTER_CONSTRAINT'],
  ...['SBATCH_TIMELIMIT', 'SBATCH_MEM_PER_CPU', 'SBATCH_MEM_PER_NODE', 'SBATCH_EXCLUSIVE', 'SBATCH_HINT'],
]);

/** The environment of Slurm's programs, so that what they are asked is what they answer. */
export function slurmEnvironment(env: Environment): Record<string, string> {
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (!/^(SLURM|SBATCH|SQUEUE|SACCT|SCANCEL|SCONTROL|SINFO)_/.test(entry[0]) || kept.has(entry[0])),
  );
  // Without it they write no more than the first indices of a large array.
  return { ...Object.fromEntries(passed), SLURM_BITSTR_LEN: '0' };
}

/** What Spikeline itself reads in a job. */
const ownVariables = /^(SPIKELINE_\w+|NODE_EXTRA_CA_CERTS|(https?|all|no)_proxy)$/i;

/**
 * `--export` where the user, or the site, has jobs begin with less than the environment they are submitted from: with
 * what is declared for the task, and what Spikeline itself reads, beside it. Nothing where jobs get all of it.
 *
 * @param options those of sbatch that the user adds
 * @param declared names of variables
 */
export function exportOption(options: readonly string[], env: Environment, declared: readonly string[]): string[] {
  const asked = options.findLast((option) => option.startsWith('--export='))?.slice('--export='.length);
  const names = (asked ?? env.SBATCH_EXPORT ?? 'ALL').split(',').filter((name) => name !== '');
  if (names.some((name) => name.toUpperCase() === 'ALL')) return asked === undefined ? [] : [`--export=${asked}`];
  const there = [...declared, ...Object.keys(env).filter((name) => ownVariables.test(name))];
  const added = there.filter((name) => env[name] !== undefined);
  const own = names.filter((name) => !['NONE', 'NIL'].includes(name.toUpperCase()));
  const all = [...new Set([...own, ...added])];
  return [`--export=${all.length > 0 ? all.join(',') : names.join(',')}`];
}
