import { UserError } from '../../error.js';
import { slurmEnvironment } from './environment.js';
import {
  accountingFormat,
  isLive,
  type JobName,
  type JobState,
  parseAccounting,
  parseJob,
  parseJobs,
  parseLargestArray,
  parseQueue,
  parseSubmitted,
  queueFormat,
} from './jobs.js';
import { kindOfRefusal, retryingPattern } from './refusals.js';

/** What Slurm would not do, in its own words. */
export class SlurmError extends UserError {
  override readonly name = 'SlurmError';
  /**
   * `E_SLURM_MISSING`: its programs are not here; `E_SLURM_DOWN`: it does not answer; `E_SLURM_LIMIT`: it takes no more
   * jobs for now, `E_SLURM_POLICY`: perhaps for now; `E_SLURM`: it refuses.
   */
  declare readonly code: 'E_SLURM_MISSING' | 'E_SLURM_DOWN' | 'E_SLURM_LIMIT' | 'E_SLURM_POLICY' | 'E_SLURM';
}

const codes = {
  down: 'E_SLURM_DOWN',
  limit: 'E_SLURM_LIMIT',
  'perhaps-limit': 'E_SLURM_POLICY',
  refused: 'E_SLURM',
} as const;

/** How long one of Slurm's programs may take. */
const patienceMs = 120_000;
/** Jobs named in one call of a program. */
const namesAtATime = 200;

/** Runs one of Slurm's programs. @param signal ends it at once */
async function slurm(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  // Loaded here, because most runs have nothing to do with Slurm.
  const { execa } = await import('execa');
  const running = execa(program, [...args], {
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
    env: slurmEnvironment(process.env),
    extendEnv: false,
    // A terminal's Ctrl-C is for this program, which lets a submission come to its end.
    detached: true,
    ...(signal && { cancelSignal: signal }),
  });
  // What holds jobs back is this program's to wait for, which says so.
  running.stderr.on('data', (text) => retryingPattern.test(String(text)) && running.kill());
  const { failed, code, stdout, stderr } = await running;
  if (!failed) return stdout;
  if (code === 'ENOENT') {
    const hint = "Run it where Slurm's programs are, such as a login node, or without --executor slurm.";
    throw new SlurmError('E_SLURM_MISSING', `There is no program "${program}" here.`, hint);
  }
  const said = stderr.trim().replaceAll(/^\w+: (error|fatal): /gm, '');
  throw new SlurmError(codes[kindOfRefusal(said)], `${program}: ${said === '' ? 'no answer' : said}`);
}

/** Slurm, by its own programs. */
export class SlurmCommands {
  /** @param cluster the one of several that is spoken of. A submission that tells one chooses it for all that follows. */
  constructor(public cluster?: string) {}

