import { existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GcOptions, GcReport } from '../../src/store/gc.js';
import type { Kept } from '../../src/store/gc-trees.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey, TaskRecord } from '../../src/store/types.js';
import type { TaskId } from '../../src/values.js';
import { commandTask, keyParts, recordOf } from './examples.js';
import { listFiles, testFolder, writeFiles } from './folder.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

/** Makes a result as a run does: a file `text` and a folder that holds the same and `shared`. */
async function make(pipeline: string, stage: string, text: string, labels = {}): Promise<TaskRecord> {
  rmSync(join(folder, 'draft'), { recursive: true, force: true });
  writeFiles(folder, { 'draft/text': text, 'draft/folder/same': text, 'draft/folder/sub/shared': 'shared' });
  const outputs = {
    text: await store.ingest(join(folder, 'draft/text')),
    folder: await store.ingest(join(folder, 'draft/folder')),
  };
  const task = commandTask(stage, labels, { text: 'text.txt', folder: 'folder' });
  const parts = keyParts({ text });
  const record = { ...recordOf(parts, outputs), metrics: {} };
  await store.writeRecord(record);
  await store.published(pipeline).show(task, record);
  const log = store.published(pipeline).logPath(task.id);
  writeFiles(join(log, '..'), { [log.split('/').at(-1)!]: text });
  return record;
}

/** Sets the time of last use of all there is, or of one record, to so many hours ago. */
function age(hours: number, key?: TaskKey): void {
  const then = Date.now() / 1000 - hours * 3600;
  for (const path of listFiles(store.folder))
    if (key === undefined || path.includes(key)) {
      if (existsSync(join(store.folder, path)) && !path.includes('/locks/'))
        utimesSync(join(store.folder, path), then, then);
    }
}

/** What went, by kind: `{ result: 1, file: 2 }`. */
async function gc(options?: GcOptions): Promise<Record<string, number>> {
  return counts(await store.gc(options));
}

function counts({ removed }: GcReport): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { kind } of removed) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

const tree = (pipeline: string) => listFiles(join(store.folder, pipeline)).filter((path) => !path.startsWith('.'));
const blobs = () => listFiles(join(store.folder, 'store/blobs')).length;
const kept = (pipeline: string, tasks: readonly string[], ...keys: TaskKey[]): Kept => ({
  pipeline,
  tasks: new Set(tasks as TaskId[]),
  keys: new Set(keys),
});
const paths = ['folder/same', 'folder/sub/shared', 'text.txt'];

describe('gc without pipelines', () => {
  it('keeps what the trees show, and removes results that something newer has replaced', async () => {
    const old = await make('p', 'one', 'first');
    const now = await make('p', 'one', 'second');
    const other = await make('q', 'one', 'third');
    expect(blobs()).toBe(7);
    age(2);
    expect(await gc({ dryRun: true })).toEqual({ result: 1, file: 2 });
    expect(blobs()).toBe(7);
    expect(await gc()).toEqual({ result: 1, file: 2 });
    expect(blobs()).toBe(5);
    expect(await store.record(old.key)).toBeUndefined();
    for (const { key, outputs } of [now, other]) {
      expect((await store.record(key))?.key).toBe(key);
      expect(await store.problemOf(outputs.folder!)).toBeUndefined();
    }
    expect([tree('p'), tree('q')]).toEqual([paths.map((path) => `one/${path}`), paths.map((path) => `one/${path}`)]);
    expect(await gc()).toEqual({});
  });

  it('says what it spares and why, and what logs take', async () => {
    const old = await make('p', 'one', 'first');
    const replaced = await make('p', 'one', 'second');
    await make('p', 'one', 'third');
    age(2);
    const report = await store.gc({ reachable: new Set([old.key]), dryRun: true });
    expect(report.removed.filter(({ kind }) => kind === 'result').length).toBe(1);
    expect(report.spared).toEqual({ reachable: 2, recent: 0, foreign: 0, within: 0 });
    expect(report.logs.count).toBe(1);
    expect((await store.gc({ graceMs: 3 * 3_600_000 })).spared).toEqual({
      reachable: 1,
      recent: 2,
      foreign: 0,
      within: 0,
    });
    expect((await store.gc({ maxBytes: 1e9 })).spared).toEqual({ reachable: 1, recent: 0, foreign: 0, within: 2 });
    await store.gc({ reachable: new Set([old.key]) });
    expect(await store.record(old.key)).toBeDefined();
    expect(await store.record(replaced.key)).toBeUndefined();
  });

  it('leaves files of users where they are', async () => {
    await make('p', 'one', 'first');
    writeFileSync(join(store.folder, 'p/one/notes.txt'), 'mine');
    symlinkSync('../../nowhere', join(store.folder, 'p/one/link'));
    age(2);
    await store.gc({ keep: [] });
    expect(tree('p')).toEqual(['one/link', 'one/notes.txt']);
  });

  it('leaves alone what was made within the last hour', async () => {
    await make('p', 'one', 'first');
    await make('p', 'one', 'second');
    age(0.9);
    expect(await gc()).toEqual({});
    expect(await gc({ graceMs: 0.8 * 3_600_000 })).toEqual({ result: 1, file: 2 });
  });

  it('removes files without a record, and old unfinished work, damaged files and leftovers', async () => {
    await make('p', 'one', 'first');
    await store.resumePoint('f'.repeat(64) as TaskKey).save(Buffer.from('state'));
    const nobodys = join(store.folder, 'store/tmp/aaaaaaaa-aaaaaaaa-1-aaaaaaaa-1');
    mkdirSync(nobodys, { recursive: true });
    writeFileSync(join(folder, 'input'), 'of a task that never ended');
    await store.ingest(join(folder, 'input'));
    age(2);
    utimesSync(nobodys, 0, 0);
    expect(await gc()).toEqual({ file: 1, leftover: 1 });
    age(8 * 24);
    expect(await gc()).toEqual({ state: 1 });
    expect(tree('p')).toEqual(paths.map((path) => `one/${path}`));
  });

  it('keeps what jobs on a cluster may be waiting for', async () => {
    const old = await make('p', 'one', 'first');
    await make('p', 'one', 'second');
    await store.published('p').writeNote(join(store.published('p').slurmFolder, 'keys', 'lineage'), old.key);
    age(2);
    expect(await gc({ keep: [kept('p', ['one'])] })).toEqual({});
    expect(await gc()).toEqual({});
    rmSync(store.published('p').slurmFolder, { recursive: true });
    expect(await gc()).toEqual({ result: 1, file: 2 });
  });

  it('leaves no link that leads nowhere', async () => {
    const { key } = await make('p', 'one', 'first');
    await make('p', 'two', 'second');
    rmSync(join(store.folder, `store/records/${key.slice(0, 2)}/${key}.json`));
    age(2);
    expect(await gc()).toEqual({ file: 2 });
    expect(tree('p')).toEqual(paths.map((path) => `two/${path}`));
    expect(store.published('p').latestKey('one' as TaskId)).toBeUndefined();
  });
});

