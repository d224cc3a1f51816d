import { describe, expect, it } from 'vitest';
import { schedule } from '../../../src/run/estimate/schedule.js';
import { command, from } from '../examples.js';

const machine = { cpus: 4, gpus: [], memory: 64e9, jobs: Number.POSITIVE_INFINITY };
const ten = () => 10;

/** Tasks `a0`, `a1`, … of one stage, each with so many cores. */
const several = (count: number, cpus: number | 'all' | 'any' = 1) =>
  Array.from({ length: count }, (_, i) => command(`a${i}`, { resources: { cpus } }));

describe('schedules', () => {
  it('run as many at a time as there are cores, or as the call says', () => {
    expect(schedule(several(8), ten, { machine }).seconds).toBe(20);
    expect(schedule(several(8), ten, { machine: { ...machine, jobs: 1 } }).seconds).toBe(80);
    expect(schedule(several(3, 'all'), ten, { machine }).seconds).toBe(30);
    expect(schedule(several(3, 9), ten, { machine }).seconds).toBe(30);
    expect(schedule([], ten, { machine }).seconds).toBe(0);
  });

  it('begin with what needs others once those have ended', () => {
    const tasks = [
      ...several(2),
      command('b', { inputs: { a: from('a0') } }),
      command('c', { inputs: { a: from('a1'), b: from('b') } }),
    ];
    const { seconds, each } = schedule(tasks, ({ id }) => (id === 'a1' ? 25 : 10), { machine });
    expect(seconds).toBe(35);
    expect([...each]).toEqual([
      ['a0', 10],
      ['a1', 25],
      ['b', 10],
      ['c', 10],
    ]);
  });

  it('share cores out as a run does: of two that take any number, each has half', () => {
    const cores: number[] = [];
    schedule(several(2, 'any'), (_, given) => cores.push(given), { machine });
    schedule(several(1, 'any'), (_, given) => cores.push(given), { machine });
    expect(cores).toEqual([2, 2, 4]);
  });

  it('give jobs of a cluster cores of their own, so many at a time', () => {
    const jobCores = () => 16;
    const tasks = several(8);
    expect(schedule(tasks, ten, { machine, jobCores }).seconds).toBe(10);
    expect(schedule(tasks, ten, { machine, jobCores, jobs: 2 }).seconds).toBe(40);
    const mixed = (task: { readonly id: string }) => (task.id === 'a0' ? undefined : 16);
    expect(schedule(tasks, (_, cores) => cores, { machine, jobCores: mixed, jobs: 7 }).each.get('a0' as never)).toBe(1);
  });

  it('run the tasks of one job one after the other', () => {
    const follows = ({ id }: { readonly id: string }) => (id === 'a1' ? ('a0' as never) : undefined);
    expect(schedule(several(4), ten, { machine, jobCores: () => 1, follows }).seconds).toBe(20);
  });

  it('end at once what ends at once, in any number', () => {
    const tasks = several(20_000);
    expect(schedule(tasks, ten, { machine }).seconds).toBe(50_000);
  });
});