  /**
   * Submits a script as a job array; returns the array's number.
   *
   * @param signal ends the attempt at once: then Slurm may have taken the script all the same
   */
  async submit(script: string, options: readonly string[], signal?: AbortSignal): Promise<number> {
    const text = await slurm('sbatch', ['--parsable', ...options, ...this.#where(), script], signal);
    const submitted = parseSubmitted(text);
    if (submitted === undefined) throw new SlurmError('E_SLURM', `sbatch said "${text}", which is not a job.`);
    this.cluster ??= submitted.cluster;
    return submitted.array;
  }

  /** The user's jobs that Slurm remembers, in all partitions: those that ended in the last minutes, too. */
  async queue(): Promise<JobState[]> {
    // By number: `--me` is unknown to older versions, and names to some machines.
    const whose = `--user=${process.getuid!()}`;
    const form = ['--all', '--noheader', '--array', '--states=all', `--format=${queueFormat}`];
    return parseQueue(await slurm('squeue', [...this.#where(), whose, ...form]));
  }

  /**
   * What is known of jobs that the queue does not list: from the controller itself, and from the accounting where there
   * is one.
   *
   * @throws SlurmError `E_SLURM_DOWN`: then nothing is known, and no job is to be taken for gone
   */
  async find(names: readonly JobName[]): Promise<JobState[]> {
    const found = new Map<JobName, JobState>();
    for (const array of new Set(names.map((name) => name.split('_')[0]!)))
      for (const job of await this.#show(array)) found.set(job.name, job);
    const rest = names.filter((name) => !found.has(name));
    for (let at = 0; at < rest.length; at += namesAtATime)
      for (const job of await this.#accounting(rest.slice(at, at + namesAtATime))) found.set(job.name, job);
    return names.flatMap((name) => found.get(name) ?? []);
  }

  /** In what states the earlier starts of a job have ended, the latest last; none where there is no accounting. */
  async pastStates(name: JobName): Promise<string[]> {
    // Of a job that was put back into the queue it shows only the last start unless it is asked for all.
    const all = await this.#accounting([name], ['--duplicates']);
    // In the queue that word is of a job that is to begin again; here it is of a start that is over.
    const isOver = (job: JobState) => !isLive(job) || job.state === 'REQUEUED';
    return all.filter((job) => job.name === name && isOver(job)).map(({ state }) => state);
  }

  /** Ends jobs, and takes those that wait out of the queue. Ended ones don't mind. */
  async cancel(names: readonly JobName[]): Promise<void> {
    for (let at = 0; at < names.length; at += namesAtATime)
      await slurm('scancel', [...this.#where(), '--quiet', ...names.slice(at, at + namesAtATime)]);
  }

  /** Ends a job and puts it back into the queue. Slurm leaves two minutes before it begins again. */
  async requeue(name: JobName): Promise<void> {
    await slurm('scontrol', [...this.#where(), 'requeue', name]);
  }

  /** Lets a job begin as soon as there is room for it. */
  async beginNow(name: JobName): Promise<void> {
    await slurm('scontrol', [...this.#where(), 'update', `JobId=${name}`, 'StartTime=now']);
  }

  /**
   * Whether a job runs, in this very start of it; `unknown` where Slurm is not there, or does not answer.
   *
   * @param job its number, or that of an array with its index
   * @param restarts how often it had been begun again
   */
  async stateOfRun(job: string, restarts: number): Promise<'alive' | 'dead' | 'unknown'> {
    try {
      const found = parseJob(await slurm('scontrol', [...this.#where(), '--all', '--oneliner', 'show', 'job', job]));
      if (found === undefined) return 'unknown';
      return isLive(found) && found.state !== 'PENDING' && found.restarts === restarts ? 'alive' : 'dead';
    } catch (error) {
      return /Invalid job id/i.test((error as Error).message) ? 'dead' : 'unknown';
    }
  }

  /** How many elements an array may have, their indices beginning with 0. */
  async largestArray(): Promise<number> {
    return parseLargestArray(await slurm('scontrol', [...this.#where(), 'show', 'config']));
  }

  version(): Promise<string> {
    return slurm('sinfo', ['--version']);
  }

  /** Its partitions, the default one with a star. */
  async partitions(): Promise<string[]> {
    const text = await slurm('sinfo', ['--noheader', '--format=%P']);
    return text.split('\n').filter((line) => line !== '');
  }

  /** The elements of an array that the controller knows. */
  async #show(array: string): Promise<JobState[]> {
    try {
      return parseJobs(await slurm('scontrol', [...this.#where(), '--all', '--oneliner', 'show', 'job', array]));
    } catch (error) {
      // It does not know the job any more, or this site lets only others ask.
      if (error instanceof SlurmError && error.code !== 'E_SLURM_DOWN') return [];
      throw error;
    }
  }

  /** What the accounting knows of jobs; nothing where it is off, or its database does not answer. */
  #accounting(names: readonly JobName[], more: readonly string[] = []): Promise<JobState[]> {
    const form = [...more, '--noheader', '--parsable2', `--format=${accountingFormat}`];
    return slurm('sacct', [...this.#where(), ...form, `--jobs=${names.join(',')}`]).then(parseAccounting, () => []);
  }

  #where(): string[] {
    return this.cluster === undefined ? [] : [`--clusters=${this.cluster}`];
  }
}

/** Slurm as this machine has it. */
export const slurmCommands = new SlurmCommands();
