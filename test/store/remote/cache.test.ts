import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/files/canonical.js';
import { digestBytes, hexOf } from '../../../src/files/digest.js';
import { keyOf } from '../../../src/store/record.js';
import { encodeEntry } from '../../../src/store/remote/entry.js';
import { answer } from '../../data/server.js';
import { keyParts } from '../examples.js';
import { listFiles, testFolder } from '../folder.js';
import { fetchResult, Machine, quiet } from './examples.js';
import { CacheServer, flipped } from './server.js';

describe.each(['http', 'folder'])('a remote of kind %s', (kind) => {
  const place = async () => (kind === 'http' ? (await CacheServer.start()).url : join(testFolder(), 'cache'));

  it('carries results from store to store, with nothing left over', async () => {
    const where = await place();
    const [a, b] = [new Machine(where), new Machine(where)];
    const record = await a.share('x');
    const seen: number[][] = [];
    const progress = (done: number, total: number) => void seen.push([done, total]);
    const result = await b.cache.fetch(record.key, 't', { ...quiet, progress });
    expect(result).toEqual({ key: record.key, outputs: record.outputs, metrics: record.metrics });
    expect(await b.store.record(record.key)).toEqual(record);
    expect(await b.has(record)).toBe(true);
    const copy = join(testFolder(), 'copy');
    await b.store.materialise(record.outputs.folder!, copy, { mode: 'link' });
    expect(readlinkSync(join(copy, 'latest'))).toBe('a/b.txt');
    expect(seen[0]![0]).toBe(0);
    expect(seen.at(-1)).toEqual([seen[0]![1], seen[0]![1]]);
    expect(readdirSync(join(b.store.folder, 'store/tmp'))).toEqual([]);
    expect([a.said, b.said]).toEqual(['', '']);
    if (kind === 'folder') expect(listFiles(where).filter((path) => path.startsWith('tmp/'))).toEqual([]);
  });

  it('has nothing for a key that nobody computed', async () => {
    const machine = new Machine(await place());
    expect(await fetchResult(machine, { key: keyOf(keyParts(1)) })).toBeUndefined();
    expect(machine.said).toBe('');
  });

  it('tells where results are', async () => {
    const where = await place();
    const [a, b] = [new Machine(where), new Machine(where)];
    const record = await a.share('x');
    expect(await b.cache.record(record.key, quiet)).toEqual(record);
    expect(await b.cache.has(Object.values(record.outputs), quiet)).toBe(true);
    expect(
      await b.cache.has([{ kind: 'file', digest: (await b.result('y')).outputs.file!.digest, size: 9 }], quiet),
    ).toBe(false);
  });
});

it('sends blobs before the entry, says their lengths, and sends nothing twice', async () => {
  const server = await CacheServer.start();
  const machine = new Machine(server.url);
  const record = await machine.share('x');
  const puts = server.requests.filter(({ method }) => method === 'PUT');
  expect(puts.map(({ path }) => path.split('/')[0])).toEqual(['cas', 'cas', 'cas', 'ac']);
  for (const { path, headers } of puts)
    expect(headers['content-length']).toBe(String(server.objects.get(path)!.length));
  server.requests.length = 0;
  expect(await machine.cache.upload(record, 'x', quiet)).toBe(true);
  expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'HEAD', 'HEAD']);
});

it('fetches only what is not here, several files at a time', async () => {
  const server = await CacheServer.start();
  const [a, b] = [new Machine(server.url), new Machine(server.url)];
  const record = await a.share('x');
  await b.store.ingest(a.store.blobs.pathOf(record.outputs.file!.digest));
  server.requests.length = 0;
  expect(await fetchResult(b, record)).toBeDefined();
  expect(server.asked.filter((request) => request.includes(hexOf(record.outputs.file!.digest).slice(0, 8)))).toEqual(
    [],
  );
  const many = await Promise.all(['p', 'q', 'r', 's'].map((name) => a.share(name)));
  const c = new Machine(server.url);
  server.mostOpen = 0;
  server.pauseMs = 20;
  await Promise.all(many.map((one) => fetchResult(c, one)));
  for (const one of many) expect(await c.has(one)).toBe(true);
  expect(server.mostOpen).toBeGreaterThan(1);
  expect(server.mostOpen).toBeLessThanOrEqual(8);
});

