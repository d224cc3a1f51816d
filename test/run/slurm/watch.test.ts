import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import type { RunEvent } from '../../../src/run/events.js';
import type { JobStatus, SlurmFiles } from '../../../src/run/slurm/files.js';
import type { JobState } from '../../../src/run/slurm/jobs.js';
import { Patience } from '../../../src/run/slurm/patience.js';
import { JobWatch } from '../../../src/run/slurm/watch.js';
import { WatchedJobs } from '../../../src/run/slurm/watched-jobs.js';
import { Store } from '../../../src/store/store.js';
import { testFolder } from '../../store/folder.js';
import { command } from '../examples.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const failure = { code: 'E_COMMAND', message: 'It failed.' };

/**
 * The watch of a task's job, on a cluster whose answers take a while, and what a test says of it; without a state, Slurm has
 * forgotten it.
 */
function watched(task: Task, { group = 1, answerMs = 0 } = {}) {
  const said: { state: string; reason: string; status?: JobStatus; output: string; past: string[] } = {
    ...{ state: 'RUNNING', reason: 'None', output: '', past: [] },
  };
  const events: RunEvent[] = [];
  const queue = vi.fn(async (): Promise<JobState[]> => {
    await vi.advanceTimersByTimeAsync(answerMs);
    return said.state === '' ? [] : [{ name: '7_0', state: said.state, reason: said.reason, folder: '' }];
  });
  const beginNow = vi.fn(async () => undefined);
  const slurm = { queue, find: async () => [], beginNow, pastStates: async () => said.past };
  const files = { readStatus: () => said.status, readOutput: () => said.output } as unknown as SlurmFiles;
  const jobs = new WatchedJobs();
  const emit = (event: RunEvent) => void events.push(event);
  const watch = new JobWatch(jobs, slurm, files, Store.open(testFolder()), new Patience(emit), emit);
  jobs.add(task, { id: 'sub', array: 7, index: 0, slot: 0, group, elements: 1 });
  return { said, events, queue, beginNow, look: () => watch.look() };
}

it('asks Slurm at once of a task that failed, and else as seldom as its answers are slow', async () => {
  const { said, queue, look } = watched(command('a'), { answerMs: 1500 });
  await look();
  await vi.advanceTimersByTimeAsync(29_000);
  await look();
  expect(queue).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2000);
  await look();
  expect(queue).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(3500);
  said.status = { restarts: 0, state: 'failed', failure };
  expect(await look()).toEqual([]);
  said.state = 'FAILED';
  expect(await look()).toMatchObject([{ end: 'failed', failure }]);
  expect(queue).toHaveBeenCalledTimes(3);
});

it('waits for the end of a job whose other tasks go on, where one that failed could have more memory', async () => {
  for (const [resources, waits] of [
    [{ memory: 1, moreMemory: [2] }, true],
    [{ memory: 1 }, false],
  ] as const) {
    const { said, look } = watched(command('a', { resources }), { group: 2 });
    said.status = { restarts: 0, state: 'failed', failure };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await look()).toHaveLength(waits ? 0 : 1);
    said.state = 'OUT_OF_MEMORY';
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await look()).toMatchObject([{ end: 'lost', state: 'OUT_OF_MEMORY' }]);
  }
});

it('says why a job was put back, by the accounting where its node has left no word', async () => {
  const { said, events, look } = watched(command('a'));
  said.status = { restarts: 0, state: 'running', key: '0'.repeat(64) as never };
  await look();
  said.past = ['REQUEUED', 'NODE_FAIL'];
  said.state = 'PENDING';
  await vi.advanceTimersByTimeAsync(60_000);
  await look();
  expect(events.at(-1)).toMatchObject({ event: 'task-retry', failure: { code: 'E_SLURM_NODE' } });
});

it('tells of a job that put itself back before it was seen at its task, each time, and lets it begin at once', async () => {
  // Slurm may still have it running when it has said so.
  for (const seen of ['PENDING', 'RUNNING']) {
    const { said, events, beginNow, look } = watched(command('a'));
    for (const restarts of [0, 1]) {
      said.status = { restarts, state: 'requeued', key: '0'.repeat(64) as never };
      for (const [state, reason] of [
        [seen, seen === 'PENDING' ? 'BeginTime' : 'None'],
        ['PENDING', 'BeginTime'],
        ['PENDING', 'BeginTime'],
      ] as const) {
        Object.assign(said, { state, reason });
        await look();
        await vi.advanceTimersByTimeAsync(60_000);
      }
    }
    const retries = events.filter(({ event }) => event === 'task-retry');
    expect(retries, seen).toMatchObject([1, 2].map((attempt) => ({ attempt, failure: { code: 'E_SLURM_TIMEOUT' } })));
    expect(beginNow).toHaveBeenCalled();
  }
});

it('tells of a job that was put back before it was seen at its task, once for each start', async () => {
  const { said, events, look } = watched(command('a'));
  const put = async () => {
    for (const reason of ['None', 'BeginTime', 'BeginTime']) {
      Object.assign(said, { state: 'PENDING', reason });
      await look();
      await vi.advanceTimersByTimeAsync(60_000);
    }
  };
  await put();
  expect(events.filter(({ event }) => event === 'task-retry')).toEqual([]);
  for (const [restarts, isSeen] of [false, true, false, true].entries()) {
    said.status = { restarts, state: 'running', key: '0'.repeat(64) as never };
    if (isSeen) {
      said.state = 'RUNNING';
      await look();
      await vi.advanceTimersByTimeAsync(60_000);
    }
    await put();
  }
  const retries = events.filter(({ event }) => event === 'task-retry');
  const failure = { code: 'E_SLURM_REQUEUED' };
  expect(retries).toMatchObject([1, 2, 3, 4].map((attempt) => ({ attempt, failure })));
});

it('knows a job that its node has killed for its memory, which Slurm only calls failed', async () => {
  for (const state of ['FAILED', 'CANCELLED']) {
    const { said, look } = watched(command('a'));
    await look();
    Object.assign(said, { state, output: 'slurmstepd-n1: error: Exceeded job memory limit\n' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await look()).toMatchObject([{ end: 'lost', state: 'OUT_OF_MEMORY' }]);
  }
});

it('knows of a job that Slurm has forgotten how it ended, if its node has left word', async () => {
  const { said, look } = watched(command('a'));
  said.status = { restarts: 0, state: 'running', key: '0'.repeat(64) as never };
  await look();
  said.output = 'slurmstepd-n1: error: *** JOB 7 ON n1 CANCELLED AT 2026-11-29T04:20:09 ***\n';
  said.state = '';
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await look()).toMatchObject([{ end: 'lost', state: 'CANCELLED' }]);
  said.output = '';
  expect(await look()).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await look()).toMatchObject([{ end: 'lost' }]);
});

it('tells what a job lacks that was put back, and began on another node', async () => {
  const { said, look } = watched(command('a'));
  said.status = { restarts: 0, state: 'running', key: '0'.repeat(64) as never };
  await look();
  Object.assign(said, { state: 'FAILED', output: 'spikeline: Node does not run on n2: not found\n' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await look()).toMatchObject([{ end: 'lost', said: 'Node does not run on n2: not found' }]);
});
