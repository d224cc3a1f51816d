import { mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/files/canonical.js';
import { digestBytes } from '../../src/files/digest.js';
import { GcRecords } from '../../src/store/gc-records.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey, TaskRecord } from '../../src/store/types.js';
import type { TaskId } from '../../src/values.js';
import { commandTask, keyParts, recordOf } from './examples.js';
import { listFiles, testFolder } from './folder.js';

let store: Store;
beforeEach(() => {
  store = Store.open(testFolder());
});

const record = recordOf(keyParts({ epochs: 2 }), {
  result: { kind: 'file', digest: digestBytes('result'), size: 6 },
});

function pathOf(key: TaskKey): string {
  return join(store.folder, 'store/records', key.slice(0, 2), `${key}.json`);
}

async function expectSetAside(key: TaskKey): Promise<void> {
  expect(await store.record(key)).toBeUndefined();
  expect(listFiles(join(store.folder, 'store/records'))).toEqual([]);
  expect(listFiles(join(store.folder, 'store/quarantine'))).toHaveLength(1);
}

describe('a record', () => {
  it('is read as it was written', async () => {
    expect(await store.record(record.key)).toBeUndefined();
    await store.writeRecord(record);
    expect(await store.record(record.key)).toEqual(record);
    const file = JSON.parse(readFileSync(pathOf(record.key), 'utf8')) as unknown;
    expect(file).toEqual({ type: 'spikeline-record/1', checksum: digestBytes(canonicalJson(record)), record });
    expect(listFiles(join(store.folder, 'store/tmp'))).toEqual([]);
  });

  it('is replaced by a later one', async () => {
    await store.writeRecord(record);
    const later: TaskRecord = { ...record, metrics: { accuracy: 0.75, perLayer: [1, 2], label: 'k1B2' } };
    await store.writeRecord(later);
    expect(await store.record(record.key)).toEqual(later);
  });

  it.each(['outputs', 'metrics', 'provenance'])(
    'counts as none where it lacks its %s, though it is sealed',
    async (part) => {
      await store.writeRecord(record);
      for (const value of [null, 7]) {
        const changed = { ...record, [part]: value };
        const sealed = { type: 'spikeline-record/1', checksum: digestBytes(canonicalJson(changed)), record: changed };
        writeFileSync(pathOf(record.key), JSON.stringify(sealed));
        const [listed] = new GcRecords(join(store.folder, 'store'), Date.now(), false).list();
        expect(listed?.name).toBe(`a damaged record (${record.key.slice(0, 8)})`);
        expect(await store.record(record.key)).toBeUndefined();
      }
    },
  );

  it('counts as none after any change of a byte of its content', async () => {
    await store.writeRecord(record);
    const bytes = readFileSync(pathOf(record.key));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 2), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << bit;
        writeFileSync(pathOf(record.key), damaged);
        expect(await store.record(record.key)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 1, 100])('counts as none and is set aside when cut to %i bytes', async (length) => {
    await store.writeRecord(record);
    truncateSync(pathOf(record.key), length);
    await expectSetAside(record.key);
  });

  it('counts as none under the name of another', async () => {
    await store.writeRecord(record);
    const other = recordOf(keyParts({ epochs: 3 }), {}).key;
    mkdirSync(dirname(pathOf(other)), { recursive: true });
    renameSync(pathOf(record.key), pathOf(other));
    await expectSetAside(other);
  });

  it('counts as none when its key does not follow from its parts', async () => {
    const forged: TaskRecord = { ...record, parts: keyParts({ epochs: 3 }) };
    await store.writeRecord(forged);
    await expectSetAside(record.key);
  });

  it('of a later version is left alone', async () => {
    await store.writeRecord(record);
    const text = readFileSync(pathOf(record.key), 'utf8').replace('spikeline-record/1', 'spikeline-record/2');
    writeFileSync(pathOf(record.key), text);
    expect(await store.record(record.key)).toBeUndefined();
    expect(readFileSync(pathOf(record.key), 'utf8')).toBe(text);
  });

  it('keeps metrics that JSON has no numbers for as text', async () => {
    const metrics = { loss: Number.NaN, rates: [1, Number.POSITIVE_INFINITY], difference: -0, layers: [-0, 1] };
    await store.writeRecord({ ...record, metrics });
    expect((await store.record(record.key))?.metrics).toEqual({
      loss: 'NaN',
      rates: ['1', 'Infinity'],
      difference: 0,
      layers: [0, 1],
    });
  });
});

describe('latestKey', () => {
  it('is the key last published for a task of a pipeline', async () => {
    const task = commandTask('train', { precision: 'k1B2' }, {});
    expect(store.published('paper').latestKey(task.id)).toBeUndefined();
    await store.published('paper').show(task, recordOf(keyParts({ epochs: 2 }), {}));
    const later = recordOf(keyParts({ epochs: 3 }), {});
    await store.published('paper').show(task, later);
    expect(store.published('paper').latestKey(task.id)).toBe(later.key);
    expect(store.published('other').latestKey(task.id)).toBeUndefined();
    expect(store.published('paper').latestKey('train' as TaskId)).toBeUndefined();
  });

  it('is unknown to later runs when its note is damaged', async () => {
    const task = commandTask('train', {}, {});
    const published = recordOf(keyParts({}), {});
    await store.published('paper').show(task, published);
    const journal = join(store.folder, 'paper/.latest');
    const bytes = readFileSync(journal);
    expect(Store.open(store.folder).published('paper').latestKey(task.id)).toBe(published.key);
    for (const [at] of bytes.entries()) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      writeFileSync(journal, damaged);
      expect(Store.open(store.folder).published('paper').latestKey(task.id)).toBeUndefined();
    }
  });

  it('is known although the note before it was torn', async () => {
    const [first, second] = [commandTask('data', {}, {}), commandTask('train', {}, {})];
    const published = recordOf(keyParts({}), {});
    await store.published('paper').show(first, published);
    const journal = join(store.folder, 'paper/.latest');
    writeFileSync(journal, readFileSync(journal).subarray(0, -1));
    await Store.open(store.folder).published('paper').show(second, published);
    expect(Store.open(store.folder).published('paper').latestKey(second.id)).toBe(published.key);
  });
});

describe('resumePoint', () => {
  const key = 'cd'.repeat(32) as TaskKey;
  const stateFile = () => join(store.folder, 'store/resume', key);

  it('gives back the newest state, until the task is finished', async () => {
    const point = store.resumePoint(key);
    expect(await point.load()).toBeUndefined();
    await point.save(new Uint8Array([1, 10, 2]));
    await point.save(new Uint8Array([3, 10, 10, 0]));
    expect(new Uint8Array((await Store.open(store.folder).resumePoint(key).load())!)).toEqual(
      new Uint8Array([3, 10, 10, 0]),
    );
    await point.finish();
    await point.finish();
    expect(await point.load()).toBeUndefined();
    expect(listFiles(store.folder)).toEqual([]);
  });

  it('holds an empty state, too', async () => {
    await store.resumePoint(key).save(new Uint8Array());
    expect((await store.resumePoint(key).load())?.length).toBe(0);
  });

  it('gives nothing when the state is damaged', async () => {
    const point = store.resumePoint(key);
    await point.save(new Uint8Array(64));
    const bytes = readFileSync(stateFile());
    for (const at of [0, 20, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 4;
      writeFileSync(stateFile(), damaged);
      expect(await point.load()).toBeUndefined();
      expect(listFiles(store.folder)).toEqual([]);
    }
    writeFileSync(stateFile(), bytes.subarray(0, 70));
    expect(await point.load()).toBeUndefined();
  });
});
