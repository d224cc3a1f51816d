import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Where Linux says which groups a process is in, and what these may use. */
export interface ControlGroups {
  readonly ownGroups: string;
  readonly hierarchies: string;
}

const linux: ControlGroups = { ownGroups: '/proc/self/cgroup', hierarchies: '/sys/fs/cgroup' };

let usable: number | undefined;

/**
 * Cores that this process may keep busy: those that it may run on, and no more than a container has the time of. Threads beyond
 * that would be stopped for a part of each tenth of a second, while others wait for them. Node knows of some limits, from version 22 on.
 */
export function usableCores(): number {
  usable ??= Math.min(availableParallelism(), Math.max(1, Math.floor(coreTime())));
  return usable;
}

/**
 * How many cores' time a process may use, by its control groups and those around them (`docker run --cpus 2`, Kubernetes'
 * limits). Infinity without a limit, and where the system doesn't tell.
 */
export function coreTime(system: ControlGroups = linux): number {
  const limits = groupsOf('cpu', system).map(({ version, folder }) =>
    version === 2
      ? share(...((read(`${folder}/cpu.max`) ?? '').split(' ') as [string]))
      : share(read(`${folder}/cpu.cfs_quota_us`) ?? '', read(`${folder}/cpu.cfs_period_us`)),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** How many processes the system has ended so far because this one's control group had no memory left. */
export function memoryKills(system: ControlGroups = linux): number {
  for (const { version, folder } of groupsOf('memory', system)) {
    const told = read(`${folder}/${version === 2 ? 'memory.events' : 'memory.oom_control'}`);
    const [, count] = /^oom_kill (\d+)$/m.exec(told ?? '') ?? [];
    if (count !== undefined) return Number(count);
  }
  return 0;
}

interface Group {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** A process's group of a controller, and those around it; a container may not see all of the path, only that below its own group. */
function groupsOf(controller: string, { ownGroups, hierarchies }: ControlGroups): Group[] {
  return (read(ownGroups) ?? '').split('\n').flatMap((line) => {
    // `0::/path` of the second version, `4:cpu,cpuacct:/path` of the first one.
    const [, number, controllers = '', path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    const above = (hierarchy: string, version: Group['version']): Group[] =>
      pathsAbove(path).map((group) => ({ version, folder: hierarchy + group }));
    if (number === '0' && controllers === '') return above(hierarchies, 2);
    if (!controllers.split(',').includes(controller)) return [];
    return [...new Set([controllers, controller])].flatMap((name) => above(`${hierarchies}/${name}`, 1));
  });
}

function pathsAbove(path: string): string[] {
  const paths: string[] = [];
  for (let group = posix.resolve('/', path); ; group = posix.dirname(group)) {
    paths.push(group);
    if (group === '/') return paths;
  }
}

/** Microseconds of a period that processes may run: `max 100000`, `200000 100000`; −1 is no limit. */
function share(quota: string, period = ''): number {
  const cores = Number.parseInt(quota, 10) / Number.parseInt(period, 10);
  return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
