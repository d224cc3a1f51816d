import { UserError } from '../../error.js';
import {
  accountingFormat,
  isLive,
  type JobName,
  type JobState,
  parseAccounting,
  parseJob,
  parseQueue,
  parseSubmitted,
  queueFormat,
} from './jobs.js';

/** What Slurm would not do, in its own words. */
export class SlurmError extends UserError {
  override readonly name = 'SlurmError';
  /** `E_SLURM_MISSING`: its programs are not here; `E_SLURM_DOWN`: it does not answer; `E_SLURM`: it refuses. */
  declare readonly code: 'E_SLURM_MISSING' | 'E_SLURM_DOWN' | 'E_SLURM';
}

/** What Slurm says when its controller is away for a while, as in a restart. */
const downPattern =
  /Unable to contact slurm controller|Socket timed out|Connection (refused|timed out)|Slurm temporarily unable|backup controller|Zero Bytes were transmitted|Transport endpoint/i;

/** How long one of Slurm's programs may take. */
const patienceMs = 120_000;
/** Jobs named in one call of `scancel`. */
const namesAtATime = 200;

/** Runs one of Slurm's programs. */
async function slurm(program: string, args: readonly string[]): Promise<string> {
  // Loaded here, because most runs have nothing to do with Slurm.
  const { execa } = await import('execa');
  const { failed, code, stdout, stderr } = await execa(program, [...args], {
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
  });
  if (!failed) return stdout;
  if (code === 'ENOENT') {
    const hint = "Run it where Slurm's programs are, such as a login node, or without --executor slurm.";
    throw new SlurmError('E_SLURM_MISSING', `There is no program "${program}" here.`, hint);
  }
  const said = stderr.trim().replaceAll(/^\w+: (error|fatal): /gm, '');
  const down = downPattern.test(stderr) || stderr === '';
  throw new SlurmError(down ? 'E_SLURM_DOWN' : 'E_SLURM', `${program}: ${said === '' ? 'no answer' : said}`);
}

/** Slurm, by its own programs. */
export const slurmCommands = {
  /** Submits a script as a job array; returns the array's number. */
  async submit(script: string, options: readonly string[]): Promise<number> {
    const text = await slurm('sbatch', ['--parsable', ...options, script]);
    const number = parseSubmitted(text);
    if (number === undefined) throw new SlurmError('E_SLURM', `sbatch said "${text}", which is not a job.`);
    return number;
  },

  /** The user's jobs that Slurm remembers: those that ended in the last minutes, too. */
  async queue(): Promise<JobState[]> {
    return parseQueue(
      await slurm('squeue', ['--me', '--noheader', '--array', '--states=all', `--format=${queueFormat}`]),
    );
  },

  /** What the accounting knows of jobs; nothing where it is off. */
  async accounting(names: readonly JobName[]): Promise<JobState[]> {
    const args = ['--noheader', '--parsable2', '--array', `--format=${accountingFormat}`, `--jobs=${names.join(',')}`];
    return slurm('sacct', args).then(parseAccounting, () => []);
  },

  /** Ends jobs, and takes those that wait out of the queue. Ended ones don't mind. */
  async cancel(names: readonly JobName[]): Promise<void> {
    for (let at = 0; at < names.length; at += namesAtATime)
      await slurm('scancel', ['--quiet', ...names.slice(at, at + namesAtATime)]);
  },

  /** Ends a job and puts it back into the queue. Slurm leaves two minutes before it begins again. */
  async requeue(name: JobName): Promise<void> {
    await slurm('scontrol', ['requeue', name]);
  },

  /** Lets a job begin as soon as there is room for it. */
  async beginNow(name: JobName): Promise<void> {
    await slurm('scontrol', ['update', `JobId=${name}`, 'StartTime=now']);
  },

  /**
   * Does a job run, in this very start of it? `unknown` where Slurm is not there, or does not answer.
   *
   * @param job its number, or that of an array with its index
   * @param restarts how often it had been begun again
   */
  async stateOfRun(job: string, restarts: number): Promise<'alive' | 'dead' | 'unknown'> {
    try {
      const found = parseJob(await slurm('scontrol', ['--oneliner', 'show', 'job', job]));
      if (found === undefined) return 'unknown';
      return isLive(found) && found.state !== 'PENDING' && found.restarts === restarts ? 'alive' : 'dead';
    } catch (error) {
      return /Invalid job id/i.test((error as Error).message) ? 'dead' : 'unknown';
    }
  },

  version(): Promise<string> {
    return slurm('sinfo', ['--version']);
  },

  /** Its partitions, the default one with a star. */
  async partitions(): Promise<string[]> {
    const text = await slurm('sinfo', ['--noheader', '--format=%P']);
    return text.split('\n').filter((line) => line !== '');
  },
};

export type SlurmCommands = typeof slurmCommands;
