import { describe, expect, it } from 'vitest';
import { WatchedJobs } from '../../../src/run/slurm/watched-jobs.js';
import { command } from '../examples.js';

const [a, b, c] = [command('a'), command('b'), command('c')];
const job = (index: number, slot: number, group = 1) => ({ id: 'sub', array: 7, index, slot, group, elements: 2 });

describe('watched jobs', () => {
  it('are those of tasks, several of which may share one', () => {
    const jobs = new WatchedJobs();
    jobs.add(a, job(0, 0, 2));
    jobs.add(b, job(0, 1, 2));
    jobs.add(c, job(1, 2, 2));
    expect([jobs.size, jobs.arrays(), jobs.of(b.id)]).toEqual([3, [7], job(0, 1, 2)]);
    jobs.remove(a.id);
    expect([jobs.has(job(0, 0, 2)), jobs.isOver(job(0, 0, 2)), jobs.isOver(job(0, 1, 2))]).toEqual([true, true, false]);
    jobs.remove(b.id);
    expect([jobs.has(job(0, 0, 2)), jobs.of(b.id), jobs.size]).toEqual([false, undefined, 1]);
  });

  it('count for their array as they succeed, where they have no other tasks', () => {
    const jobs = new WatchedJobs();
    jobs.add(a, job(0, 0));
    jobs.add(b, job(1, 1));
    jobs.done(a.id);
    jobs.remove(b.id);
    expect(jobs.succeeded(7)).toBe(1);
    jobs.add(c, job(0, 0, 2));
    jobs.done(c.id);
    expect(jobs.succeeded(7)).toBe(1);
  });

  it('are pending until they begin, and again once Slurm has put them back', () => {
    const jobs = new WatchedJobs();
    jobs.add(a, job(0, 0));
    const pending = () => jobs.pending().map(({ id }) => id);
    expect(pending()).toEqual(['a']);
    const [watched] = jobs.entries();
    watched!.begun = true;
    expect(pending()).toEqual([]);
    watched!.state = { name: '7_0', state: 'REQUEUED', reason: 'BeginTime', folder: '' };
    expect(pending()).toEqual(['a']);
  });
});