describe('a list of a folder’s files that is not to be used', () => {
  const text = 'in a folder x';
  const file = { path: 'a', digest: digestBytes(text), size: text.length, executable: false };

  /** Shares a result whose folder has another list of files; what a machine makes of it that has `here` already. */
  async function fetchWith(list: string, size: number, here: readonly string[] = []) {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.objects.set(`cas/${hexOf(digestBytes(list))}`, Buffer.from(list));
    const outputs = { ...record.outputs, folder: { kind: 'folder', digest: digestBytes(list), size } as const };
    server.objects.set(`ac/${record.key}`, Buffer.from(encodeEntry({ ...record, outputs }, [])));
    const machine = new Machine(server.url);
    for (const bytes of here) await machine.store.blobs.addBytes(bytes);
    expect(await fetchResult(machine, record)).toBeUndefined();
    expect(await machine.store.record(record.key)).toBeUndefined();
    expect(listFiles(machine.store.folder).filter((path) => path.startsWith('store/tmp/'))).toEqual([]);
    return { server, machine, record };
  }
  const list = (files: readonly object[]) => canonicalJson({ type: 'spikeline-folder/1', files, emptyFolders: [] });

  it.each([
    ['leads out', [{ ...file, path: '../up' }], 'it has a file (number 1) whose path has the name ".."'],
    ['meets itself', [file, { ...file, path: 'a/b' }], 'it has something inside of a file, a link or an empty folder'],
  ])('%s: it is not kept, and the right one takes its place', async (_, files, problem) => {
    const { server, machine, record } = await fetchWith(list(files), text.length * files.length);
    expect(machine.said).toBe(
      `The result of t can't be taken from the remote cache ${server.url}: the list of a folder’s files can't be used: ${problem}.`,
    );
    expect(existsSync(machine.store.blobs.pathOf(digestBytes(list(files))))).toBe(false);
    await machine.share('x');
    expect(await fetchResult(new Machine(server.url), record)).toBeDefined();
  });

  it('is there already: it is set aside', async () => {
    const bad = list([{ ...file, path: '../up' }]);
    const { machine } = await fetchWith(bad, text.length, [bad]);
    expect(listFiles(join(machine.store.folder, 'store/quarantine'))).toHaveLength(1);
  });

  it('tells a wrong size of a file that is here: the file stays', async () => {
    const { machine } = await fetchWith(list([{ ...file, size: 1 }]), 1, [text]);
    expect(machine.said).toMatch(/it announces 13 bytes instead of 1/);
    expect(await machine.store.blobs.check(file.digest)).toBe('good');
  });

  it('gives one file two sizes', async () => {
    const { machine } = await fetchWith(list([file, { ...file, path: 'b', size: 1 }]), text.length + 1);
    expect(machine.said).toContain('it gives one file two sizes');
  });

  it('can’t be laid out on this system: there is no record', async () => {
    // A good list, whose path the system takes nowhere below a folder.
    const path = `${'x'.repeat(200)}/`.repeat(20) + 'y'.repeat(70);
    const { machine } = await fetchWith(list([{ ...file, path }]), text.length);
    expect(machine.said).toContain(
      `: The system takes no path as long as one in its files below ${machine.store.folder}.`,
    );
  });
});

