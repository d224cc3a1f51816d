import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/files/canonical.js';
import { digestBytes, hexOf } from '../../../src/files/digest.js';
import { keyOf } from '../../../src/store/record.js';
import { encodeEntry } from '../../../src/store/remote/entry.js';
import { answer, breakOffAfter, type Misbehaviour, stall } from '../../data/server.js';
import { keyParts } from '../examples.js';
import { listFiles, testFolder } from '../folder.js';
import { Machine, quiet } from './examples.js';
import {
  type Asked,
  CacheServer,
  compress,
  drip,
  endEarly,
  endless,
  flipped,
  hang,
  headersAlone,
  instead,
  redirect,
} from './server.js';

const fetch = (machine: Machine, { key }: { key: ReturnType<typeof keyOf> }) =>
  machine.cache.fetch(key, 'The result of t', quiet);

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
    await b.store.materialise(record.outputs.folder!, copy, 'link');
    expect(readlinkSync(join(copy, 'latest'))).toBe('a/b.txt');
    expect(seen[0]![0]).toBe(0);
    expect(seen.at(-1)).toEqual([seen[0]![1], seen[0]![1]]);
    expect(readdirSync(join(b.store.folder, 'store/tmp'))).toEqual([]);
    expect([a.said, b.said]).toEqual(['', '']);
    if (kind === 'folder') expect(listFiles(where).filter((path) => path.startsWith('tmp/'))).toEqual([]);
  });

  it('has nothing for a key that nobody computed', async () => {
    const machine = new Machine(await place());
    expect(await fetch(machine, { key: keyOf(keyParts(1)) })).toBeUndefined();
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
  expect(await fetch(b, record)).toBeDefined();
  expect(server.asked.filter((request) => request.includes(hexOf(record.outputs.file!.digest).slice(0, 8)))).toEqual(
    [],
  );
  const many = await Promise.all(['p', 'q', 'r', 's'].map((name) => a.share(name)));
  const c = new Machine(server.url);
  server.mostOpen = 0;
  server.pauseMs = 20;
  await Promise.all(many.map((one) => fetch(c, one)));
  for (const one of many) expect(await c.has(one)).toBe(true);
  expect(server.mostOpen).toBeGreaterThan(1);
  expect(server.mostOpen).toBeLessThanOrEqual(8);
});