describe('gc of named pipelines', () => {
  it('keeps their tasks and keys; others go, with trees and logs', async () => {
    const done = await make('p', 'one', 'first');
    await make('p', 'one', 'newer');
    await make('p', 'two', 'second', { n: '1' });
    await make('p', 'two', 'third', { n: '2' });
    await make('q', 'one', 'fourth');
    await make('Q two', 'one', 'fifth');
    age(2);
    const keep = [kept('p', ['one', 'two@n=1'], done.key), kept('Q two', ['one'])];
    expect(await gc({ keep })).toEqual({ result: 2, file: 4, log: 2 });
    expect(tree('p')).toEqual([...paths.map((path) => `one/${path}`), ...paths.map((path) => `two/1/${path}`)]);
    expect(listFiles(join(store.folder, 'p/.logs'))).toEqual(['one.log', 'two@n=1.log']);
    expect(tree('Q%20two')).toEqual(paths.map((path) => `one/${path}`));
    expect(existsSync(join(store.folder, 'q'))).toBe(false);
    expect((await store.record(done.key))?.key).toBe(done.key);
    expect(await gc({ keep })).toEqual({});
  });

  it('leaves a stage that has more axes now as it is', async () => {
    await make('p', 'one', 'first');
    await make('p', 'one', 'second', { n: '1' });
    age(2);
    expect(await gc({ keep: [kept('p', ['one@n=1'])] })).toEqual({ result: 1, file: 2, log: 1 });
    expect(tree('p')).toEqual(paths.map((path) => `one/1/${path}`));
  });
});

describe('gc to a size', () => {
  it('removes the longest unused first, what is reachable last, and says so', async () => {
    const records: TaskRecord[] = [];
    for (const text of ['first', 'second', 'third']) records.push(await make('p', 'one', text));
    age(2);
    age(4, records[1]!.key);
    age(5, records[2]!.key);
    const { keptBytes } = await store.gc({ maxBytes: 1e6 });
    expect(await gc({ maxBytes: keptBytes - 1 })).toEqual({ result: 1, file: 2 });
    expect((await Promise.all(records.map(({ key }) => store.record(key)))).map((record) => record?.key)).toEqual([
      records[0]!.key,
      undefined,
      records[2]!.key,
    ]);
    const report = await store.gc({ maxBytes: 10 });
    expect(counts(report)).toEqual({ result: 2, file: 5 });
    expect([report.reachable, report.keptBytes]).toEqual([['test example of 2026-01-01 00:00'], 0]);
    expect(existsSync(join(store.folder, 'p/one'))).toBe(false);
  });
});

describe('gc beside runs', () => {
  it('leaves alone what a run may have used', async () => {
    const { key } = await make('p', 'one', 'first');
    await make('p', 'one', 'second');
    age(2);
    const run = await store.beginRun();
    expect(await gc()).toEqual({});
    age(25);
    // The run uses it now, after more than a day: that shows from now on.
    expect((await store.result(key))?.key).toBe(key);
    expect(await gc()).toEqual({});
    age(25, key);
    expect(await gc()).toEqual({ result: 1, file: 2 });
    await run.release();
  });

  it('keeps files that a run has made once more, or links to, from old ones', async () => {
    writeFiles(folder, { input: 'old', again: 'again' });
    const input = await store.ingest(join(folder, 'input'));
    const again = await store.ingest(join(folder, 'again'));
    age(25);
    const run = await store.beginRun();
    await store.ingestExpected(join(folder, 'input'), input);
    expect(await store.ingest(join(folder, 'again'))).toEqual(again);
    expect(await gc()).toEqual({});
    await run.release();
    expect(await gc()).toEqual({});
  });

  it('makes a run wait that begins while it is going on', async () => {
    const order: string[] = [];
    const collection = store.gc().then(() => order.push('gc'));
    const run = store.beginRun().then((lock) => {
      order.push('run');
      return lock.release();
    });
    await Promise.all([collection, run]);
    expect(order).toEqual(['gc', 'run']);
  });
});
