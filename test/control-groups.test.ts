import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlGroups, coreTime, memoryKills, usableCores } from '../src/control-groups.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-groups-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** @param own what Linux says of a process @param files of groups, by their paths */
const timeOf = (own: string, files: Readonly<Record<string, string>>) => coreTime(systemOf(own, files));

function systemOf(own: string, files: Readonly<Record<string, string>>): ControlGroups {
  for (const [path, text] of Object.entries({ own, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { ownGroups: join(folder, 'own'), hierarchies: join(folder, 'groups') };
}

describe('coreTime', () => {
  it('is what a container may use, which sees its own group as the root', () => {
    expect(timeOf('0::/\n', { 'groups/cpu.max': '250000 100000\n' })).toBe(2.5);
  });

  it('is what a group around it may use, if that is less', () => {
    const files = {
      'groups/a/cpu.max': '100000 50000\n',
      'groups/a/b/cpu.max': 'max 100000\n',
      'groups/a/b/c/cpu.max': '300000 100000\n',
      'groups/d/cpu.max': '100000 100000\n',
    };
    expect(timeOf('0::/a/b/c\n', files)).toBe(2);
  });

  it.each([
    ['cpu', 'cpu'],
    ['cpu,cpuacct', 'cpu,cpuacct'],
    ['cpuacct,cpu', 'cpu'],
  ])('reads groups of the first version: controllers %s in the folder %s', (controllers, name) => {
    const group = `groups/${name}/docker/0a1b`;
    const files = { [`${group}/cpu.cfs_quota_us`]: '50000\n', [`${group}/cpu.cfs_period_us`]: '100000\n' };
    expect(timeOf(`5:memory:/x\n4:${controllers}:/docker/0a1b\n0::/\n`, files)).toBe(0.5);
  });

  it('finds the limit of a container that sees of its path no more than its end', () => {
    const files = { 'groups/cpu/cpu.cfs_quota_us': '400000\n', 'groups/cpu/cpu.cfs_period_us': '100000\n' };
    expect(timeOf('4:cpu:/docker/0a1b\n', files)).toBe(4);
  });

  it('stays inside the groups that it sees', () => {
    expect(timeOf('0::/../../a\n', { 'groups/a/cpu.max': '100000 100000', 'a/cpu.max': '1 100000' })).toBe(1);
  });

  it.each([
    ['has no limit', '0::/\n', { 'groups/cpu.max': 'max 100000\n' }],
    [
      'has none in the first version',
      '1:cpu:/\n',
      { 'groups/cpu/cpu.cfs_quota_us': '-1\n', 'groups/cpu/cpu.cfs_period_us': '100000\n' },
    ],
    ['has no such files', '0::/gone\n3:cpuset:/\n', {}],
    ['has what nobody can read', '0::/\n?\n::\n', { 'groups/cpu.max': '\n' }],
  ])('is infinite where a system %s', (_, own, files) => {
    expect(timeOf(own, files)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is infinite where a system has no control groups', () => {
    expect(coreTime({ ownGroups: join(folder, 'none'), hierarchies: folder })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('usableCores', () => {
  it('is at least one, and no more than there are', () => {
    expect(usableCores()).toBeGreaterThanOrEqual(1);
    expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('memoryKills', () => {
  it.each([
    ['0::/a\n', { 'groups/a/memory.events': 'low 0\noom 4\noom_kill 3\noom_group_kill 0\n' }, 3],
    ['7:memory:/docker/1\n', { 'groups/memory/memory.oom_control': 'under_oom 0\noom_kill 2\n' }, 2],
    // Not those of its neighbours.
    ['0::/a\n', { 'groups/a/memory.events': 'oom_kill 0\n', 'groups/memory.events': 'oom_kill 9\n' }, 0],
    ['0::/\n', {}, 0],
  ])('counts those of its own group %#', (own, files, count) => {
    expect(memoryKills(systemOf(own, files))).toBe(count);
  });
});
