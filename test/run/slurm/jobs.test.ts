import { describe, expect, it } from 'vitest';
import {
  cancelCall,
  isLive,
  isPending,
  parseAccounting,
  parseJob,
  parseJobs,
  parseLargestArray,
  parseQueue,
  parseSubmitted,
} from '../../../src/run/slurm/jobs.js';

describe('squeue', () => {
  it('is read line by line: array, index, state, reason, script', () => {
    const folder = '/shared/artifacts/p/.slurm/5c5e';
    const text = [
      `12|3|RUNNING|None|${folder}/job.sh`,
      `12|4|PENDING|Resources|${folder}/job.sh`,
      '13|0|CANCELLED|DependencyNeverSatisfied|/other/script.sh',
      '14|1|COMPLETED|None|(null)',
      '15|N/A|RUNNING|None|/no/array/job.sh',
      'slurm_load_jobs error',
      '',
    ].join('\n');
    expect(parseQueue(text)).toEqual([
      { name: '12_3', state: 'RUNNING', reason: 'None', folder },
      { name: '12_4', state: 'PENDING', reason: 'Resources', folder },
      { name: '13_0', state: 'CANCELLED', reason: 'DependencyNeverSatisfied', folder: '' },
      { name: '14_1', state: 'COMPLETED', reason: 'None', folder: '' },
    ]);
  });

  it('knows folders with bars and spaces', () => {
    const [job] = parseQueue('1|2|RUNNING|None|/a | b/job.sh');
    expect(job!.folder).toBe('/a | b');
  });

  it.each(['PENDING', 'CONFIGURING', 'RUNNING', 'SUSPENDED', 'COMPLETING', 'REQUEUED', 'REQUEUE_HOLD'])(
    'has %s jobs that are not over',
    (state) => expect(isLive({ state })).toBe(true),
  );

  it.each(['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'PREEMPTED', 'OUT_OF_MEMORY', 'BOOT_FAIL'])(
    'has %s jobs that are over',
    (state) => expect([isLive({ state }), isPending({ state })]).toEqual([false, false]),
  );
});

describe('sacct', () => {
  it('is read without the steps of a job, and without who cancelled it', () => {
    const text =
      '12_3|COMPLETED\n12_3.batch|COMPLETED\n12_4|CANCELLED by 1000\n12_[5-6,9%2]|CANCELLED by 1000\n7|FAILED\n';
    expect(parseAccounting(text).map(({ name, state }) => [name, state])).toEqual([
      ['12_3', 'COMPLETED'],
      ...['12_4', '12_5', '12_6', '12_9'].map((name) => [name, 'CANCELLED']),
    ]);
  });
});

describe('scontrol', () => {
  it('tells the state and how often a job was begun again', () => {
    const text =
      'JobId=9 ArrayJobId=6 ArrayTaskId=0 JobName=p/a JobState=RUNNING Reason=None Requeue=1 Restarts=2 BatchFlag=1';
    expect(parseJob(text)).toEqual({ state: 'RUNNING', restarts: 2 });
    expect(parseJob('')).toBeUndefined();
  });

  it('tells the elements of an array, those that wait on one line', () => {
    const text = [
      'JobId=6 ArrayJobId=6 ArrayTaskId=0,4-5%2 JobName=p/a JobState=PENDING Reason=Priority Restarts=0',
      'JobId=7 ArrayJobId=6 ArrayTaskId=3 JobName=p/a JobState=RUNNING Reason=None Restarts=0',
      'JobId=8 JobName=p/a JobState=RUNNING Reason=None Restarts=0',
    ].join('\n');
    expect(parseJobs(text).map(({ name, state, reason }) => [name, state, reason])).toEqual([
      ...['6_0', '6_4', '6_5'].map((name) => [name, 'PENDING', 'Priority']),
      ['6_3', 'RUNNING', 'None'],
    ]);
  });

  it.each([
    ['MaxArraySize            = 11\nMaxBatchRequeue         = 5', 11],
    ['', 1001],
  ])('tells how large arrays may be: %j', (text, size) => expect(parseLargestArray(text)).toBe(size));
});

describe('sbatch', () => {
  it.each([
    ['123\n', { array: 123 }],
    ['123;cluster\n', { array: 123, cluster: 'cluster' }],
    ['sbatch: a notice of this site\n42\n', { array: 42 }],
    ['Submitted', undefined],
  ])('%j is job %j', (text, submitted) => expect(parseSubmitted(text)).toEqual(submitted));
});

it('jobs are ended by the numbers of their arrays where several of one are left', () => {
  expect(cancelCall(['12_0', '13_4', '12_7'])).toBe('scancel 12 13_4');
});
