import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/run/events.js';
import { failedTasks, findRun, RunRecorder, reachOfRuns, runsOf } from '../../../src/run/plan/history.js';
import type { RunCall, RunNote } from '../../../src/run/plan/history-note.js';
import { Store } from '../../../src/store/store.js';
import type { TaskKey } from '../../../src/store/types.js';
import type { TaskId } from '../../../src/values.js';
import { testFolder, writeFiles } from '../../store/folder.js';

let store: Store;
beforeEach(() => {
  store = Store.open(join(testFolder(), 'artifacts'));
});

const key = (letter: string) => letter.repeat(64) as TaskKey;
const start = (task: string, letter: string): RunEvent => {
  const reasons = [{ code: 'new', text: 'never run here' }];
  return { event: 'task-start', task: task as TaskId, key: key(letter), reasons };
};
const end = (task: string, status: 'ran' | 'cached' | 'failed' | 'skipped', letter?: string): RunEvent => {
  const known = letter === undefined ? {} : { key: key(letter) };
  return { event: 'task', task: task as TaskId, status, seconds: 0, ...known };
};

/** Notes a run with these events. */
async function note(events: readonly RunEvent[], call: RunCall = {}): Promise<void> {
  const recorder = new RunRecorder();
  for (const event of events) recorder.handle(event);
  await recorder.write(store, 'p', call);
}

async function runs(): Promise<RunNote[]> {
  const notes: RunNote[] = [];
  for await (const run of runsOf(store, 'p')) notes.push(run);
  return notes;
}

