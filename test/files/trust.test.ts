import { chmodSync, chownSync, closeSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openAnew, openToAppend } from '../../src/files/trust.js';
import { Journal } from '../../src/store/journal.js';
import { Store } from '../../src/store/store.js';
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
});
