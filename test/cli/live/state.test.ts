import { describe, expect, it } from 'vitest';
import { LiveState } from '../../../src/cli/live/state.js';
import type { TaskId } from '../../../src/values.js';

const [a, b] = ['a', 'b'] as TaskId[] as [TaskId, TaskId];

/** A state to which `a` has told so many values. */
function stateAfter(steps: number) {
  const state = new LiveState([a, b]);
  state.handle({ event: 'start', pipeline: 'p', tasks: [a, b].map((id) => ({ id, stage: id, axes: {}, labels: {} })) });
  state.handle({ event: 'task-start', task: a, key: '' as never, reasons: [{ code: 'new', text: 'never run here' }] });
  for (let done = 1; done <= steps; done++) {
    const values = { loss: (1 / done).toFixed(4), 'images/s': 100, left: '1 min' };
    state.handle({ event: 'task-progress', task: a, progress: { done, total: steps, unit: 'steps', values } });
  }
  return state;
}

describe('what the page of a run is told first', () => {
  it('has what has become of each task, with curves of what it tells, but for its speed', () => {
    const state = stateAfter(3);
    const { curves, ...task } = state.tasks.get(a)!;
    expect(task).toEqual({ state: 'running', text: expect.stringContaining('100 %  loss 0.3333'), share: 1 });
    expect(curves).toEqual({
      loss: [
        [1 / 3, 1],
        [2 / 3, 0.5],
        [1, 0.3333],
      ],
    });
    expect(state.tasks.get(b)).toEqual({ state: 'waiting', text: '', curves: {} });
    state.handle({ event: 'task', task: a, status: 'ran', seconds: 1, metrics: { loss: 0.3 } });
    state.handle({ event: 'task', task: b, status: 'failed', seconds: 1, failure: { code: 'E_X', message: 'x' } });
    expect(state.tasks.get(b)).toMatchObject({ state: 'failed', failure: { code: 'E_X' } });
    expect([...state.metrics]).toEqual([[a, { loss: 0.3 }]]);
    expect(state.summary).toMatch(/^1\/2 done, 1 failed/);
  });

  it('has no more points of a long training than a picture shows, and begins a curve anew with another attempt', () => {
    const state = stateAfter(100_000);
    const points = state.tasks.get(a)!.curves.loss!;
    expect(points.length).toBeLessThanOrEqual(240);
    expect(points.at(-1)).toEqual([1, 0]);
    const progress = { done: 1, total: 10, unit: 'steps', values: { loss: 5 } };
    state.handle({ event: 'task-progress', task: a, progress });
    expect(state.tasks.get(a)!.curves.loss).toEqual([[0.1, 5]]);
  });

  it('knows nothing of tasks that are none of the run', () => {
    const state = new LiveState([a]);
    state.handle({
      event: 'task-progress',
      task: b,
      progress: { done: 1, total: 2, unit: 'steps', values: { loss: 1 } },
    });
    expect([...state.tasks.keys()]).toEqual([a]);
  });
});