describe('the history of runs', () => {
  it('notes which key each task had, why it ran, and what chose the form of the pipeline', async () => {
    expect(await runs()).toEqual([]);
    const events = [start('a', 'a'), end('a', 'ran', 'a'), start('b', 'b'), end('b', 'failed'), end('c', 'skipped')];
    await note([...events, { event: 'interrupted' }], { set: ['x=1'], profile: 'smoke', targets: ['c'] });
    const reasons = [{ code: 'new', text: 'never run here' }];
    expect(await runs()).toEqual([
      {
        ...{ type: 'spikeline-run/1', digest: expect.stringMatching(/^[0-9a-f]{64}$/), run: 1, interrupted: true },
        finishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        ...{ set: ['x=1'], profile: 'smoke', targets: ['c'] },
        tasks: {
          a: { status: 'ran', key: key('a'), reasons },
          b: { status: 'failed', key: key('b'), reasons },
          c: { status: 'skipped' },
        },
      },
    ]);
  });

  it('leaves out runs in which nothing ran and nothing was another, or nothing was looked at', async () => {
    await note([start('a', 'a'), end('a', 'ran', 'a')]);
    await note([end('a', 'cached', 'a')]);
    await note([end('a', 'skipped')]);
    expect(await runs()).toHaveLength(1);
    await note([end('a', 'cached', 'b')]);
    await note([end('a', 'cached', 'b'), end('b', 'cached', 'c')]);
    // Forced, for one.
    await note([start('a', 'b'), end('a', 'ran', 'b'), end('b', 'cached', 'c')]);
    expect((await runs()).map(({ run }) => run)).toEqual([4, 3, 2, 1]);
  });

  it('keeps the newest hundred, numbered on', async () => {
    for (let run = 1; run <= 103; run++) await note([end('a', 'cached', run % 2 === 0 ? 'a' : 'b')], { set: ['x=1'] });
    const numbers = (await runs()).map(({ run }) => run);
    expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([100, 103, 4]);
    expect((await findRun(store, 'p', ({ tasks }) => tasks['a' as TaskId]?.key === key('a')))?.run).toBe(102);
    expect(await findRun(store, 'p', () => false)).toBeUndefined();
  });

  it('keeps the newest whole run of each form without --set, however many others there were since', async () => {
    await note([end('a', 'ran', 'c')]);
    await note([end('a', 'ran', 'd')]);
    await note([end('a', 'ran', 'e')], { profile: 'paper' });
    await note([end('a', 'ran', 'f')], { targets: ['a'] });
    for (let run = 0; run < 101; run++) {
      const call = run % 2 === 0 ? { profile: 'smoke' } : { set: [`x=${run}`] };
      await note([end('a', 'cached', run % 2 === 0 ? 'a' : 'b')], call);
    }
    const numbers = (await runs()).map(({ run }) => run);
    expect([numbers.length, numbers[0], ...numbers.slice(-3)]).toEqual([102, 105, 6, 3, 2]);
    const { keys } = reachOfRuns(store.published('p').runsFolder);
    expect([...keys].sort()).toEqual([key('a'), key('b'), key('d'), key('e')]);
  });

  it('does without notes that are damaged, and with files of others', async () => {
    await note([end('a', 'cached', 'a')]);
    const folder = store.published('p').runsFolder;
    const name = readdirSync(folder)[0]!;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name.replace(/-1(-\w+)?\.json$/, '-2.json')), '{"type":"spikeline-run/1","ru');
    writeFileSync(join(folder, name.replace(/-1(-\w+)?\.json$/, '-3.json')), 'null');
    writeFileSync(join(folder, 'notes.txt'), '');
    mkdirSync(join(folder, name.replace(/-1(-\w+)?\.json$/, '-3-00000000.json')));
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, name.replace(/-1(-\w+)?\.json$/, '-3-00000001.json'))]);
      symlinkSync('/dev/zero', join(folder, name.replace(/-1(-\w+)?\.json$/, '-3-00000002.json')));
    }
    expect((await runs()).map(({ run }) => run)).toEqual([1]);
    await note([end('a', 'cached', 'a')]);
    expect((await runs()).map(({ run }) => run)).toEqual([4, 1]);
  });

  it('knows which tasks failed when they last ran, how and when', async () => {
    const failure = (message: string) => ({ failure: { code: 'E_COMMAND', message, hint: 'h' } });
    const failed = (task: string, letter: string, message = 'no') => [
      start(task, letter),
      { ...end(task, 'failed'), ...failure(message) } as RunEvent,
    ];
    const known = () =>
      Object.entries(failedTasks(store, 'p')).map(([task, { key, code, message }]) => [task, key[0], code, message]);
    expect(known()).toEqual([]);
    await note([...failed('a', 'a'), ...failed('b', 'b', 'x'.repeat(600)), end('c', 'skipped')]);
    const b = ['b', 'b', 'E_COMMAND', `${'x'.repeat(499)}…`];
    expect(known()).toEqual([['a', 'a', 'E_COMMAND', 'no'], b]);
    expect(failedTasks(store, 'p')['a' as TaskId]!.at).toMatch(/^\d{4}-.*Z$/);
    // Not among the targets, or not looked at: as before.
    await note([start('c', 'c'), end('c', 'ran', 'c')], { targets: ['c'] });
    await note([...failed('a', 'd', 'again'), end('b', 'skipped'), end('c', 'cached', 'c')]);
    expect(known()).toEqual([['a', 'd', 'E_COMMAND', 'again'], b]);
    await note([start('a', 'e'), end('a', 'ran', 'e'), end('c', 'cached', 'c')]);
    expect(known()).toEqual([]);
  });
});

describe('reachOfRuns', () => {
  const note = (run: number, call: object, keys: Record<string, string>, interrupted = false) => {
    const tasks = Object.fromEntries(Object.entries(keys).map(([task, key]) => [task, { status: 'ran', key }]));
    const about = { type: 'spikeline-run/1', run, finishedAt: '', interrupted, ...call, tasks };
    writeFiles(store.published('p').runsFolder, { [`20261128T00000000${run}Z-${run}.json`]: JSON.stringify(about) });
  };

  it('is what the newest whole run of each form has come to, and what runs of a part have since', () => {
    note(1, {}, { a: 'older' });
    note(2, {}, { a: 'full', gone: 'gone' });
    note(3, { targets: ['a'] }, { a: 'part' });
    note(4, { profile: 'smoke' }, { a: 'smoke' });
    note(5, { set: ['x=1'] }, { b: 'set' }, true);
    note(6, { set: ['x=1'] }, { a: 'set again' });
    const { tasks, keys } = reachOfRuns(store.published('p').runsFolder);
    expect([...keys].sort()).toEqual(['full', 'gone', 'part', 'set again', 'smoke']);
    expect([...tasks].sort()).toEqual(['a', 'gone']);
    expect(reachOfRuns(store.published('none').runsFolder).keys.size).toBe(0);
  });
});
