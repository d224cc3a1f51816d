import { basename, dirname } from 'node:path';

/** An element of a job array, as Slurm writes it: `123_4`. */
export type JobName = `${number}_${number}`;

/** What Slurm says of a job. */
export interface JobState {
  readonly name: JobName;
  /** In Slurm's long form: `PENDING`, `RUNNING`, `TIMEOUT` and so on. */
  readonly state: string;
  /** Why it waits or has ended: `Resources`, `Dependency`, `TimeLimit`, `None`. */
  readonly reason: string;
  /** The folder that its script lies in; empty if it is not known. */
  readonly folder: string;
}

/** States in which a job is going on, or will: all others are its end. */
const live = new Set([
  ...['PENDING', 'CONFIGURING', 'RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING'],
  ...['REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'],
]);

/** True if the job is not over. */
export function isLive({ state }: Pick<JobState, 'state'>): boolean {
  return live.has(state);
}

/** True if it has not begun, or not begun again. */
export function isPending({ state }: Pick<JobState, 'state'>): boolean {
  return state === 'PENDING' || state.startsWith('REQUEUE') || state === 'RESV_DEL_HOLD' || state === 'SPECIAL_EXIT';
}

/** What `squeue` is to print of each job: array, index, state, reason, script. */
export const queueFormat = '%F|%K|%T|%r|%o';

/** Reads what `squeue --format` printed. Jobs that are no elements of arrays are left out: none of ours. */
export function parseQueue(text: string): JobState[] {
  return text.split('\n').flatMap((line): JobState[] => {
    const [, array, index, state, reason, script = ''] = /^(\d+)\|(\d+)\|(\w+)\|([^|]*)\|(.*)$/.exec(line.trim()) ?? [];
    if (array === undefined || state === undefined) return [];
    const folder = script.startsWith('/') && basename(script) === 'job.sh' ? dirname(script) : '';
    return [{ name: `${Number(array)}_${Number(index)}`, state, reason: reason!, folder }];
  });
}

/** What `sacct` is to print of each job. */
export const accountingFormat = 'JobID,State';

/** Reads what `sacct --parsable2 --noheader` printed: the state of each element, without its steps. */
export function parseAccounting(text: string): JobState[] {
  return text.split('\n').flatMap((line): JobState[] => {
    const [, array, index, state] = /^(\d+)_(\d+)\|([A-Z_]+)/.exec(line.trim()) ?? [];
    if (array === undefined || state === undefined) return [];
    return [{ name: `${Number(array)}_${Number(index)}`, state, reason: 'None', folder: '' }];
  });
}

/** What `scontrol --oneliner show job` says of one job; undefined if it says nothing. */
export function parseJob(text: string): { readonly state: string; readonly restarts: number } | undefined {
  const state = /\bJobState=(\w+)/.exec(text)?.[1];
  return state === undefined ? undefined : { state, restarts: Number(/\bRestarts=(\d+)/.exec(text)?.[1] ?? 0) };
}

/** The number of the job that `sbatch --parsable` has made: `123` or `123;cluster`. */
export function parseSubmitted(text: string): number | undefined {
  const number = /^(\d+)(;.*)?$/m.exec(text.trim())?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The command that ends jobs. It names elements of one array by the array's number, if there are several. */
export function cancelCall(jobs: readonly JobName[]): string {
  const arrays = new Map<string, JobName[]>();
  for (const job of jobs) {
    const array = job.split('_')[0]!;
    arrays.set(array, [...(arrays.get(array) ?? []), job]);
  }
  return ['scancel', ...[...arrays].map(([array, jobs]) => (jobs.length > 1 ? array : jobs[0]!))].join(' ');
}
