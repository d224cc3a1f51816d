import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../src/files/error.js';
import type { Task } from '../../../src/pipeline/expand/task.js';
import type { Failure } from '../../../src/run/events.js';
import { failureOf } from '../../../src/run/failure.js';
import { LocalExecutor } from '../../../src/run/local/executor.js';
import { Store } from '../../../src/store/store.js';
import { ownMistake } from '../../e2e/program.js';
import { testFolder } from '../../store/folder.js';
import { command, from, pipelineOf } from '../examples.js';

const touch = { kind: 'shell', shell: 'sh', script: [{ text: 'echo > ' }, { output: 'result' }] } as const;
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
async function run(onEvent: (text: string) => void = () => undefined, forced: readonly Task[] = []): Promise<string[]> {
  const events: string[] = [];
  await new LocalExecutor(pipelineOf(folder, tasks), store, {
    tasks,
    force: new Set(forced.map(({ id }) => id)),
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
    expect(events).toEqual(['task-start first', 'task-start second', 'task first ran', 'task second ran']);
  });

  it('calls what is cached done after what it needs, too', async () => {
    await run();
    const write = store.writeRecord.bind(store);
    vi.spyOn(store, 'writeRecord').mockImplementation(async (record) => {
      await sleep(50);
      await write(record);
    });
    expect(await run(undefined, tasks.slice(0, 1))).toEqual([
      'task-start first',
      'task first ran',
      'task second cached',
    ]);
  });

  it('fails with a record that can not be written, and runs that task again', async () => {
    const spy = vi.spyOn(store, 'writeRecord').mockRejectedValueOnce(new StoreError('E_STORE_IO', 'The disk is full.'));
    expect(await run()).toContain('task first failed');
    spy.mockRestore();
    const events = await run();
    expect(events).toContain('task first ran');
    expect(events.at(-1)).toMatch(/^task second (ran|cached)$/);
  });

  it('fails the task that meets a mistake of the program, with a report, and goes on with others', async () => {
    vi.spyOn(store, 'writeRecord').mockRejectedValueOnce(new TypeError('undefined is not a function'));
    const failures: Failure[] = [];
    const alone = [
      command('broken', { action: touch }),
      command('other', { action: { ...touch, script: [...touch.script, { text: ' ; true' }] } }),
    ];
    const { ran, failed } = await new LocalExecutor(pipelineOf(folder, alone), store, {
      tasks: alone,
      force: new Set(),
      keepGoing: true,
      jobs: 1,
      emit: (event) => {
        if (event.event === 'task' && event.failure !== undefined) failures.push(event.failure);
      },
    }).start();
    expect({ ran, failed }).toEqual({ ran: 1, failed: 1 });
    const [report] = readdirSync(store.reportsFolder);
    expect(failures).toEqual([
      {
        code: 'E_DEFECT',
        message: 'It could not be handled: undefined is not a function',
        hint: `Your pipeline is not to blame; this should not happen. Please send the developers the report in ${join(store.reportsFolder, report!)}`,
      },
    ]);
    // Tests that look for such words would find them.
    expect(failures[0]!.code).toMatch(ownMistake);
    expect(failures[0]!.hint).toMatch(ownMistake);
    expect(readFileSync(join(store.reportsFolder, report!), 'utf8')).toMatch(
      /^Spikeline .*TypeError: undefined is not a function\n +at /s,
    );
  });

  it('says in words what the system refused where nothing expected it', async () => {
    const refused = Object.assign(new Error('ENOTEMPTY: no'), {
      code: 'ENOTEMPTY',
      errno: -39,
      syscall: 'rmdir',
      path: '/x',
    });
    expect(failureOf(refused, folder)).toEqual({
      code: 'E_STORE_IO',
      message: expect.stringMatching(/^The system refused: rmdir \/x: .*not empty/) as string,
    });
    expect(
      failureOf(Object.assign(new Error('no'), { code: 'EMFILE', errno: -24, syscall: 'open', path: '/x' }), folder),
    ).toEqual({
      code: 'E_STORE_IO',
      message: 'Too many files are open to use /x.',
      hint: 'Allow more open files, such as with `ulimit -n 1024`, or run fewer tasks at a time with --jobs.',
    });
  });
});
