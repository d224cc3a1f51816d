import { expect, it } from 'vitest';
import { endings, requeueFailure, stateByDaemon } from '../../../src/run/slurm/requeues.js';

/** As the daemons of Slurm 22.05 write it. */
const word = (why: string) =>
  `slurmstepd-n1: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-29T04:20:09 DUE TO ${why} ***\n`;
const node = word('NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS');

it.each([
  [word('PREEMPTION'), 0, 'E_SLURM_PREEMPTED', 'on n1 it was preempted by another one'],
  [node, 0, 'E_SLURM_NODE', 'its node n1 failed'],
  [`${word('PREEMPTION')}work\n${node}`, 1, 'E_SLURM_NODE', 'its node n1 failed'],
  [word('JOB REQUEUE'), 0, 'E_SLURM_REQUEUED', 'as somebody asked'],
  [node, 1, 'E_SLURM_REQUEUED', 'which gives no reason'],
  ['work\n', 0, 'E_SLURM_REQUEUED', 'which gives no reason'],
])('a job that has written %j, and %i words before, was put back: %s', (output, before, code, words) => {
  expect(requeueFailure('1_0', output, before)).toEqual({ code, message: expect.stringContaining(words) });
});

it.each([
  ['NODE_FAIL', 'E_SLURM_NODE', 'its node failed'],
  ['PREEMPTED', 'E_SLURM_PREEMPTED', 'it was preempted by another one'],
  ['REQUEUED', 'E_SLURM_REQUEUED', 'as somebody asked'],
  ['COMPLETED', 'E_SLURM_REQUEUED', 'which gives no reason'],
])('where no daemon has left word, the accounting may know: %s', (state, code, words) => {
  expect(requeueFailure('1_0', 'work\n', 0, state)).toEqual({ code, message: expect.stringContaining(words) });
  // The daemon knows better.
  expect(requeueFailure('1_0', word('PREEMPTION'), 0, state).code).toBe('E_SLURM_PREEMPTED');
});

it('counts the words of daemons', () => {
  expect([endings(''), endings(node + word('PREEMPTION'))]).toEqual([0, 2]);
});

/** As it is written of a job that somebody has cancelled, by Slurm 22.05 and by newer ones. */
const cancelled = [
  'slurmstepd-n1: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-29T04:20:09 ***\n',
  'slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-29T04:20:09 DUE to SIGNAL Terminated ***\n',
];

it.each<readonly [string, number, string | undefined]>([
  ...cancelled.map((output) => [output, 0, 'CANCELLED'] as const),
  [`${word('PREEMPTION')}work\n${cancelled[0]}`, 1, 'CANCELLED'],
  [word('TIME LIMIT'), 0, 'TIMEOUT'],
  [word('PREEMPTION'), 0, 'PREEMPTED'],
  [node, 0, 'NODE_FAIL'],
  ['slurmstepd-n1: error: Exceeded job memory limit\n', 0, 'OUT_OF_MEMORY'],
  // That was before it was put back.
  [node, 1, undefined],
  ['work\n', 0, undefined],
])(
  'a job that Slurm has forgotten, and that has written %j, %i endings before, ended as %s',
  (output, before, state) => {
    expect(stateByDaemon(output, before)).toBe(state);
  },
);