describe('what a remote has wrong', () => {
  it('is replaced once the right result is given to it', async () => {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    const name = `cas/${hexOf(record.outputs.file!.digest)}`;
    server.objects.set(name, flipped(server.objects.get(name)!));
    const machine = new Machine(server.url);
    expect(await fetchResult(machine, record)).toBeUndefined();
    await machine.share('x');
    expect(await fetchResult(new Machine(server.url), record)).toBeDefined();
  });

  it('in a folder, too', async () => {
    const folder = join(testFolder(), 'cache');
    const record = await new Machine(folder).share('x');
    const path = join(folder, 'cas', hexOf(record.outputs.file!.digest));
    writeFileSync(path, flipped(readFileSync(path)));
    const machine = new Machine(folder);
    expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toContain('is something else');
    await machine.share('x');
    expect(await fetchResult(new Machine(folder), record)).toBeDefined();
  });

  it('is found by its size where the server tells that', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const record = await a.share('x');
    const name = `cas/${hexOf(record.outputs.file!.digest)}`;
    const whole = server.objects.get(name)!;
    server.objects.set(name, whole.subarray(1));
    await a.cache.upload(record, 'x', quiet);
    expect(server.objects.get(name)!.equals(whole)).toBe(true);
  });
});

describe('a remote that takes nothing', () => {
  it('is read all the same', async () => {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.misbehave = ({ method }) => (method === 'PUT' ? answer(405) : undefined);
    const machine = new Machine(server.url);
    expect(await machine.cache.upload(await machine.result('y'), 'y', quiet)).toBe(false);
    expect(machine.said).toContain(
      `The remote cache ${server.url} gets nothing more from now on: it does not allow this (405).`,
    );
    expect(machine.cache.writable).toBe(false);
    expect(await fetchResult(machine, record)).toBeDefined();
  });

  it('is asked for nothing in read-only mode', async () => {
    const server = await CacheServer.start();
    const machine = new Machine(server.url, { readOnly: true });
    expect(await machine.cache.upload(await machine.result('y'), 'y', quiet)).toBe(false);
    expect(server.requests).toEqual([]);
  });

  it('says what the limit is that a file is too large for', async () => {
    const server = await CacheServer.start();
    server.misbehave = ({ method }) => (method === 'PUT' ? answer(413) : undefined);
    const machine = new Machine(server.url);
    await machine.cache.upload(await machine.result('y', 5_000_000), 'The result of y', quiet);
    expect(machine.said).toContain('client_max_body_size');
  });

  it('is a share that is not mounted: it is not filled', async () => {
    const machine = new Machine('/nonexistent/mount/cache');
    expect(await machine.cache.upload(await machine.result('y'), 'y', quiet)).toBe(false);
    expect(machine.said).toContain('the folder /nonexistent/mount does not exist. Is the share mounted?');
  });
});

describe('credentials and signatures', () => {
  it('sends what it was given, and never shows it', async () => {
    const server = await CacheServer.start();
    server.misbehave = ({ headers }) => (headers.authorization === 'Bearer secret' ? undefined : answer(401));
    const record = await new Machine(server.url, { authorization: 'Bearer secret' }).share('x');
    expect(await fetchResult(new Machine(server.url, { authorization: 'Bearer secret' }), record)).toBeDefined();
    const wrong = new Machine(server.url, { authorization: 'Bearer other' });
    expect(await fetchResult(wrong, record)).toBeUndefined();
    expect(wrong.said).not.toMatch(/secret|other$/);
  });

  it('believes only what is signed with the same key, and signs anew what is not', async () => {
    const server = await CacheServer.start();
    const unsigned = await new Machine(server.url).share('x');
    const machine = new Machine(server.url, { signingKey: 'k' });
    expect(await fetchResult(machine, unsigned)).toBeUndefined();
    expect(machine.said).toBe('');
    await machine.share('x');
    expect(await fetchResult(new Machine(server.url, { signingKey: 'k' }), unsigned)).toBeDefined();
    expect(await fetchResult(new Machine(server.url, { signingKey: 'other' }), unsigned)).toBeUndefined();
    // Who has no key does not look at signatures.
    expect(await fetchResult(new Machine(server.url), unsigned)).toBeDefined();
  });
});
