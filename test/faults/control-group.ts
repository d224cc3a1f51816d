import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Control groups of a test's own, as those of a container: with so much memory in bytes, and one core's time. */
export interface ControlGroup {
  /** Files that a process writes its number to, to be one of the group. */
  readonly doors: readonly string[];
  remove(): void;
}

/** @returns undefined where this user may not make any, or the system has none */
export function makeControlGroup(memory: number): ControlGroup | undefined {
  const root = '/sys/fs/cgroup';
  const isSecond = existsSync(join(root, 'cgroup.controllers'));
  const name = `spikeline-test-${process.pid}`;
  const limits: Readonly<Record<string, string | number>> = isSecond
    ? { 'memory.max': memory, 'memory.swap.max': 0, 'cpu.max': '100000 100000' }
    : { 'memory/memory.limit_in_bytes': memory, 'cpu/cpu.cfs_quota_us': 100_000 };
  const folders = isSecond ? [join(root, name)] : ['memory', 'cpu'].map((controller) => join(root, controller, name));
  const remove = () => {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
  };
  try {
    for (const folder of folders) mkdirSync(folder);
    for (const [file, limit] of Object.entries(limits)) {
      const [controller, ...rest] = file.split('/');
      const place = isSecond ? join(root, name, file) : join(root, controller!, name, ...rest);
      writeFileSync(place, String(limit), { flag: 'r+' });
    }
  } catch {
    remove();
    return undefined;
  }
  return { doors: folders.map((folder) => join(folder, 'cgroup.procs')), remove };
}
