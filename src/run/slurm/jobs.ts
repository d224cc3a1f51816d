import { basename, dirname } from 'node:path';

/** An element of a job array, as Slurm writes it: `123_4`. */
export type JobName = `${number}_${number}`;

/** A task's job. */
export interface TaskJob {
  /** Of the submission. */
  readonly id: string;
  readonly array: number;
  readonly index: number;
  /** The task's number in the submission: its job may have others to run as well. */
  readonly slot: number;
  /** How many tasks a job of the submission may run. */
  readonly group: number;
  /** How many jobs the array has. */
  readonly elements: number;
}

export const nameOf = ({ array, index }: TaskJob): JobName => `${array}_${index}`;

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

/**
 * Reads what `sacct --parsable2 --noheader` printed: the state of each element, without its steps. Those that never
 * began share a line: `12_[3-5]`.
 */
export function parseAccounting(text: string): JobState[] {
  return text.split('\n').flatMap((line): JobState[] => {
    const [, array, one, several, state] = /^(\d+)_(?:(\d+)|\[([\d,%-]+)\])\|([A-Z_]+)/.exec(line.trim()) ?? [];
    if (array === undefined || state === undefined) return [];
    const about = { state, reason: 'None', folder: '' };
    return parseIndices((one ?? several)!).map((index) => ({ name: `${Number(array)}_${index}` as const, ...about }));
  });
}

/** `0-2,7%4`, as Slurm writes the indices of those elements of an array of which it says the same. */
function parseIndices(text: string): number[] {
  return text
    .replace(/%\d+$/, '')
    .split(',')
    .flatMap((range) => {
      const [from, to = from] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

/** Reads what `scontrol --oneliner show job` printed of the elements of arrays. */
export function parseJobs(text: string): JobState[] {
  return text.split('\n').flatMap((line): JobState[] => {
    const word = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1];
    const [array, indices, state] = [word('ArrayJobId'), word('ArrayTaskId'), word('JobState')];
    if (array === undefined || state === undefined || !/^[\d,%-]+$/.test(indices ?? '')) return [];
    const about = { state, reason: word('Reason') ?? 'None', folder: '' };
    return parseIndices(indices!).map((index) => ({ name: `${Number(array)}_${index}` as const, ...about }));
  });
}

/** What `scontrol --oneliner show job` says of one job; undefined if it says nothing. */
export function parseJob(text: string): { readonly state: string; readonly restarts: number } | undefined {
  const state = /\bJobState=(\w+)/.exec(text)?.[1];
  return state === undefined ? undefined : { state, restarts: Number(/\bRestarts=(\d+)/.exec(text)?.[1] ?? 0) };
}

/** What `scontrol show config` says of how many elements an array may have; Slurm's own default if it says nothing. */
export function parseLargestArray(text: string): number {
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(text)?.[1] ?? 1001);
}

/** What `sbatch --parsable` has made. */
export interface SubmittedArray {
  readonly array: number;
  /** The cluster that took it, if Slurm was asked for one. */
  readonly cluster?: string;
}

/** Reads what `sbatch --parsable` printed: `123` or `123;cluster`. */
export function parseSubmitted(text: string): SubmittedArray | undefined {
  const [, number, cluster] = /^(\d+)(?:;(\S+))?$/m.exec(text.trim()) ?? [];
  return number === undefined ? undefined : { array: Number(number), ...(cluster === undefined ? {} : { cluster }) };
}

/** The command that ends jobs. It names elements of one array by the array's number, if there are several. */
export function cancelCall(jobs: readonly JobName[], cluster?: string): string {
  const arrays = new Map<string, JobName[]>();
  for (const job of jobs) {
    const array = job.split('_')[0]!;
    arrays.set(array, [...(arrays.get(array) ?? []), job]);
  }
  const where = cluster === undefined ? [] : [`--clusters=${cluster}`];
  return ['scancel', ...where, ...[...arrays].map(([array, jobs]) => (jobs.length > 1 ? array : jobs[0]!))].join(' ');
}
