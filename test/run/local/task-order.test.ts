import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { TaskOrder } from '../../../src/run/local/task-order.js';
import type { TaskId } from '../../../src/values.js';

/** Tasks by id, with the ids of those that each takes an output of. */
function tasks(graph: Readonly<Record<string, readonly string[]>>): Task[] {
  return Object.entries(graph).map(([id, before]) => ({
    ...({ id, parameters: {}, env: [], outputs: {} } as unknown as Task),
    inputs: Object.fromEntries(before.map((task) => [task, { kind: 'output', task: task as TaskId, output: 'out' }])),
  }));
}

const id = (name: string) => name as TaskId;
const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };

describe('TaskOrder', () => {
  it('begins a task when all it needs has ended, and tells it how', async () => {
    const began: string[] = [];
    const order = new TaskOrder<string>(
      tasks(diamond),
      async (task, before) => {
        began.push(`${task.id}(${before.join(' ')})`);
        await turn();
        return task.id.toUpperCase();
      },
      () => began.push('stored'),
    );
    expect(await order.run()).toEqual(['A', 'B', 'C', 'D']);
    expect(began).toEqual(['a()', 'b(A)', 'c(A)', 'd(B C)', 'stored']);
  });

  it('begins a task when all it needs is stored, before that has ended', async () => {
    const events: string[] = [];
    const order = new TaskOrder<string>(
      tasks({ a: [], b: ['a'] }),
      async (task, before) => {
        events.push(`${task.id}(${before.join(' ')})`);
        if (task.id === 'a') {
          order.tellStored(id('a'));
          order.tellStored(id('a'));
          await turn();
        }
        events.push(`${task.id} ends`);
        return 'ran';
      },
      () => events.push('stored'),
    );
    expect(await order.run()).toEqual(['ran', 'ran']);
    expect(events).toEqual(['a()', 'b(stored)', 'b ends', 'stored', 'a ends']);
  });

  it('tells when all that a task needs has ended, be it well or not', async () => {
    const events: string[] = [];
    const order = new TaskOrder<string>(
      tasks({ a: [], b: ['a'] }),
      async (task) => {
        if (task.id === 'a') {
          order.tellStored(id('a'));
          await turn();
          await turn();
        } else await order.afterThoseBefore(task.id);
        events.push(`${task.id} ends`);
        if (task.id === 'a') throw new Error('out of luck');
        return 'ran';
      },
      () => undefined,
    );
    expect(order.afterThoseBefore(id('a'))).toBe(false);
    await expect(order.run()).rejects.toThrow('out of luck');
    await turn();
    expect(events).toEqual(['a ends', 'b ends']);
  });

  it('waits for all that a task needs, however often one of them is told of', async () => {
    const events: string[] = [];
    const order = new TaskOrder<string>(
      tasks({ a: [], b: [], c: ['a', 'b'] }),
      async (task, before) => {
        events.push(`${task.id}(${before.join(' ')})`);
        if (task.id === 'a') order.tellStored(id('a'));
        if (task.id === 'b') for (let i = 0; i < 3; i++) await turn();
        events.push(`${task.id} ends`);
        return 'ran';
      },
      () => events.push('stored'),
    );
    expect(await order.run()).toEqual(['ran', 'ran', 'ran']);
    expect(events).toEqual(['a()', 'a ends', 'b()', 'b ends', 'c(stored ran)', 'c ends', 'stored']);
  });

  it('takes what is not among the tasks as stored', async () => {
    const order = new TaskOrder<number>(
      tasks({ b: ['a'], c: ['b', 'a'] }),
      async (_, before) => before.length,
      () => undefined,
    );
    expect(await order.run()).toEqual([0, 1]);
    const none = new TaskOrder([], async () => 1, expect.unreachable);
    expect(await none.run()).toEqual([]);
  });

  it('fails as the first task does', async () => {
    const order = new TaskOrder<string>(
      tasks(diamond),
      async ({ id }) => {
        if (id === 'c') throw new Error('c broke');
        return id;
      },
      () => undefined,
    );
    await expect(order.run()).rejects.toThrow('c broke');
  });

  it('brings a chain of a hundred thousand', async () => {
    const names = Array.from({ length: 1e5 }, (_, i) => `t${i}`);
    const chain = Object.fromEntries(names.map((name, i) => [name, i === 0 ? [] : [names[i - 1]!]]));
    let last = '';
    const order = new TaskOrder<string>(
      tasks(chain),
      async (task) => (last = task.id),
      () => undefined,
    );
    expect(await order.run()).toHaveLength(1e5);
    expect(last).toBe('t99999');
  });
});
