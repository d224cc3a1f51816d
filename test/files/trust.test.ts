import { chmodSync, chownSync, closeSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openAnew, openToAppend } from '../../src/files/trust.js';
import { Journal } from '../../src/store/journal.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { commandTask, keyParts, recordOf } from '../store/examples.js';
import { testFolder, writeFiles } from '../store/folder.js';

let folder: string;
let victim: string;
beforeEach(() => {
  folder = writeFiles(testFolder(), { victim: 'precious', file: '1' });
  victim = join(folder, 'victim');
  mkdirSync(join(folder, 'victims'));
});

const refusal = (path: string) =>
  expect.objectContaining({
    code: 'E_STORE_LINK',
    message: `${path} is a symbolic link, and nothing is written through one.`,
    hint: 'Remove it. Only the artifacts folder as a whole, and `store` in it, may be links.',
  }) as Error;

describe.each([
  ['a symbolic link', symlinkSync],
  ['a further name of a file', linkSync],
])('%s in the place of a file of ours', (_, plant) => {
  it.each([
    ['openToAppend', openToAppend],
    ['openAnew', openAnew],
  ])('gives way: %s', (_, open) => {
    const path = join(folder, 'log');
    plant(victim, path);
    const descriptor = open(path);
    writeSync(descriptor, 'said');
    closeSync(descriptor);
    expect(readFileSync(path, 'utf8')).toBe('said');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('gives way to a journal, which keeps what it is told', () => {
    const path = join(folder, 'journal');
    plant(victim, path);
    new Journal(path, folder).set('a', '1');
    expect(new Journal(path, folder).get('a')).toBe('1');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});

describe('a store', () => {
  const task = commandTask('snn', {}, { result: 'result.json' });

  it('may be a link itself, and so may the folder that it is in', async () => {
    mkdirSync(join(folder, 'victims/far'));
    symlinkSync(join(folder, 'victims'), join(folder, 'artifacts'));
    symlinkSync('far', join(folder, 'artifacts/store'));
    const store = Store.open(join(folder, 'artifacts'));
    const result = await store.ingest(join(folder, 'file'));
    await store.published('p').show(task, recordOf(keyParts({}), { result }));
    expect(readFileSync(join(folder, 'victims/p/snn/result.json'), 'utf8')).toBe('1');
  });

  it.each(['locks', 'tmp', 'blobs', 'records', 'verified'])('is refused with a link at store/%s', (name) => {
    mkdirSync(join(folder, 'artifacts/store'), { recursive: true });
    symlinkSync(join(folder, 'victims'), join(folder, 'artifacts/store', name));
    expect(() => Store.open(join(folder, 'artifacts'))).toThrow(refusal(join(folder, 'artifacts/store', name)));
  });

  it.each(['', '/.logs', '/.runs', '/.slurm', '/.tmp', '/.aside'])('is refused with a link at PIPELINE%s', (name) => {
    const store = Store.open(join(folder, 'artifacts'));
    mkdirSync(join(store.folder, name === '' ? '' : 'p'), { recursive: true });
    symlinkSync(join(folder, 'victims'), join(store.folder, `p${name}`));
    expect(() => store.published('p').logPath(task.id)).toThrow(refusal(join(store.folder, `p${name}`)));
  });

  it('is refused with a link in the place of a folder of blobs', async () => {
    const store = Store.open(join(folder, 'artifacts'));
    const { digest } = await store.describe(join(folder, 'file'));
    const place = join(store.folder, 'store/blobs', digest.slice('sha256:'.length, 'sha256:'.length + 2));
    mkdirSync(join(store.folder, 'store/blobs'), { recursive: true });
    symlinkSync(join(folder, 'victims'), place);
    await expect(store.ingest(join(folder, 'file'))).rejects.toEqual(refusal(place));
  });

  it('puts a folder in the place of a link at a stage', async () => {
    const store = Store.open(join(folder, 'artifacts'));
    mkdirSync(join(store.folder, 'p'), { recursive: true });
    symlinkSync(join(folder, 'victims'), join(store.folder, 'p/snn'));
    const result = await store.ingest(join(folder, 'file'));
    await store
      .published('p')
      .show(commandTask('snn', { k: '1' }, { result: 'r' }), recordOf(keyParts({}), { result }));
    expect(readFileSync(join(store.folder, 'p/snn/1/r'), 'utf8')).toBe('1');
  });
});

// To play another user takes root.
describe.skipIf(process.geteuid?.() !== 0)('a folder of another user', () => {
  const asNobody = (action: () => void) => {
    chmodSync(folder, 0o755);
    process.setegid!(65534);
    process.seteuid!(65533);
    try {
      action();
    } finally {
      process.seteuid!(0);
      process.setegid!(0);
    }
  };

  it.each([
    ['everybody may write to is refused', 12345, 12345, 0o777, false],
    ['everybody may write to is refused, sticky or not', 12345, 12345, 0o1777, false],
    ['only its owner may write to can be read', 12345, 12345, 0o755, true],
    ['our group may write to is shared', 12345, 65534, 0o2775, true],
    ["that is root's is used", 0, 0, 0o1777, true],
  ])('that %s', (_, uid, gid, mode, good) => {
    const artifacts = join(folder, 'artifacts');
    mkdirSync(artifacts);
    chownSync(artifacts, uid, gid);
    chmodSync(artifacts, mode);
    asNobody(() => {
      const open = () => Store.open(artifacts);
      if (good) expect(open).not.toThrow();
      else
        expect(open).toThrow(
          expect.objectContaining({
            code: 'E_STORE_ACCESS',
            message: `${artifacts} belongs to another user (12345), and anyone may write to it.`,
            hint: 'To share it with a group: chgrp -R GROUP, chmod -R g+rwXs,o-w. Or choose another folder with --artifacts.',
          }),
        );
    });
  });

  it.each([
    ['of a stranger', 'locks', 12345, 12345, 0o755, 'belongs to another user (12345)'],
    ['of a stranger, in which anyone may write', 'blobs', 12345, 12345, 0o777, 'belongs to another user (12345)'],
    ['of a stranger in our group', 'records', 12345, 65534, 0o2775, 'belongs to another user (12345)'],
    ['of our own, in which anyone may write', 'records', 65533, 65534, 0o777, 'Anyone may write to'],
    ["that is root's, in which anyone may write", 'tmp', 0, 0, 0o1777, 'Anyone may write to'],
    ["that is root's", 'tmp', 0, 0, 0o755, undefined],
    ['of our own', 'blobs', 65533, 65534, 0o755, undefined],
  ])('in our store: one %s', (_, name, uid, gid, mode, said) => {
    const store = join(folder, 'artifacts/store');
    mkdirSync(join(store, name), { recursive: true });
    for (const path of [join(folder, 'artifacts'), store]) {
      chownSync(path, 65533, 65534);
      chmodSync(path, 0o755);
    }
    chownSync(join(store, name), uid, gid);
    chmodSync(join(store, name), mode);
    asNobody(() => {
      const open = () => Store.open(join(folder, 'artifacts'));
      if (said === undefined) expect(open).not.toThrow();
      else
        expect(open).toThrow(
          expect.objectContaining({ code: 'E_STORE_ACCESS', message: expect.stringContaining(said) }),
        );
    });
  });

  it.each([
    ["a user's, and what lies in it is that user's", 1000, 0o755, 1000, 0o755, undefined],
    ["a user's, and what lies in it is root's", 1000, 0o755, 0, 0o755, undefined],
    ["a user's, and what lies in it a stranger's", 1000, 0o755, 12345, 0o755, 'belongs to another user (12345)'],
    ["a user's, and anyone may write to what lies in it", 1000, 0o755, 0, 0o777, 'Anyone may write to'],
    ["a group's, and what lies in it another's of its users", 1000, 0o2775, 12345, 0o2775, undefined],
    ["root's, and what lies in it a stranger's", 0, 0o755, 12345, 0o755, 'belongs to another user (12345)'],
    ["a volume, and what lies in it another user's", 0, 0o777, 12345, 0o755, undefined],
    ['a share on which root is nobody', 1000, 0o777, 65534, 0o755, undefined],
  ])('by root, in a container: a store that is %s', (_, owner, mode, uid, inner, said) => {
    const store = join(folder, 'artifacts/store');
    mkdirSync(join(store, 'blobs'), { recursive: true });
    for (const path of [join(folder, 'artifacts'), store]) {
      chownSync(path, owner, 100);
      chmodSync(path, mode);
    }
    chownSync(join(store, 'blobs'), uid, 100);
    chmodSync(join(store, 'blobs'), inner);
    const open = () => Store.open(join(folder, 'artifacts'));
    if (said === undefined) expect(open).not.toThrow();
    else
      expect(open).toThrow(expect.objectContaining({ code: 'E_STORE_ACCESS', message: expect.stringContaining(said) }));
  });

  it('in a store that is root’s: one that is, too', () => {
    const store = join(folder, 'artifacts/store');
    mkdirSync(join(store, 'blobs'), { recursive: true });
    chmodSync(join(store, 'blobs'), 0o777);
    chmodSync(store, 0o555);
    asNobody(() => expect(() => Store.open(join(folder, 'artifacts'))).not.toThrow());
  });

  it('in the store of a group: one of another of its users is used, and one that anyone may write to is not', async () => {
    const store = join(folder, 'artifacts/store');
    mkdirSync(join(store, 'records/aa'), { recursive: true });
    const share = (path: string, mode: number) => {
      chownSync(path, 12345, 65534);
      chmodSync(path, mode);
    };
    for (const path of ['artifacts', 'artifacts/store', 'artifacts/store/records']) share(join(folder, path), 0o2775);
    const key = 'aa'.repeat(32) as TaskKey;
    const asked: Promise<unknown>[] = [];
    for (const mode of [0o2775, 0o2777]) {
      share(join(store, 'records/aa'), mode);
      asNobody(() => asked.push(Store.open(join(folder, 'artifacts')).record(key)));
    }
    expect(await asked[0]).toBe(undefined);
    await expect(asked[1]).rejects.toMatchObject({
      ...{
        code: 'E_STORE_ACCESS',
        message: expect.stringContaining(`Anyone may write to ${join(store, 'records/aa')}`),
      },
    });
    // A folder that only its owner and our group may write to is that owner's, whoever has the one around it.
    share(join(store, 'records/aa'), 0o755);
    chownSync(join(store, 'records/aa'), 54321, 54321);
    asNobody(() => asked.push(Store.open(join(folder, 'artifacts')).record(key)));
    await expect(asked[2]).rejects.toMatchObject({
      message: expect.stringContaining('belongs to another user (54321)'),
    });
  });
});
