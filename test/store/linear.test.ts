import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { Blobs } from '../../src/store/blobs.js';
import { RemoteCache } from '../../src/store/remote/cache.js';
import { FolderRemote } from '../../src/store/remote/folder.js';
import { Store } from '../../src/store/store.js';
import type { TaskRecord } from '../../src/store/types.js';
import { commandTask, keyParts, recordOf } from './examples.js';
import { testFolder, writeFiles } from './folder.js';

afterEach(() => vi.restoreAllMocks());

/** Calls of stores and remotes while something is done. */
async function callsOf(action: () => Promise<unknown>): Promise<number> {
  const blobs = (['check', 'touch', 'read', 'addFile', 'adoptFile', 'addBytes', 'pathOf'] as const).map((name) =>
    vi.spyOn(Blobs.prototype, name),
  );
  const remotes = (['get', 'find', 'put'] as const).map((name) => vi.spyOn(FolderRemote.prototype, name));
  await action();
  const calls = [...blobs, ...remotes].reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  return calls;
}

const signal = new AbortController().signal;
const folderOf = (count: number) =>
  writeFiles(
    testFolder(),
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`made/${i % 7}/${i}`, `file ${i}`])),
  );

/** How often blobs are looked at, by what is done with a folder of so many files. */
async function operations(count: number): Promise<Record<string, number>> {
  const place = testFolder();
  const store = Store.open(join(place, 'a'));
  const [remote, other] = [new FolderRemote(join(place, 'remote')), Store.open(join(place, 'b'))];
  mkdirSync(other.folder);
  const [here, there] = [store, other].map(
    (one) => new RemoteCache(remote, one, { readOnly: false, silenceMs: 60_000 }, () => expect.unreachable()),
  );
  let record: TaskRecord;
  const found: Record<string, number> = {};
  const made = join(folderOf(count), 'made');
  found.adopt = await callsOf(async () => {
    record = recordOf(keyParts({ count }, { out: 'out' }), { out: await store.adopt(made) });
  });
  const { out } = record!.outputs;
  found.check = await callsOf(() => store.has(out!));
  let isSame: () => Promise<boolean>;
  found.layOut = await callsOf(async () => {
    isSame = await store.materialise(out!, join(place, 'links'), { mode: 'link' });
  });
  found.copy = await callsOf(() => store.materialise(out!, join(place, 'copy'), { mode: 'copy' }));
  found.watch = await callsOf(() => isSame());
  found.show = await callsOf(async () => store.published('p').show(commandTask('t', {}, { out: 'out' }), record));
  found.upload = await callsOf(async () => expect(await here!.upload(record, 'x', { signal })).toBe(true));
  found.download = await callsOf(async () => expect(await there!.fetch(record.key, 'x', { signal })).toBeDefined());
  found.gc = await callsOf(() => store.gc());
  return found;
}

it('whatever is done with a folder, each of its files is looked at a few times, however many there are', async () => {
  const [few, many] = [await operations(40), await operations(80)];
  for (const [name, calls] of Object.entries(many)) {
    expect(calls, name).toBeLessThanOrEqual(2 * few[name]!);
    expect(calls - few[name]!, name).toBeLessThanOrEqual(40 * 12);
  }
  expect(Object.values(many).filter((calls) => calls >= 80)).toHaveLength(8);
});
