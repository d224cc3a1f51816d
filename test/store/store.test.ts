import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { ownToken } from '../../src/files/process-identity.js';
import { Store } from '../../src/store/store.js';
import type { Artifact } from '../../src/store/types.js';
import type { Digest } from '../../src/values.js';
import { fuzz } from '../fuzz.js';
import { listFiles, makeOld, testFolder, writeFiles } from './folder.js';

function blobPath(store: Store, digest: Digest): string {
  return join(store.folder, 'store/blobs', hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
}

/** A store with one file and one folder in it. */
async function filledStore() {
  const folder = writeFiles(testFolder(), { 'file.txt': 'spikes', 'tree/a': 'one', 'tree/b/c': 'two' });
  const store = Store.open(join(folder, 'artifacts'));
  const file = await store.ingest(join(folder, 'file.txt'));
  const tree = await store.ingest(join(folder, 'tree'));
  return { folder, store, file, tree };
}

/** Damages a blob in some way, with its times and size kept where that is possible. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  'a flipped bit': (path) => {
    const bytes = readFileSync(path);
    bytes[0]! ^= 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
  },
  truncation: (path) => {
    chmodSync(path, 0o644);
    truncateSync(path, 2);
  },
  emptiness: (path) => {
    chmodSync(path, 0o644);
    truncateSync(path, 0);
  },
  'a folder in its place': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'other content of the same length': (path) => {
    rmSync(path);
    writeFileSync(path, 'SPIKES'.slice(0, 6));
  },
};

describe('ingest', () => {
  it('keeps files under the digest of their content, read-only, once', async () => {
    const { folder, store, file } = await filledStore();
    expect(file).toEqual({ kind: 'file', digest: digestBytes('spikes'), size: 6 });
    const path = blobPath(store, file.digest);
    expect(readFileSync(path, 'utf8')).toBe('spikes');
    expect(statSync(path).mode & 0o777).toBe(0o444);
    writeFiles(folder, { 'other.txt': 'spikes' });
    const { ino } = statSync(path);
    expect(await store.ingest(join(folder, 'other.txt'))).toEqual(file);
    expect(statSync(path).ino).toBe(ino);
    expect(listFiles(join(store.folder, 'store/tmp'))).toEqual([]);
  });

  it('keeps folders as a list of their files, equal for equal content', async () => {
    const { folder, store, tree } = await filledStore();
    expect(tree).toMatchObject({ kind: 'folder', size: 6 });
    writeFiles(folder, { 'same/b/c': 'two', 'same/a': 'one', 'other/a': 'one', 'other/b/d': 'two' });
    expect(await store.ingest(join(folder, 'same'))).toEqual(tree);
    expect(await store.describe(join(folder, 'same'))).toEqual(tree);
    expect((await store.ingest(join(folder, 'other'))).digest).not.toBe(tree.digest);
    expect(readFileSync(blobPath(store, digestBytes('one')), 'utf8')).toBe('one');
  });

  it('leaves the file as it was, and does not follow its changes', async () => {
    const { folder, store, file } = await filledStore();
    writeFiles(folder, { 'file.txt': 'SPIKES' });
    expect(statSync(join(folder, 'file.txt')).mode & 0o200).toBe(0o200);
    expect(readFileSync(blobPath(store, file.digest), 'utf8')).toBe('spikes');
  });

  it('sets aside a list of files that no folder has, and not a file of which a wrong size is told', async () => {
    const { store, file } = await filledStore();
    const bad = await store.blobs.addBytes('{"emptyFolders":["../up"],"files":[],"type":"spikeline-folder/1"}');
    const artifact: Artifact = { kind: 'folder', digest: bad, size: 0 };
    expect(await store.problemOf(artifact)).toEqual({ digest: bad, state: 'damaged' });
    expect(existsSync(blobPath(store, bad))).toBe(false);
    expect(listFiles(join(store.folder, 'store/quarantine'))).toHaveLength(1);
    expect(await store.problemOf({ ...file, size: 5 })).toEqual({ digest: file.digest, state: 'damaged' });
    expect(await store.problemOf(file)).toBeUndefined();
  });

  it('puts right bytes in the place of damaged ones', async () => {
    const { folder, store, file } = await filledStore();
    damages['a flipped bit']!(blobPath(store, file.digest));
    expect(await store.ingest(join(folder, 'file.txt'))).toEqual(file);
    expect(await store.has(file)).toBe(true);
  });

  it('refuses pipes, which have no end', async () => {
    const { folder, store } = await filledStore();
    const pipe = join(folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    await expect(store.ingest(pipe)).rejects.toMatchObject({ code: 'E_STORE_FILE_TYPE' });
  });

  it('names a file that is not there', async () => {
    const { folder, store } = await filledStore();
    const path = join(folder, 'nothing');
    const error = { code: 'E_INPUT_MISSING', message: `${path} does not exist.` };
    await expect(store.ingest(path)).rejects.toMatchObject(error);
    await expect(store.describe(path)).rejects.toMatchObject(error);
  });
});

describe('adopt', () => {
  it('takes files and folders away, and gives them the digests that ingest gives', async () => {
    const { folder, store, file, tree } = await filledStore();
    const work = await store.workFolder();
    writeFiles(work, { 'file.txt': 'spikes', 'tree/a': 'one', 'tree/b/c': 'two' });
    expect(await store.adopt(join(work, 'file.txt'))).toEqual(file);
    expect(await store.adopt(join(work, 'tree'))).toEqual(tree);
    const fresh = Store.open(join(folder, 'fresh'));
    writeFiles(work, { 'other/a': 'one', 'other/b/c': 'two' });
    expect(await fresh.adopt(join(work, 'other'))).toEqual(tree);
    expect(await fresh.has(tree)).toBe(true);
    expect(listFiles(join(work, 'other'))).toEqual([]);
    expect(statSync(blobPath(fresh, digestBytes('one'))).mode & 0o777).toBe(0o444);
  });

  it('gives up the copy of a large file or folder that nobody wants any more, and leaves nothing of it', async () => {
    const { folder, store } = await filledStore();
    writeFiles(folder, { 'large/file': '', 'large/other': 'x' });
    truncateSync(join(folder, 'large/file'), 2 ** 40);
    const before = listFiles(join(store.folder, 'store'));
    for (const path of ['large', 'large/file'])
      for (const how of ['ingest', 'describe'] as const) {
        const stop = new AbortController();
        const reading = store[how](join(folder, path), { signal: stop.signal });
        setTimeout(() => stop.abort(new Error('enough')), 200);
        await expect(reading).rejects.toThrow('enough');
      }
    expect(listFiles(join(store.folder, 'store/tmp'))).toEqual([]);
    expect(listFiles(join(store.folder, 'store')).length).toBeLessThanOrEqual(before.length + 1);
  });

  it('copies what has other names: links, and files that are linked to', async () => {
    const { folder, store } = await filledStore();
    const work = writeFiles(await store.workFolder(), { 'tree/z': 'long', 'tree/hard': 'hard' });
    symlinkSync('z', join(work, 'tree/a'));
    linkSync(join(work, 'tree/hard'), join(folder, 'hard'));
    const artifact = await store.adopt(join(work, 'tree'));
    await store.materialise(artifact, join(folder, 'out'), { mode: 'copy' });
    for (const [name, text] of Object.entries({ z: 'long', a: 'long', hard: 'hard' }))
      expect(readFileSync(join(folder, 'out', name), 'utf8')).toBe(text);
    writeFileSync(join(folder, 'hard'), 'changed');
    expect(readFileSync(blobPath(store, digestBytes('hard')), 'utf8')).toBe('hard');
  });
});

describe('ingestExpected', () => {
  it('takes what the plan has seen, and refuses what changed since', async () => {
    const { folder, store } = await filledStore();
    writeFiles(folder, { input: 'before' });
    const path = join(folder, 'input');
    const seen = await store.describe(path);
    expect(await store.has(seen)).toBe(false);
    await store.ingestExpected(path, seen);
    expect(await store.has(seen)).toBe(true);
    writeFiles(folder, { input: 'after!' });
    await expect(store.ingestExpected(path, seen)).rejects.toMatchObject({
      code: 'E_INPUT_CHANGED',
      message: `${path} changed during the run.`,
    });
  });
});

describe.each(['fresh', 'verified before'])('a %s blob', (age) => {
  async function agedStore() {
    const filled = await filledStore();
    if (age === 'verified before') {
      // Only files that did not change for 2 s are remembered as verified.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 });
      onTestFinished(() => void vi.useRealTimers());
      expect(await filled.store.has(filled.file)).toBe(true);
      expect(await filled.store.has(filled.tree)).toBe(true);
    }
    const verified = join(filled.store.folder, 'store/verified');
    expect(existsSync(verified)).toBe(age === 'verified before');
    return filled;
  }

  it.each(Object.keys(damages))('is no hit after %s, and is set aside', async (damage) => {
    const { store, file, folder } = await agedStore();
    damages[damage]!(blobPath(store, file.digest));
    const reopened = Store.open(store.folder);
    await expect(
      reopened.materialise(file, join(folder, 'target'), { mode: 'link', what: 'The input "data"' }),
    ).rejects.toMatchObject({
      code: 'E_STORE_CORRUPT',
      message: `The input "data" was damaged in the store (${file.digest}). It has been set aside.`,
    });
    expect(existsSync(join(folder, 'target'))).toBe(false);
    expect(existsSync(blobPath(store, file.digest))).toBe(false);
    expect(await reopened.problemOf(file)).toEqual({ digest: file.digest, state: 'missing' });
  });

  it('is no hit when it is gone, or inside a folder', async () => {
    const { store, tree, file } = await agedStore();
    rmSync(blobPath(store, file.digest));
    expect(await store.problemOf(file)).toEqual({ digest: file.digest, state: 'missing' });
    damages['a flipped bit']!(blobPath(store, digestBytes('two')));
    expect(await store.problemOf(tree)).toEqual({ digest: digestBytes('two'), state: 'damaged', path: 'b/c' });
    expect(await store.problemOf(tree)).toEqual({ digest: digestBytes('two'), state: 'missing', path: 'b/c' });
    damages['a flipped bit']!(blobPath(store, tree.digest));
    expect(await store.problemOf(tree)).toEqual({ digest: tree.digest, state: 'damaged' });
  });
});

describe('materialise', () => {
  it('links to read-only blobs', async () => {
    const { folder, store, file, tree } = await filledStore();
    await store.materialise(file, join(folder, 'in/file'), { mode: 'link' });
    await store.materialise(tree, join(folder, 'in/tree'), { mode: 'link' });
    expect(readlinkSync(join(folder, 'in/file'))).toBe(blobPath(store, file.digest));
    expect(listFiles(join(folder, 'in'))).toEqual(['file', 'tree/a', 'tree/b/c']);
    expect(readFileSync(join(folder, 'in/tree/b/c'), 'utf8')).toBe('two');
  });

  it.each(['of this file', 'of another file', 'of nothing', 'gone', 'no link'])(
    'goes where an earlier link is: %s',
    async (there) => {
      const { folder, store, file } = await filledStore();
      const link = join(folder, 'in');
      const blob = blobPath(store, file.digest);
      const targets: Readonly<Record<string, string>> = {
        'of this file': blob,
        'of another file': blobPath(store, digestBytes('two')),
        'of nothing': join(folder, 'nothing'),
      };
      if (there in targets) symlinkSync(targets[there]!, link);
      if (there === 'no link') writeFileSync(link, 'x');
      const isSame = await store.materialise(file, link, { mode: 'link', isLinked: true });
      expect([readlinkSync(link), await isSame()]).toEqual([blob, true]);
    },
  );

  it('copies what may be changed without harm', async () => {
    const { folder, store, file, tree } = await filledStore();
    await store.materialise(file, join(folder, 'out/file'), { mode: 'copy' });
    await store.materialise(tree, join(folder, 'out/tree'), { mode: 'copy' });
    writeFileSync(join(folder, 'out/file'), 'changed');
    writeFileSync(join(folder, 'out/tree/a'), 'changed');
    expect(await store.has(file)).toBe(true);
    expect(await store.has(tree)).toBe(true);
    expect(listFiles(join(folder, 'out'))).toEqual(['file', 'tree/a', 'tree/b/c']);
  });

  it.each(['link', 'copy'] as const)('keeps executable bits, empty folders and links (%s)', async (mode) => {
    const folder = writeFiles(testFolder(), { 'tree/tool': '#!/bin/sh', 'tree/text': 'x' });
    chmodSync(join(folder, 'tree/tool'), 0o755);
    for (const name of ['empty', 'links']) mkdirSync(join(folder, 'tree', name));
    symlinkSync('../tool', join(folder, 'tree/links/latest'));
    const store = Store.open(join(folder, 'artifacts'));
    const tree = await store.ingest(join(folder, 'tree'));
    await store.materialise(tree, join(folder, 'copy'), { mode });
    expect(statSync(join(folder, 'copy/tool')).mode & 0o111).toBe(0o111);
    expect(statSync(join(folder, 'copy/text')).mode & 0o111).toBe(0);
    expect(lstatSync(join(folder, 'copy/empty')).isDirectory()).toBe(true);
    expect(readlinkSync(join(folder, 'copy/links/latest'))).toBe('../tool');
    if (mode === 'copy') expect(await store.describe(join(folder, 'copy'))).toEqual(tree);
  });

  it('takes any tree and gives it back, adopted or copied', async () => {
    const name = fc.constantFrom('a', 'b', 'ü x', '.c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const entry = fc.oneof(
      fc.record({
        kind: fc.constant('file' as const),
        text: fc.constantFrom('', 'x', 'y'),
        mode: fc.constantFrom(0o644, 0o750),
      }),
      fc.record({ kind: fc.constant('folder' as const) }),
      fc.record({ kind: fc.constant('link' as const), target: path }),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, entry, { maxKeys: 8 }), async (entries) => {
        const folder = testFolder();
        const store = Store.open(join(folder, 'artifacts'));
        mkdirSync(join(folder, 'made'));
        for (const [place, one] of Object.entries(entries))
          try {
            const full = join(folder, 'made', place);
            mkdirSync(dirname(full), { recursive: true });
            if (one.kind === 'folder') mkdirSync(full);
            else if (one.kind === 'link') symlinkSync(one.target, full);
            else writeFileSync(full, one.text, { mode: one.mode, flag: 'wx' });
          } catch {
            // Another entry is in its way.
          }
        const seen = await store.describe(join(folder, 'made'));
        expect(await store.ingest(join(folder, 'made'))).toEqual(seen);
        await store.materialise(seen, join(folder, 'copy'), { mode: 'copy' });
        expect(await store.describe(join(folder, 'copy'))).toEqual(seen);
        expect(await store.adopt(join(folder, 'copy'))).toEqual(seen);
      }),
      fuzz(20),
    );
  });

  it('names a blob that is missing', async () => {
    const { folder, store } = await filledStore();
    const artifact: Artifact = { kind: 'file', digest: digestBytes('never seen'), size: 10 };
    await expect(
      store.materialise(artifact, join(folder, 'x'), { mode: 'copy', what: 'The input "data"' }),
    ).rejects.toMatchObject({
      code: 'E_STORE_MISSING',
      message: `The input "data" is not in the store (${artifact.digest}).`,
    });
  });
});

describe('what was laid out', () => {
  it('as links is told from what was put in its place, be it the same bytes', async () => {
    const { folder, store, file, tree } = await filledStore();
    const watches = await Promise.all(
      [file, tree].map((one) => store.materialise(one, join(folder, 'in', one.kind), { mode: 'link' })),
    );
    const states = () => Promise.all(watches.map((isSame) => isSame()));
    expect(await states()).toEqual([true, true]);
    const path = blobPath(store, file.digest);
    writeFileSync(`${path}.new`, 'spikes');
    renameSync(`${path}.new`, path);
    expect([await states(), existsSync(path)]).toEqual([[false, true], true]);
    chmodSync(path, 0o644);
    writeFileSync(path, 'others');
    expect([await states(), existsSync(path)]).toEqual([[false, true], false]);
    rmSync(blobPath(store, digestBytes('two')));
    expect(await states()).toEqual([false, false]);
  });
});

describe('describe', () => {
  it('notices every change of a file that was old when it was read', async () => {
    const folder = writeFiles(testFolder(), { 'in/a': 'one' });
    const store = Store.open(join(folder, 'artifacts'));
    const first = await store.describe(join(folder, 'in'));
    expect(await store.describe(join(folder, 'in'))).toEqual(first);
    writeFiles(folder, { 'in/a': 'two' });
    makeOld(join(folder, 'in/a'));
    expect(await store.describe(join(folder, 'in'))).not.toEqual(first);
    writeFiles(folder, { 'in/a': 'one' });
    expect(await store.describe(join(folder, 'in'))).toEqual(first);
  });
});

describe('open', () => {
  it('removes what dead processes left in the temporary folder, and nothing of the living', () => {
    const folder = testFolder();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const [host, boot, , start] = ownToken().split('-');
    const names = {
      own: `${ownToken()}-7`,
      dead: `${host}-${boot}-${dead}-${start}-1`,
      reused: `${host}-${boot}-${process.pid}-00000000-1`,
      rebooted: `${host}-00000000-${process.pid}-${start}-1`,
      elsewhere: `00000000-${boot}-${dead}-${start}-1`,
    };
    for (const name of Object.values(names)) writeFiles(folder, { [`store/tmp/${name}/draft`]: '' });
    Store.open(folder);
    expect(listFiles(join(folder, 'store/tmp'))).toEqual([`${names.elsewhere}/draft`, `${names.own}/draft`].sort());
  });

  it('needs no folder, and makes none by looking', async () => {
    const store = Store.open(join(testFolder(), 'none'));
    expect(await store.has({ kind: 'file', digest: digestBytes(''), size: 0 })).toBe(false);
    expect(existsSync(store.folder)).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)('says so when the store may not be written', async () => {
    const folder = writeFiles(testFolder(), { file: '', 'artifacts/x': '' });
    chmodSync(join(folder, 'artifacts'), 0o555);
    await expect(Store.open(join(folder, 'artifacts')).ingest(join(folder, 'file'))).rejects.toMatchObject({
      code: 'E_STORE_ACCESS',
    });
  });
});
