import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/run/events.js';
import { Overall } from '../../../src/run/views/overall.js';
import type { TaskId } from '../../../src/values.js';

const tasks = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([stage, count]) =>
    Array.from({ length: count }, (_, i) => ({ id: `${stage}@i=${i}` as TaskId, stage, axes: {}, labels: {} })),
  );

/** A run whose events come at given seconds. */
function runOf(counts: Readonly<Record<string, number>>) {
  const overall = new Overall();
  const at = (seconds: number, event: RunEvent) => overall.handle(event, seconds * 1e3);
  at(0, { event: 'start', pipeline: 'p', tasks: tasks(counts) });
  return {
    start: (seconds: number, task: string) =>
      at(seconds, { event: 'task-start', task: task as TaskId, key: '' as never, reasons: [] }),
    end: (seconds: number, task: string, took: number, status: 'ran' | 'cached' | 'failed' | 'skipped' = 'ran') =>
      at(seconds, { event: 'task', task: task as TaskId, status, seconds: took }),
    over: (seconds: number) => at(seconds, { event: 'end', ran: 0, cached: 0, failed: 0, skipped: 0, seconds }),
    expect: (seconds: Readonly<Record<string, number>>) => at(0, { event: 'estimate', seconds }),
    progress: (seconds: number, task: string, done: number, total: number) =>
      at(seconds, { event: 'task-progress', task: task as TaskId, progress: { done, total, unit: 'steps' } }),
    text: (seconds: number) => overall.text(seconds * 1e3),
    left: (seconds: number) => overall.secondsLeft(seconds * 1e3),
  };
}

describe('the line of a whole run', () => {
  it('goes by estimates, as far as those of the same stage were right', () => {
    const run = runOf({ train: 3 });
    run.start(0, 'train@i=0');
    expect(run.left(0)).toBeUndefined();
    run.expect({ 'train@i=0': 10, 'train@i=1': 20, 'train@i=2': 40 });
    expect(run.left(0)).toBe(70);
    expect(run.left(4)).toBe(66);
    run.end(20, 'train@i=0', 20);
    run.start(20, 'train@i=1');
    expect(run.left(20)).toBe(120);
  });

  it('counts the last task of a stage that waits by what others of the stage took', () => {
    const run = runOf({ train: 2, other: 1 });
    run.start(0, 'train@i=0');
    run.end(8, 'train@i=0', 8);
    run.expect({ 'other@i=0': 5 });
    expect(run.left(8)).toBe(13);
  });

  it('counts tasks, and says how long it has been', () => {
    const run = runOf({ data: 1, train: 3 });
    expect(run.text(0.4)).toBe('0/4 done, 0 s');
    run.start(0, 'data@i=0');
    run.end(2, 'data@i=0', 2);
    run.start(2, 'train@i=0');
    run.start(2, 'train@i=1');
    expect(run.text(3)).toBe('1/4 done, 2 running, 3 s');
    run.end(130, 'train@i=0', 128, 'failed');
    expect(run.text(130)).toBe('1/4 done, 1 failed, 1 running, 2 min 10 s');
    run.end(140, 'train@i=1', 138);
    run.end(140, 'train@i=2', 0, 'skipped');
    expect(run.text(140)).toBe('2/4 done, 1 failed, 1 skipped, 2 min 20 s');
    // A page of it may be read for days.
    run.over(141);
    expect(run.text(1e6)).toBe('2/4 done, 1 failed, 1 skipped, 2 min 21 s');
  });

  it('knows nothing of stages in which nothing has run', () => {
    const run = runOf({ train: 1, snn: 1 });
    run.start(0, 'train@i=0');
    run.progress(1, 'train@i=0', 1, 10);
    run.progress(3, 'train@i=0', 3, 10);
    expect(run.left(3)).toBeUndefined();
  });

  it('takes what tasks of a stage took for the others, shared among as many as run', () => {
    const run = runOf({ train: 6 });
    for (const i of [0, 1]) run.start(0, `train@i=${i}`);
    for (const i of [0, 1]) run.end(10, `train@i=${i}`, 10);
    for (const i of [2, 3]) run.start(10, `train@i=${i}`);
    // Two that have 6 s left, and two that wait and take 10 s each.
    expect(run.left(14)).toBe(16);
    expect(run.text(14)).toBe('2/6 done, 2 running, 14 s, about 16 s left');
  });

  it('goes by the progress of those that run, and is never below that of the longest', () => {
    const run = runOf({ train: 2, other: 1 });
    run.start(0, 'train@i=0');
    run.start(0, 'other@i=0');
    run.end(1, 'other@i=0', 1, 'cached');
    run.progress(2, 'train@i=0', 2, 100);
    run.progress(12, 'train@i=0', 12, 100);
    expect(run.left(12)).toBeCloseTo(88 + 100);
    run.start(12, 'train@i=1');
    expect(run.left(32)).toBeUndefined();
    run.progress(32, 'train@i=1', 0, 100);
    run.progress(42, 'train@i=1', 50, 100);
    expect(run.left(42)).toBeCloseTo(58);
  });

  it('says no time when all is done', () => {
    const run = runOf({ train: 1 });
    run.start(0, 'train@i=0');
    run.end(5, 'train@i=0', 5);
    expect(run.text(6)).toBe('1/1 done, 6 s');
  });
});
