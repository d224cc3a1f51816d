import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Task } from '../../src/pipeline/task.js';
import { Run } from '../../src/run/schedule.js';
import { StoreError } from '../../src/store/error.js';
import { Store } from '../../src/store/store.js';
import { testFolder } from '../store/folder.js';
import { command, from, pipelineOf } from './examples.js';

const touch = { kind: 'shell', script: [{ text: 'echo > ' }, { output: 'result' }] } as const;
const tasks: readonly Task[] = [
  command('first', { action: touch }),
  command('second', { action: touch, inputs: { first: from('first') } }),
];

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

/** Runs the two tasks; returns what happened, in order. */
async function run(onEvent: (text: string) => void = () => undefined): Promise<string[]> {
  const events: string[] = [];
  await new Run(pipelineOf(folder, tasks), store, {
    tasks,
    force: new Set(),
    keepGoing: false,
    jobs: Number.POSITIVE_INFINITY,
    emit: (event) => {
      if (!('task' in event)) return;
      const text = `${event.event} ${event.task}${event.event === 'task' ? ` ${event.status}` : ''}`;
      events.push(text);
      onEvent(text);
    },
  }).start();
  return events;
}

describe('a run', () => {
  it('begins a task when what it needs is stored, and calls nothing done before its record is written', async () => {
    let begun!: () => void;
    const secondBegins = new Promise<void>((resolve) => (begun = resolve));
    const write = store.writeRecord.bind(store);
    vi.spyOn(store, 'writeRecord').mockImplementation(async (record) => {
      if (record.provenance.task === 'first') await secondBegins;
      await write(record);
    });
    const events = await run((text) => {
      if (text === 'task-start second') begun();
    });
    expect(events.slice(0, 2)).toEqual(['task-start first', 'task-start second']);
    expect(events.slice(2).sort()).toEqual(['task first ran', 'task second ran']);
  });

  it('fails with a record that can not be written, and runs that task again', async () => {
    const spy = vi.spyOn(store, 'writeRecord').mockRejectedValueOnce(new StoreError('E_STORE_IO', 'The disk is full.'));
    expect(await run()).toContain('task first failed');
    spy.mockRestore();
    const events = await run();
    expect(events).toContain('task first ran');
    expect(events.at(-1)).toMatch(/^task second (ran|cached)$/);
  });
});
