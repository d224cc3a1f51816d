import type { SlurmSettings } from '../../pipeline/check/slurm.js';
import type { ResourceRequest } from '../../stage/definition.js';
import type { ArrayPlace, ArrayPlan } from './arrays.js';

/** Cores of a task that takes all there are, where nobody says how many. */
const defaultCpus = 4;
/** Seconds before its time limit that a job is told, so that it can go on in another one. */
const warningSeconds = 60;

/** What the job script gets from Slurm before the job's time is up. */
export const warningSignal = 'SIGUSR2';

/**
 * Options of sbatch for what a task asks for, and for where jobs go. What is said last counts.
 *
 * @param group tasks that a job runs one after the other: each has its time
 */
export function resourceOptions(resources: ResourceRequest, settings: SlurmSettings, group = 1): string[] {
  const { device, memory } = resources;
  // Without one, the job of a task that computes on a graphics processor would see none.
  const gpus = resources.gpus ?? (device === undefined ? undefined : 1);
  const kind = resources.gpuKind ?? kindOf(resources.gpu);
  const time = resources.time === undefined ? undefined : resources.time * group;
  const { partition, account, qos, constraint, extra = [] } = settings;
  // Of a job of two minutes, half would be warning.
  const warning = time === undefined ? warningSeconds : Math.min(warningSeconds, Math.ceil(time / 4));
  return [
    `--cpus-per-task=${jobCores(resources, settings)}`,
    // Whole MiB and minutes, and never less than asked for.
    ...(memory === undefined ? [] : [`--mem=${Math.ceil(memory / 2 ** 20)}M`]),
    ...(gpus === undefined ? [] : [`--gres=gpu:${kind === undefined ? '' : `${kind}:`}${gpus}`]),
    ...(time === undefined ? [] : [`--time=${Math.ceil(time / 60)}`]),
    `--signal=B:${warningSignal.slice(3)}@${warning}`,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...(qos === undefined ? [] : [`--qos=${qos}`]),
    ...(constraint === undefined ? [] : [`--constraint=${constraint}`]),
    ...extra,
  ];
}

/** What a cluster may call a graphics processor: a name of several words, such as `RTX 4090`, is none of its kinds. */
const kindOf = (gpu: string | undefined) => (gpu !== undefined && /^[A-Za-z][\w.-]*$/.test(gpu) ? gpu : undefined);

/** Cores that the job of a task asks for. */
export function jobCores({ cpus = 1 }: ResourceRequest, { cpus: all = defaultCpus }: SlurmSettings): number {
  return typeof cpus === 'number' ? cpus : all;
}

/** `0-3,7`: the indices of an array. */
export function arrayIndices(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/**
 * `--dependency`: what must have succeeded first. A job that can't begin any more is taken out of the queue.
 *
 * @param ended arrays that must have ended, however they did
 * @param succeeded how many jobs of an array have succeeded
 */
export function dependencyOptions(
  { after, corresponding }: Pick<ArrayPlan<number>, 'after' | 'corresponding'>,
  ended: readonly number[] = [],
  succeeded: (array: number) => number = () => 0,
): string[] {
  const places = new Map<number, ArrayPlace<number>[]>();
  for (const place of after) {
    const those = places.get(place.array);
    if (those === undefined) places.set(place.array, [place]);
    else those.push(place);
  }
  // By its number, an array of which all must have succeeded: by its jobs, no call could name a hundred thousand.
  const names = [...places].flatMap(([array, those]) =>
    those.length > 1 && those.length + succeeded(array) === those[0]!.elements
      ? [`${array}`]
      : those.map(({ index }) => `${array}_${index}`),
  );
  const conditions = [
    ...(names.length > 0 ? [`afterok:${names.join(':')}`] : []),
    ...(corresponding.length > 0 ? [`aftercorr:${corresponding.join(':')}`] : []),
    ...(ended.length > 0 ? [`afterany:${ended.join(':')}`] : []),
  ];
  return conditions.length > 0 ? [`--dependency=${conditions.join(',')}`, '--kill-on-invalid-dep=yes'] : [];
}
