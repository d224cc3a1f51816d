import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { GcRecords } from '../../src/store/gc-records.js';
import { Journal } from '../../src/store/journal.js';
import { Locks } from '../../src/store/lock.js';
import { StoredParsedFiles } from '../../src/store/parsed-files.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { testFolder } from './folder.js';

const key = 'ab'.repeat(32) as TaskKey;

// Others may write to a store that is shared.
describe.skipIf(process.platform === 'win32')('what is no file, in the place of a note', () => {
  it.for(['pipe', 'device', 'folder'])('is as good as a damaged note: a %s', async (kind) => {
    const artifacts = testFolder();
    const store = join(artifacts, 'store');
    const put = (path: string) => {
      mkdirSync(dirname(path), { recursive: true });
      rmSync(path, { recursive: true, force: true });
      if (kind === 'pipe') execFileSync('mkfifo', [path]);
      else if (kind === 'device') symlinkSync('/dev/zero', path);
      else mkdirSync(path);
      return path;
    };
    put(join(store, 'parsed', hexOf(digestBytes('parser\ntext'))));
    expect(new StoredParsedFiles(artifacts, 'parser').get('text')).toBeUndefined();
    expect(new Journal(put(join(artifacts, 'p/.latest')), join(store, 'tmp')).names()).toEqual([]);
    put(join(store, 'records/ab', `${key}.json`));
    expect(new GcRecords(store, Date.now(), false).list().map(({ blobs }) => blobs)).toEqual([]);
    expect(await Store.open(artifacts).result(key)).toBeUndefined();
    // It has been set aside.
    expect(await Store.open(artifacts).result(key)).toBeUndefined();
    if (kind === 'folder') return;
    put(join(store, 'locks/l'));
    const lock = await new Locks(store).acquire('l', { signal: AbortSignal.timeout(20_000) });
    await lock.release();
  });
});
