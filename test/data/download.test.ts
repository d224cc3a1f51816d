import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadOptions, download } from '../../src/data/download.js';
import { answer, breakOffAfter, FileServer, ignoreRange, md5, stall } from './server.js';

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
  await server.stop();
  rmSync(folder, { recursive: true });
});

const target = () => join(folder, 'cache', 'data.bin');
const options = (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
  signal: new AbortController().signal,
  progress: () => undefined,
  log: (line) => log.push(line),
  retryMs: 1,
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

  it('goes on where a connection broke off', async () => {
    server.misbehaviours.push(breakOffAfter(100_000), breakOffAfter(150_000));
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    const ranges = server.requests.map(({ range }) => range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('begins anew when the server ignores ranges, or has another file by now', async () => {
    server.misbehaviours.push(breakOffAfter(100_000), ignoreRange);
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
    rmSync(target());
    server.misbehaviours.push(breakOffAfter(100_000), (request, response, served) => {
      server.files.set('data.bin', { ...served, etag: '"v2"' });
      response.destroy();
      void request;
    });
    await download(file, [server.url], target(), options());
    expect(readFileSync(target()).equals(body)).toBe(true);
  });

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
