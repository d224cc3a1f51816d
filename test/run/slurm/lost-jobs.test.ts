import { expect, it } from 'vitest';
import { lostJob } from '../../../src/run/slurm/lost-jobs.js';

const running = { restarts: 0, state: 'running' } as const;

it.each([
  ['TIMEOUT', true, 'E_SLURM_TIMEOUT', 'go on from', true],
  ['TIMEOUT', false, 'E_SLURM_TIMEOUT', 'with no checkpoint', false],
  ['PREEMPTED', false, 'E_SLURM_PREEMPTED', 'was preempted', true],
  ['NODE_FAIL', false, 'E_SLURM_NODE', 'lost with its node', true],
  ['CANCELLED', false, 'E_SLURM_CANCELLED', 'was cancelled', true],
  ['OUT_OF_MEMORY', false, 'E_SLURM_MEMORY', 'ran out of memory', false],
  ['FAILED', false, 'E_SLURM_JOB', 'ended as FAILED', false],
  ['COMPLETED', false, 'E_SLURM_LOST', 'reported nothing', true],
  [undefined, false, 'E_SLURM_LOST', 'reported nothing', true],
])('a job that ended as %s (checkpoint: %s) is %s', (state, advanced, code, words, again) => {
  const lost = lostJob({ job: '12_3', state, status: running, advanced }, {});
  expect(lost.failure).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(lost.failure.message).toMatch(/^Job 12_3 .*\.$/);
  expect(lost.again > 0).toBe(again);
});

it('a job that could not put itself back into the queue had come to its time limit', () => {
  expect(
    lostJob({ job: '1_0', state: 'FAILED', status: { restarts: 0, state: 'requeued' }, advanced: true }, {}).failure
      .code,
  ).toBe('E_SLURM_TIMEOUT');
});

it('a job that had not enough is followed by one with more, as long as there is', () => {
  const about = { job: '1_0', status: running, advanced: false } as const;
  expect(lostJob({ ...about, state: 'OUT_OF_MEMORY' }, { moreMemory: [2, 3] }).again).toBe(2);
  expect(lostJob({ ...about, state: 'TIMEOUT' }, { moreTime: [2] }).again).toBe(1);
});

it('a job that could not begin says why, and is not tried again', () => {
  const { failure, again } = lostJob({ job: '1_0', state: 'FAILED', advanced: false, said: 'No Node.' }, {});
  expect([failure.code, failure.message, again]).toEqual(['E_SLURM_START', 'Job 1_0 could not begin. No Node.', 0]);
});

it('a task whose job was ended by another one of it gets another job', () => {
  const waited = { job: '1_0', advanced: false, grouped: true } as const;
  const { failure, again } = lostJob({ ...waited, state: 'OUT_OF_MEMORY' }, {});
  expect([failure.code, again]).toEqual(['E_SLURM_GROUP', 100]);
  expect(lostJob({ ...waited, state: 'OUT_OF_MEMORY', status: running }, {}).failure.code).toBe('E_SLURM_MEMORY');
  // Those who cancel a job mean all of it.
  expect(lostJob({ ...waited, state: 'CANCELLED' }, {})).toMatchObject({ again: 1 });
});