describe('a remote that misbehaves', () => {
  /** Fetches a result from a server that answers some requests in its own way. */
  async function attempt(how: (asked: Asked, file: string) => Misbehaviour | undefined, settings = {}) {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.requests.length = 0;
    const file = `cas/${hexOf(record.outputs.file!.digest)}`;
    server.misbehave = (asked) => how(asked, file);
    const machine = new Machine(server.url, settings);
    const result = await fetch(machine, record);
    expect(existsSync(join(machine.store.folder, 'store/quarantine'))).toBe(false);
    if (result === undefined) expect(await machine.store.record(record.key)).toBeUndefined();
    else expect(await machine.has(record)).toBe(true);
    return { server, machine, record, result };
  }
  const blob = (how: Misbehaviour) => (asked: Asked, file: string) => (asked.path === file ? how : undefined);
  const entry = (how: Misbehaviour) => (asked: Asked) => (asked.path.startsWith('ac/') ? how : undefined);
  const once = (how: Misbehaviour) => {
    const done = new Set<string>();
    return ({ path }: Asked, file: string) => {
      if (done.has(path) || (how === endEarly && path !== file)) return undefined;
      done.add(path);
      return how;
    };
  };

  it.each<[string, Misbehaviour, RegExp]>([
    ['flips a bit', instead(flipped), /what it has as [0-9a-f]{8}… is something else/],
    ['sends something else', instead(() => Buffer.from('something else')), /it announces 14 bytes instead of/],
    ['announces more', instead((body) => Buffer.concat([body, body])), /it announces \d+ bytes instead of/],
    ['sends more than it may', endless, /it sends more than \d+ bytes/],
  ])('with a blob: %s', async (_, how, message) => {
    const { result, machine } = await attempt(blob(how));
    expect(result).toBeUndefined();
    expect(machine.said).toMatch(message);
  });

  it.each<[string, Misbehaviour]>([
    ['breaks off', breakOffAfter(100)],
    ['ends too early', endEarly],
    ['is overloaded', answer(503)],
    ['is asked too often', answer(429)],
    ['fails', answer(500)],
  ])('once, and then does as it should: %s', async (_, how) => {
    const { result, machine } = await attempt(once(how));
    expect(result).toBeDefined();
    expect(machine.said).toBe('');
  });

  it('again and again', async () => {
    const { result, machine, server, record } = await attempt(entry(answer(500)));
    expect(result).toBeUndefined();
    expect(server.requests).toHaveLength(3);
    expect(machine.said).toBe(`The result of t can't be taken from the remote cache ${server.url}: it answers 500.`);
    // After a few failures it is left alone: one warning, and no more requests.
    expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toContain(`The remote cache ${server.url} is left alone from now on: it answers 500.`);
    const requests = server.requests.length;
    for (let i = 0; i < 20; i++) expect(await fetch(machine, record)).toBeUndefined();
    expect(server.requests).toHaveLength(requests);
    expect(machine.warnings).toHaveLength(2);
    expect(machine.cache.readable).toBe(false);
  });

  it.each<[string, (asked: Asked, file: string) => Misbehaviour | undefined]>([
    ['hangs', entry(hang)],
    ['hangs after the headers', entry(headersAlone)],
    ['hangs after the first byte', entry(stall)],
    ['is too slow', entry(drip)],
  ])('%s: it costs a bounded time, and one warning', async (_, how) => {
    const { result, machine, server, record } = await attempt(how, { silenceMs: 120 });
    expect(result).toBeUndefined();
    for (let i = 0; i < 3; i++) await fetch(machine, record);
    expect(server.requests.length).toBeLessThanOrEqual(4);
    expect(machine.warnings).toHaveLength(1);
    expect(machine.said).toMatch(
      /is left alone from now on: (nothing was heard of it for 0.12 s|it is slower than 64 KB)/,
    );
  });

  it.each<[string, Misbehaviour, RegExp]>([
    ['says nothing', hang, /nothing was heard of it for 0.12 s/],
    ['sends headers alone', headersAlone, /nothing was heard of it for 0.12 s/],
    ['sends one byte', stall, /nothing was heard of it for 0.12 s/],
    ['drips', drip, /nothing was heard of it for 0.12 s|it is slower than 64 KB a second/],
  ])('with every blob: %s, and is left alone once it has done so often enough', async (_, how, message) => {
    const every = ({ method, path }: Asked) => (method === 'GET' && path.startsWith('cas/') ? how : undefined);
    const { result, machine, server, record } = await attempt(every, { silenceMs: 120 });
    expect(result).toBeUndefined();
    for (let i = 0; i < 3; i++) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.warnings.length).toBeLessThanOrEqual(2);
    expect(machine.said).toMatch(message);
    const requests = server.requests.length;
    expect(await fetch(machine, record)).toBeUndefined();
    expect(server.requests).toHaveLength(requests);
  });

  it('breaks every blob off in the middle: three attempts for each, and a word', async () => {
    const { result, machine, server } = await attempt(blob(breakOffAfter(100_000)));
    expect(result).toBeUndefined();
    expect(machine.said).toMatch(/^The result of t can't be taken from the remote cache \S+: the connection broke/);
    expect(server.asked.filter((line) => line.startsWith('GET cas/')).length).toBeLessThanOrEqual(5);
  });

  it('breaks every blob off, and serves entries well: it is left alone all the same', async () => {
    const every = ({ path }: Asked) => (path.startsWith('cas/') ? breakOffAfter(10) : undefined);
    const { machine, server, record } = await attempt(every);
    for (let i = 0; i < 3; i++) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.said).toMatch(/ is left alone from now on: the connection broke/);
    const requests = server.requests.length;
    expect(await fetch(machine, record)).toBeUndefined();
    expect(server.requests).toHaveLength(requests);
  });

  it('cuts every large file off: it is asked for none any more, and for small ones as before', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const records = [];
    for (const name of ['p', 'q', 'r']) records.push(await a.share(name, 3 << 20));
    const small = await a.share('s');
    const isLarge = ({ path }: Asked) => (server.objects.get(path)?.length ?? 0) > 1 << 20;
    server.misbehave = (asked) => (isLarge(asked) ? breakOffAfter(100_000) : undefined);
    const machine = new Machine(server.url);
    for (const record of records.slice(0, 2)) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toMatch(/ is asked for no files of 3\.15 MB and more from now on: the connection broke/);
    server.requests.length = 0;
    expect(await fetch(machine, records[2]!)).toBeUndefined();
    expect(server.requests.filter(isLarge)).toEqual([]);
    expect(await fetch(machine, small)).toBeDefined();
    expect(machine.cache.readable).toBe(true);
    expect(machine.warnings).toHaveLength(2);
  });

  it('takes no large file: it is given none any more, and small ones as before', async () => {
    const isLarge = ({ method, headers }: Asked) => method === 'PUT' && Number(headers['content-length']) > 1 << 20;
    const { machine, server } = await attempt((asked) => (isLarge(asked) ? answer(413) : undefined));
    for (const name of ['a', 'b', 'c']) {
      const record = await machine.result(name, 3 << 20);
      expect(await machine.cache.upload(record, 'x', quiet)).toBe(false);
    }
    expect(machine.said).toMatch(/ gets no files of 3\.15 MB and more from now on: it takes no file as large/);
    server.requests.length = 0;
    expect(await machine.cache.upload(await machine.result('d', 3 << 20), 'x', quiet)).toBe(false);
    expect(server.requests).toEqual([]);
    expect(await machine.cache.upload(await machine.result('e'), 'x', quiet)).toBe(true);
  });

  it('has a list of many files and none of them: it is asked for a few', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const record = await a.folder(200);
    await a.cache.upload(record, 'x', quiet);
    const list = `cas/${hexOf(record.outputs.folder!.digest)}`;
    server.misbehave = ({ path }) => (path.startsWith('cas/') && path !== list ? answer(404) : undefined);
    server.requests.length = 0;
    expect(await fetch(new Machine(server.url), record)).toBeUndefined();
    expect(server.requests.length).toBeLessThan(20);
  });

  it('needs ever so long for many files: the result is given up, and soon the remote', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const record = await a.folder(100);
    await a.cache.upload(record, 'x', quiet);
    server.misbehave = ({ path }) => (path.startsWith('cas/') ? hang : undefined);
    const machine = new Machine(server.url, { patienceMs: 50 });
    const before = server.requests.length;
    for (let i = 0; i < 4; i++) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toContain(`${server.url} is left alone from now on: it needs more than `);
    expect(server.requests.length - before).toBe(6);
  });

  it('has a list of more files than are shared', async () => {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.objects.set(`cas/${hexOf(record.outputs.folder!.digest)}`, Buffer.alloc((16 << 20) + 1, ' '));
    const machine = new Machine(server.url);
    expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toContain(`it announces ${(16 << 20) + 1} bytes instead of at most ${16 << 20}`);
  });

  it('takes no blob, and says well what it has: it gets nothing more', async () => {
    const { machine, server } = await attempt(({ method, path }) =>
      method === 'PUT' && path.startsWith('cas/') ? answer(500) : undefined,
    );
    // One blob at a time: before each, it is asked for.
    for (const name of ['a', 'b', 'c', 'd']) {
      const { outputs, ...record } = await machine.result(name);
      const alone = { ...record, outputs: { file: outputs.file! } };
      expect(await machine.cache.upload(alone, 'x', quiet)).toBe(false);
    }
    expect(machine.cache.writable).toBe(false);
    expect(machine.said).toContain(`${server.url} gets nothing more from now on: it answers 500.`);
    expect(server.asked.filter((line) => line.startsWith('PUT cas/'))).toHaveLength(6);
  });

  it.each([
    ['entries', 'ac/'],
    ['blobs', 'cas/'],
  ])('compresses %s, although not asked to: it is not asked again, and says so', async (_, area) => {
    const { result, machine, server, record } = await attempt(({ path }) =>
      path.startsWith(area) ? compress : undefined,
    );
    expect(result).toBeUndefined();
    for (let i = 0; i < 3; i++) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.said).toContain(
      `${server.url} is left alone from now on: it compresses what it sends, although asked not to. gzip off; in nginx.`,
    );
  });

  it('lies three times, and is left alone', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const records = [await a.share('p'), await a.share('q'), await a.share('r'), await a.share('s')];
    server.misbehave = ({ path }) => (path.startsWith('cas/') ? instead(flipped) : undefined);
    const machine = new Machine(server.url);
    for (const record of records) expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.said.split('\n').at(-1)).toContain('is left alone from now on');
  });

  it.each<[string, Misbehaviour, string]>([
    ['401', answer(401), 'it wants other credentials (401). Set SPIKELINE_REMOTE_TOKEN'],
    ['403', answer(403), 'it does not allow this (403)'],
    ['a redirect', redirect('http://user:secret@127.0.0.1:1/x?token=t'), 'it redirects to http://127.0.0.1:1/x (302)'],
  ])('answers with %s: no second attempt', async (_, how, message) => {
    const { server, machine } = await attempt(() => how);
    expect(server.requests).toHaveLength(1);
    expect(machine.said).toContain(message);
    expect(machine.said).not.toContain('secret');
  });

  it('has an entry whose blobs are gone: a result that is not there', async () => {
    const { result, machine } = await attempt(blob(answer(404)));
    expect(result).toBeUndefined();
    expect(machine.said).toBe('');
  });

  it.each<[string, (body: Buffer) => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['a page', () => Buffer.from('<html>Welcome</html>')],
    ['half of it', (body) => body.subarray(0, body.length >> 1)],
    ['a flipped bit', flipped],
  ])('with an entry: %s', async (_, change) => {
    const { result, machine } = await attempt(entry(instead(change)));
    expect(result).toBeUndefined();
    expect(machine.said).toMatch(/it is no entry of a task|its record is damaged, or of another task/);
  });

  it('gives the entry of another task, and one that only claims the key', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const [wanted, other] = [await a.result('x'), await a.share('y')];
    server.objects.set(`ac/${wanted.key}`, server.objects.get(`ac/${other.key}`)!);
    const machine = new Machine(server.url);
    expect(await fetch(machine, wanted)).toBeUndefined();
    const forged = { ...other, key: wanted.key };
    server.objects.set(`ac/${wanted.key}`, Buffer.from(encodeEntry(forged, [])));
    expect(await fetch(machine, wanted)).toBeUndefined();
    expect(machine.said).toContain('its record is damaged, or of another task');
    expect(await machine.store.record(wanted.key)).toBeUndefined();
  });

  it('announces more than the disk takes', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const record = await a.share('x');
    const outputs = { ...record.outputs, file: { ...record.outputs.file!, size: 2 ** 52 } };
    server.objects.set(`ac/${record.key}`, Buffer.from(encodeEntry({ ...record, outputs }, [])));
    const machine = new Machine(server.url);
    expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toContain('There is no space left for its 4503599627');
  });

  it('is not there', async () => {
    const server = await CacheServer.start();
    await server.stop();
    const machine = new Machine(server.url);
    const record = await machine.result('x');
    for (let i = 0; i < 3; i++) expect(await machine.cache.upload(record, 'x', quiet)).toBe(false);
    expect(machine.said).toContain('gets nothing more from now on: nobody listens there (ECONNREFUSED).');
  });

  it('ends at once when it is told to', async () => {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.misbehave = () => hang;
    const machine = new Machine(server.url);
    const controller = new AbortController();
    const result = machine.cache.fetch(record.key, 't', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await result).toBeUndefined();
    expect(machine.said).toBe('');
  });
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
    expect(await fetch(machine, record)).toBeUndefined();
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
    expect(await fetch(new Machine(server.url), record)).toBeDefined();
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
      `: The file system takes no name as long as its files below ${machine.store.folder}.`,
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
    expect(await fetch(machine, record)).toBeUndefined();
    await machine.share('x');
    expect(await fetch(new Machine(server.url), record)).toBeDefined();
  });

  it('in a folder, too', async () => {
    const folder = join(testFolder(), 'cache');
    const record = await new Machine(folder).share('x');
    const path = join(folder, 'cas', hexOf(record.outputs.file!.digest));
    writeFileSync(path, flipped(readFileSync(path)));
    const machine = new Machine(folder);
    expect(await fetch(machine, record)).toBeUndefined();
    expect(machine.said).toContain('is something else');
    await machine.share('x');
    expect(await fetch(new Machine(folder), record)).toBeDefined();
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
    expect(await fetch(machine, record)).toBeDefined();
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
    expect(await fetch(new Machine(server.url, { authorization: 'Bearer secret' }), record)).toBeDefined();
    const wrong = new Machine(server.url, { authorization: 'Bearer other' });
    expect(await fetch(wrong, record)).toBeUndefined();
    expect(wrong.said).not.toMatch(/secret|other$/);
  });

  it('believes only what is signed with the same key, and signs anew what is not', async () => {
    const server = await CacheServer.start();
    const unsigned = await new Machine(server.url).share('x');
    const machine = new Machine(server.url, { signingKey: 'k' });
    expect(await fetch(machine, unsigned)).toBeUndefined();
    expect(machine.said).toBe('');
    await machine.share('x');
    expect(await fetch(new Machine(server.url, { signingKey: 'k' }), unsigned)).toBeDefined();
    expect(await fetch(new Machine(server.url, { signingKey: 'other' }), unsigned)).toBeUndefined();
    // Who has no key does not look at signatures.
    expect(await fetch(new Machine(server.url), unsigned)).toBeDefined();
  });
});
