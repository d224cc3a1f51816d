import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DownloadOptions, download } from '../../src/data/download.js';
import { PartialFile } from '../../src/data/partial.js';
import { readSealed } from '../../src/files/sealed.js';
import {
  answer,
  breakOffAfter,
  FileServer,
  ignoreRange,
  type Misbehaviour,
  md5,
  nameless,
  type Served,
  sendProperly,
  stall,
} from './server.js';

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const file = { name: 'data.bin', md5: md5(body) };

let folder: string;
let server: FileServer;
let log: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-download-'));
  server = await FileServer.start();
  server.files.set('data.bin', { body });
  log = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const target = () => join(folder, 'cache', 'data.bin');
const options = (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
  signal: new AbortController().signal,
  progress: () => undefined,
  log: (line) => log.push(line),
  retryMs: 1,
  pieceBytes: 40_000,
  ...more,
});
const left = () => readdirSync(join(folder, 'cache'));

describe('download', () => {
  it('fetches a file with progress, and leaves nothing else', async () => {
    const seen: number[] = [];
    await download(file, [server.url], target(), options({ progress: (done, total) => seen.push(done / total) }));
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(left()).toEqual(['data.bin']);
    expect(seen.at(-1)).toBe(1);
  });

  it('writes all of it where the disk takes a part at a time', async () => {
    const handle = await open(join(folder, 'any'), 'w');
    const files = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const write = files.write as (...args: unknown[]) => Promise<unknown>;
    const some = function (this: FileHandle, bytes: Uint8Array, from: number, length: number, at: number) {
      return write.call(this, bytes, from, Math.min(length, 1000), at);
    };
    vi.spyOn(files, 'write').mockImplementation(some as never);
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(log).toEqual([]);
  });

  it('tells at once what the disk does not take, and goes on with it later', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    const spy = vi.spyOn(PartialFile.prototype, 'write').mockRejectedValue(full);
    await expect(download(file, [server.url, server.url], target(), options())).rejects.toMatchObject({
      code: 'E_STORE_FULL',
      message: `There is no space left for ${target()}.part.`,
    });
    expect(server.requests).toHaveLength(1);
    spy.mockRestore();
    await download(file, [server.url], target(), options());
    expect(left()).toEqual(['data.bin']);
  });

  it('asks for parts, four at a time, and for each once', async () => {
    const held: (() => void)[] = [];
    const hold: Misbehaviour = (...request) => {
      held.push(() => sendProperly(...request));
      if (held.length === 4) for (const release of held) release();
    };
    server.misbehaviours.push(sendProperly, hold, hold, hold, hold);
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    const asked = server.requests.map(({ range }) => range);
    const pieces = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (i) => `bytes=${i * 40_000}-${Math.min((i + 1) * 40_000, 300_000) - 1}`,
    );
    expect([...asked].sort()).toEqual([...pieces].sort());
    expect(log).toEqual([]);
  });

  it('goes on where a connection broke off, and where the program did', async () => {
    server.misbehaviours.push(sendProperly, sendProperly, breakOffAfter(10_000), breakOffAfter(10_000));
    server.misbehaviours.push(...Array.from({ length: 40 }, () => answer(503)));
    await expect(download(file, [server.url], target(), options())).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
    const { pieces } = JSON.parse(readSealed(`${target()}.part.state`)!) as { pieces: number[] };
    expect(pieces).toContain(0);
    server.misbehaviours.length = 0;
    server.requests.length = 0;
    const seen: number[] = [];
    await download(file, [server.url], target(), options({ progress: (done) => seen.push(done) }));
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(seen[0]).toBeGreaterThan(pieces.length * 40_000);
    expect(server.requests).toHaveLength(8 - pieces.length);
    expect(left()).toEqual(['data.bin']);
  });

  it('notes what is there in a file of its own, not through a link that somebody has planted', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    server.misbehaviours.push(sendProperly, sendProperly, ...Array.from({ length: 40 }, () => answer(503)));
    await expect(download(file, [server.url], target(), options())).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
    symlinkSync(victim, `${target()}.part.state.new`);
    server.misbehaviours.length = 0;
    await download(file, [server.url], target(), options());
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(left()).toEqual(['data.bin']);
  });

  it('counts attempts anew once more pieces are there', async () => {
    // The first attempt brings a piece, and counts no more: the next one may fail.
    server.misbehaviours.push(sendProperly, breakOffAfter(10_000), answer(503), sendProperly);
    await download(file, [server.url], target(), options({ pieceBytes: body.length / 2 }));
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect([server.requests.length, log.length]).toEqual([4, 2]);
  });

  it('begins anew where what an earlier start left, or its note of it, is damaged', async () => {
    for (const ending of ['part', 'part.state']) {
      server.misbehaviours.push(sendProperly, sendProperly);
      server.misbehaviours.push(...Array.from({ length: 40 }, () => answer(503)));
      await expect(download(file, [server.url], target(), options())).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
      const path = `${target()}.${ending}`;
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path, bytes);
      server.misbehaviours.length = 0;
      await download(file, [server.url], target(), options());
      expect(readFileSync(target()).equals(body)).toBe(true);
      expect(left()).toEqual(['data.bin']);
      rmSync(target());
    }
  });

  it('leaves parts that are turned away to the connections that are not', async () => {
    server.misbehaviours.push(sendProperly, sendProperly, answer(429), answer(503));
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(log).toEqual([]);
  });

  it('begins anew when the server has another file by now', async () => {
    const newer = Buffer.from(body.map((byte) => byte ^ 255));
    server.files.set('data.bin', { body: newer, etag: '"v1"' });
    server.misbehaviours.push(sendProperly, ...Array.from({ length: 60 }, () => answer(503)));
    await expect(download(file, [server.url], target(), options())).rejects.toMatchObject({ code: 'E_DOWNLOAD' });
    server.misbehaviours.length = 0;
    server.files.set('data.bin', { body, etag: '"v2"' });
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(log.at(-1)).toContain('the file on the server has changed');
  });

  it.each([
    ['ignores ranges', ignoreRange],
    ['does not say which content its parts are of', nameless],
  ])('takes all at once from a server that %s', async (_, misbehaviour) => {
    server.misbehaviours.push(...Array.from({ length: 10 }, () => misbehaviour));
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(left()).toEqual(['data.bin']);
  });

  it.each<[string, (served: Served) => string | undefined]>([
    ['heeds what the first was called', () => undefined],
    ['sends parts of whatever it has', (served) => served.etag],
  ])('takes all at once from machines that each call it otherwise, where each %s', async (_, condition) => {
    let machine = 0;
    const farm: Misbehaviour = (request, response, served) => {
      const named = { ...served, etag: `"v${machine++}"` };
      if (request.headers['if-range'] !== undefined) request.headers['if-range'] = condition(named) ?? '"other"';
      sendProperly(request, response, named);
    };
    server.misbehaviours.push(...Array.from({ length: 40 }, () => farm));
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(log).toEqual(Array(2).fill(`${server.url}data.bin: the file on the server has changed`));
    expect(server.requests.at(-1)!.range).toBeUndefined();
    expect(left()).toEqual(['data.bin']);
  });

  it('goes through the proxy that the environment names', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url!);
      response.writeHead(200, { 'content-length': body.length }).end(body);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    vi.stubEnv('no_proxy', '');
    try {
      await download(file, ['http://data.example/'], target(), options());
      expect(readFileSync(target()).equals(body)).toBe(true);
      expect(seen).toEqual(['http://data.example/data.bin']);
    } finally {
      vi.unstubAllEnvs();
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('refuses before it is fetched what has another size, and checks SHA-256, too', async () => {
    const pinned = { ...file, bytes: body.length + 1, sha256: 'f'.repeat(64) };
    const found = createHash('sha256').update(body).digest('hex');
    await expect(download(pinned, [server.url], target(), options())).rejects.toMatchObject({
      message: `data.bin could not be downloaded:\n  ${server.url}data.bin: it offers 300000 bytes instead of 300001`,
    });
    expect(server.requests).toHaveLength(1);
    await expect(download({ ...pinned, bytes: body.length }, [server.url], target(), options())).rejects.toMatchObject({
      message: `data.bin could not be downloaded:\n  ${server.url}data.bin: its SHA-256 is ${found} instead of ${pinned.sha256}`,
    });
    expect(left()).toEqual([]);
  });

  it('takes no more from a mirror than a data set has, whatever it announces', async () => {
    const pinned = { ...file, bytes: body.length };
    const tell = (status: number, headers: Record<string, string>): Misbehaviour => {
      return (_, response) => response.writeHead(status, headers).end(body);
    };
    const endless: Misbehaviour = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(body));
      };
      response.writeHead(200).on('drain', more);
      more();
    };
    const said = async (wanted: typeof file, ...misbehaviours: Misbehaviour[]) => {
      server.misbehaviours.push(...misbehaviours);
      const error = await download(wanted, [server.url], target(), options()).catch((error: Error) => error);
      expect(left()).toEqual([]);
      return (error as Error).message.split('data.bin: ')[1];
    };
    expect(await said(pinned, endless)).toBe('it sends more than 300000 bytes');
    const offered = '9999999999999999';
    const tooMany = `it offers ${Number(offered)} bytes, more than any file of a data set has`;
    expect(await said(file, tell(200, { 'content-length': offered }))).toBe(tooMany);
    expect(await said(file, tell(206, { etag: '"a"', 'content-range': `bytes 0-39999/${offered}` }))).toBe(tooMany);
    expect(await said(pinned, tell(206, { etag: '"a"', 'content-range': `bytes 0-${offered}/300000` }), endless)).toBe(
      'it sends more than 300000 bytes',
    );
  });

  it.each(['bytes 0-19999/300000', 'bytes 0-79999/300000', 'bytes 5-40004/300000', 'bytes 0-39999/*'])(
    'fetches a file whole from a mirror that answers %s where other bytes were asked for',
    async (range) => {
      server.misbehaviours.push((_, response) => {
        response.writeHead(206, { etag: '"v1"', 'content-range': range }).end(body.subarray(0, 20_000));
      });
      await download(file, [server.url], target(), options());
      expect(readFileSync(target()).equals(body)).toBe(true);
      expect(log).toEqual([]);
    },
  );

  it('turns to the next mirror when one lies about the content', async () => {
    const liar = await FileServer.start();
    liar.files.set('data.bin', { body: Buffer.from('something else') });
    await download(file, [liar.url, server.url], target(), options());
    await liar.stop();
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(liar.requests).toHaveLength(1);
    expect(log[0]).toContain(`its MD5 is ${md5(Buffer.from('something else'))} instead of ${file.md5}`);
  });

  it('tells what each mirror did when all fail, and leaves nothing that looks like the file', async () => {
    server.misbehaviours.push(answer(500), answer(503), answer(500));
    const other = await FileServer.start();
    await expect(download(file, [server.url, other.url], target(), options())).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      message: `data.bin could not be downloaded:\n  ${server.url}data.bin: the server answered 500 Internal Server Error\n  ${other.url}data.bin: the server answered 404 Not Found`,
    });
    await other.stop();
    expect(server.requests).toHaveLength(3);
    expect(existsSync(target())).toBe(false);
  });

  it('gives up a connection that stalls', async () => {
    server.misbehaviours.push(stall);
    await download(file, [server.url], target(), options({ stallMs: 200 }));
    expect(readFileSync(target()).equals(body)).toBe(true);
    expect(log[0]).toContain('no data for 0.2 s');
  });

  it('ends at once when it is aborted', async () => {
    server.misbehaviours.push(stall);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await expect(download(file, [server.url], target(), options({ signal: controller.signal }))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(existsSync(target())).toBe(false);
  });
});
