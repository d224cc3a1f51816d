import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/files/digest.js';
import { encodeEntry } from '../../../src/store/remote/entry.js';
import { answer, breakOffAfter, type Misbehaviour, stall } from '../../data/server.js';
import { fetchResult, Machine, quiet } from './examples.js';
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

describe('a remote that misbehaves', () => {
  /** Fetches a result from a server that answers some requests in its own way. */
  async function attempt(how: (asked: Asked, file: string) => Misbehaviour | undefined, settings = {}) {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.requests.length = 0;
    const file = `cas/${hexOf(record.outputs.file!.digest)}`;
    server.misbehave = (asked) => how(asked, file);
    const machine = new Machine(server.url, settings);
    const result = await fetchResult(machine, record);
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
    expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toContain(`The remote cache ${server.url} is left alone from now on: it answers 500.`);
    const requests = server.requests.length;
    for (let i = 0; i < 20; i++) expect(await fetchResult(machine, record)).toBeUndefined();
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
    for (let i = 0; i < 3; i++) await fetchResult(machine, record);
    expect(server.requests.length).toBeLessThanOrEqual(4);
    expect(machine.warnings).toHaveLength(1);
    expect(machine.said).toMatch(/is left alone from now on: (it sent nothing for 0.12 s|it is slower than 64 KB)/);
  });

  it.each<[string, Misbehaviour, RegExp]>([
    ['says nothing', hang, /it sent nothing for 0.12 s/],
    ['sends headers alone', headersAlone, /it sent nothing for 0.12 s/],
    ['sends one byte', stall, /it sent nothing for 0.12 s/],
    ['drips', drip, /it sent nothing for 0.12 s|it is slower than 64 KB per second/],
  ])('with every blob: %s, and is left alone once it has done so often enough', async (_, how, message) => {
    const every = ({ method, path }: Asked) => (method === 'GET' && path.startsWith('cas/') ? how : undefined);
    const { result, machine, server, record } = await attempt(every, { silenceMs: 120 });
    expect(result).toBeUndefined();
    for (let i = 0; i < 3; i++) expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.warnings.length).toBeLessThanOrEqual(2);
    expect(machine.said).toMatch(message);
    const requests = server.requests.length;
    expect(await fetchResult(machine, record)).toBeUndefined();
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
    for (let i = 0; i < 3; i++) expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.said).toMatch(/ is left alone from now on: the connection broke/);
    const requests = server.requests.length;
    expect(await fetchResult(machine, record)).toBeUndefined();
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
    for (const record of records.slice(0, 2)) expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toMatch(/ is asked for no files of 3\.15 MB and more from now on: the connection broke/);
    server.requests.length = 0;
    expect(await fetchResult(machine, records[2]!)).toBeUndefined();
    expect(server.requests.filter(isLarge)).toEqual([]);
    expect(await fetchResult(machine, small)).toBeDefined();
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
    expect(machine.said).toMatch(/ gets no files of 3\.15 MB and more from now on: it takes no file that large/);
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
    expect(await fetchResult(new Machine(server.url), record)).toBeUndefined();
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
    for (let i = 0; i < 4; i++) expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toContain(`${server.url} is left alone from now on: it needs more than `);
    expect(server.requests.length - before).toBe(6);
  });

  it('has a list of more files than are shared', async () => {
    const server = await CacheServer.start();
    const record = await new Machine(server.url).share('x');
    server.objects.set(`cas/${hexOf(record.outputs.folder!.digest)}`, Buffer.alloc((16 << 20) + 1, ' '));
    const machine = new Machine(server.url);
    expect(await fetchResult(machine, record)).toBeUndefined();
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
    for (let i = 0; i < 3; i++) expect(await fetchResult(machine, record)).toBeUndefined();
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
    for (const record of records) expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.cache.readable).toBe(false);
    expect(machine.said.split('\n').at(-1)).toContain('is left alone from now on');
  });

  it.each<[string, Misbehaviour, string]>([
    ['401', answer(401), 'it needs valid credentials (401). Set SPIKELINE_REMOTE_TOKEN'],
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
    expect(machine.said).toMatch(/it is not the entry of a task|its record is damaged, or of another task/);
  });

  it('gives the entry of another task, and one that only claims the key', async () => {
    const server = await CacheServer.start();
    const a = new Machine(server.url);
    const [wanted, other] = [await a.result('x'), await a.share('y')];
    server.objects.set(`ac/${wanted.key}`, server.objects.get(`ac/${other.key}`)!);
    const machine = new Machine(server.url);
    expect(await fetchResult(machine, wanted)).toBeUndefined();
    const forged = { ...other, key: wanted.key };
    server.objects.set(`ac/${wanted.key}`, Buffer.from(encodeEntry(forged, [])));
    expect(await fetchResult(machine, wanted)).toBeUndefined();
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
    expect(await fetchResult(machine, record)).toBeUndefined();
    expect(machine.said).toContain('There is no space left for its 4503599627');
  });

  it('is not there', async () => {
    const server = await CacheServer.start();
    await server.stop();
    const machine = new Machine(server.url);
    const record = await machine.result('x');
    for (let i = 0; i < 3; i++) expect(await machine.cache.upload(record, 'x', quiet)).toBe(false);
    expect(machine.said).toContain('gets nothing more from now on: nothing is listening there (ECONNREFUSED).');
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
