import {
  existsSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  type StatSyncOptions,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryPath } from '../../src/files/atomic.js';
import { ownToken } from '../../src/files/process-identity.js';
import type { GcOptions } from '../../src/store/gc.js';
import { StoredParsedFiles } from '../../src/store/parsed-files.js';
import { FolderRemote } from '../../src/store/remote/folder.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { commandTask, keyParts, recordOf } from './examples.js';
import { listFiles, testFolder, writeFiles } from './folder.js';
import { quiet } from './remote/examples.js';

/** Files that nobody has changed for an hour, as the disk tells it: a test can't set that time. */
const old = new Set<string>();
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const lstatSync = (path: string, options?: StatSyncOptions) => {
    const stat = fs.lstatSync(path, options);
    if (stat && old.has(path)) Object.assign(stat, { ctimeMs: Number(stat.ctimeMs) - 3_600_000 });
    return stat;
  };
  return { ...fs, lstatSync: vi.fn(lstatSync) };
});

const year = 365 * 24 * 3600;
/** As a clock tells it that is a year ahead, in seconds. */
const ahead = () => Date.now() / 1000 + year;
const isToCome = (path: string) => lstatSync(path).mtimeMs > Date.now() + 1000;
/** A process on a machine that nobody here can ask. */
const stranger = ownToken().replace(/^[0-9a-f]+/, 'aaaaaaaa');

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

async function make(text: string): Promise<void> {
  writeFiles(folder, { text });
  const record = recordOf(keyParts({ text }), { text: await store.ingest(join(folder, 'text')) });
  await store.writeRecord(record);
  await store.published('p').show(commandTask('one', {}, { text: 'text.txt' }), record);
}

/** What goes, by kind and name, with no time of grace at all. */
async function gc(options: GcOptions = {}): Promise<string[]> {
  const { removed } = await store.gc({ graceMs: -1000, ...options });
  return removed.map(({ kind }) => kind).sort();
}

const storeFiles = () => listFiles(join(store.folder, 'store')).map((path) => join(store.folder, 'store', path));

describe('where a clock was ahead', () => {
  it('gc takes what it finds for used now, and lets it grow old from then on', async () => {
    await make('first');
    await make('second');
    const state = store.resumePoint('f'.repeat(64) as TaskKey);
    await state.save(Buffer.from('state'));
    const left = join(store.folder, `store/tmp/${stranger}-1`);
    writeFiles(store.folder, { [`store/tmp/${stranger}-1`]: '' });
    for (const path of storeFiles()) utimesSync(path, ahead(), ahead());
    expect(await gc({ dryRun: true, graceMs: 0 })).toEqual([]);
    expect(storeFiles().filter(isToCome)).toEqual(storeFiles());
    expect(await gc({ graceMs: 0 })).toEqual([]);
    expect(storeFiles().filter((path) => /blobs|records|resume|tmp/.test(path) && isToCome(path))).toEqual([]);
    expect(await gc()).toEqual(['file', 'result']);
    expect([state.exists(), existsSync(left)]).toEqual([true, true]);
    const weeks = Date.now() / 1000 - 20 * 24 * 3600;
    for (const path of [left, join(store.folder, 'store/resume', 'f'.repeat(64))]) utimesSync(path, weeks, weeks);
    expect(await gc()).toEqual(['leftover', 'state']);
  });

  it('gc removes nothing as long as a run goes on that began then', async () => {
    await make('first');
    await make('second');
    vi.useFakeTimers({ toFake: ['Date'], now: ahead() * 1000 });
    const run = await store.beginRun();
    vi.useRealTimers();
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
    for (const path of storeFiles().filter((path) => !path.includes('/locks/')))
      utimesSync(path, twoDaysAgo, twoDaysAgo);
    expect(await gc()).toEqual([]);
    await run.release();
    expect(await gc()).toEqual(['file', 'result']);
  });

  it('a run on another machine counts for a while, and not until then', async () => {
    await make('first');
    await make('second');
    const path = join(store.folder, `store/locks/run-0-${stranger}-1`);
    writeFiles(store.folder, { 'store/locks/x': '' });
    symlinkSync(`${stranger} elsewhere`, path);
    lutimesSync(path, ahead(), ahead());
    expect(await gc()).toEqual([]);
    expect(isToCome(path)).toBe(false);
    const anHourAgo = Date.now() / 1000 - 3600;
    lutimesSync(path, anHourAgo, anHourAgo);
    old.add(path);
    expect(await gc()).toEqual(['file', 'result']);
  });

  it('nobody is told of a process that may be long dead', () => {
    const key = 'ab'.repeat(32) as TaskKey;
    const path = join(store.folder, 'store/locks', key);
    writeFiles(store.folder, { 'store/locks/x': '' });
    symlinkSync(`${stranger} elsewhere`, path);
    expect([...store.computing().keys()]).toEqual([key]);
    lutimesSync(path, ahead(), ahead());
    expect([...store.computing().keys()]).toEqual([]);
  });

  it('drafts in a folder that is shared go after a day', async () => {
    const shared = testFolder();
    // What is not named like a draft is somebody's own, and stays.
    const [draft, other] = [temporaryPath(join(shared, 'tmp')), join(shared, 'tmp/other')];
    writeFiles(shared, { 'tmp/other': '', [relative(shared, draft)]: '' });
    utimesSync(draft, ahead(), ahead());
    const content = { size: 0, open: () => [] as unknown as AsyncIterable<Uint8Array> };
    const put = (name: string) => new FolderRemote(shared).put('cas', name, content, quiet.signal);
    await put('a');
    expect(isToCome(draft)).toBe(false);
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
    for (const path of [draft, other]) utimesSync(path, twoDaysAgo, twoDaysAgo);
    await put('b');
    expect([draft, other].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it('pipeline files that were parsed then give way to newer ones', async () => {
    await make('first');
    const files = new StoredParsedFiles<string>(store.folder, 'parser');
    const parsed = join(store.folder, 'store/parsed');
    for (let i = 0; i < 20; i++) files.set(`old ${i}`, 'old');
    for (const name of readdirSync(parsed)) utimesSync(join(parsed, name), ahead(), ahead());
    for (const text of ['new', 'newer']) {
      files.set(text, text);
      expect(files.get(text)).toBe(text);
    }
  });
});

it('where the clock of another machine is behind, gc knows by the clock of the disk that a run goes on there', async () => {
  await make('first');
  await make('second');
  const halfAnHourAgo = Date.now() / 1000 - 1800;
  const path = join(store.folder, `store/locks/run-${Math.round(halfAnHourAgo * 1000)}-${stranger}-1`);
  writeFiles(store.folder, { 'store/locks/x': '' });
  symlinkSync(`${stranger} elsewhere`, path);
  lutimesSync(path, halfAnHourAgo, halfAnHourAgo);
  expect(await gc()).toEqual([]);
  old.add(path);
  expect(await gc()).toEqual(['file', 'result']);
});
