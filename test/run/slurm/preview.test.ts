import { describe, expect, it } from 'vitest';
import { previewJobs } from '../../../src/run/slurm/preview.js';
import { command, from, listFrom } from '../examples.js';

const points = [1, 2, 3, 4, 5];
const tasks = [
  command('fetch', { slurm: { local: true } }),
  ...points.map((n) => command(`a@n=${n}`, { inputs: { data: from('fetch') } })),
  ...points.map((n) => command(`b@n=${n}`, { inputs: { a: from(`a@n=${n}`) } })),
  command('all', { inputs: { b: listFrom(...points.map((n) => `b@n=${n}`)) } }),
];

describe('the preview of jobs', () => {
  it('names the job of each task, and what arrays wait for', () => {
    const { places, lines } = previewJobs(tasks, {}, 1000);
    expect([places.get(tasks[0]!.id), places.get(tasks[3]!.id)]).toEqual(['on this machine', 'job 1_2']);
    expect(lines).toEqual([
      'jobs of Slurm: 11 tasks as 11 jobs in 3 arrays; 1 on this machine',
      '  array 1: a, 5 jobs',
      '  array 2: b, 5 jobs, after the same of array 1',
      '  array 3: all, 1 job, after 5 jobs of array 2',
    ]);
  });

  it('has groups and bounds of arrays', () => {
    const { places, lines } = previewJobs(tasks, { group: 2 }, 2);
    expect(places.get(tasks[3]!.id)).toBe('job 1_1');
    expect(lines).toEqual([
      'jobs of Slurm: 11 tasks as 7 jobs in 5 arrays; 1 on this machine',
      '  array 1: a, 2 jobs of 2 tasks at most',
      '  array 2: a, 1 job',
      '  array 3: b, 2 jobs of 2 tasks at most, after the same of array 1',
      '  array 4: b, 1 job, after 2_0',
      '  array 5: all, 1 job, after 3_0 and 3_1 and 4_0',
    ]);
  });
});
