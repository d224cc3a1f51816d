import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { expect, onTestFinished } from 'vitest';
import { md5, sendProperly } from '../data/server.js';
import { ownMistake, test } from '../e2e/program.js';
import { certificate } from './certificate.js';
import { answers, ProxyServer } from './proxy-server.js';

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));

/** The environment of a machine behind a proxy, which has nothing of its own. */
const behind = (proxy: ProxyServer, folder: string) => ({
  ...{ HTTPS_PROXY: proxy.url.replace('//', '//me:s3cret@'), https_proxy: '', NO_PROXY: '', no_proxy: '' },
  ...{ HOME: folder, SPIKELINE_CACHE: join(folder, 'cache'), XDG_CACHE_HOME: '', SPIKELINE_DATA: '' },
  ...{ KERAS_HOME: '', HF_HOME: '', HF_HUB_CACHE: '' },
});

test('downloads over https go through the proxy’s tunnels, or say what it refuses', async ({ box }) => {
  const seen: (string | undefined)[] = [];
  const server = createServer(certificate, (request, response) => {
    seen.push(request.headers['proxy-authorization']);
    sendProperly(request, response, { body });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy = await ProxyServer.start((server.address() as AddressInfo).port);
  const lead = proxy.conduct;
  proxy.conduct = (socket, head, rest) => {
    const status = /^CONNECT (\d+)\./.exec(head)?.[1];
    (status === undefined ? lead : answers(Number(status)))(socket, head, rest);
  };
  // Node reads which authorities to trust when it starts: a process of its own.
  box.write('ca.pem', certificate.cert);
  const program = box.path('downloads.cjs');
  const entryPoints = [join(import.meta.dirname, 'downloads.ts')];
  const banner = { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" };
  const asModule = { define: { 'import.meta.url': '__moduleUrl' }, banner };
  buildSync({
    entryPoints,
    outfile: program,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
    ...asModule,
  });
  const statuses = [403, 404, 407, 502];
  const mirrors = ['cache.example.org', ...statuses.map((status) => `${status}.example.org`)];
  const file = JSON.stringify({ name: 'data.bin', md5: md5(body) });
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [program, file, box.path('data.bin'), ...mirrors.map((host) => `https://${host}/`)],
    { env: { ...process.env, ...behind(proxy, box.folder), NODE_EXTRA_CA_CERTS: box.path('ca.pem') } },
  );

  const failed = (host: string, problem: string) => [
    'E_DOWNLOAD',
    `data.bin could not be downloaded:\n  https://${host}/data.bin: the proxy ${proxy.url} ${problem}`,
  ];
  const refused = (status: number) => `refuses to connect to ${status}.example.org:443 (${status})`;
  const around = (status: number) => `NO_PROXY=${status}.example.org goes there without it.`;
  const wanted = 'Write HTTPS_PROXY=http://HOST:PORT, with a name and a password as in http://NAME:PASSWORD@HOST:PORT.';
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    'downloaded',
    failed('403.example.org', `${refused(403)}. ${around(403)}`),
    failed('404.example.org', `${refused(404)}. ${around(404)}`),
    failed('407.example.org', `needs valid credentials (407). ${wanted}`),
    failed('502.example.org', `${refused(502)}. ${around(502)}`),
  ]);
  expect(stdout + stderr).not.toContain('s3cret');
  expect(readFileSync(box.path('data.bin')).equals(body)).toBe(true);

  // A tunnel for each connection; those that are refused for good are asked for once.
  const connects = (host: string) => proxy.heads.filter((head) => head.startsWith(`CONNECT ${host}:443 `)).length;
  expect(connects('cache.example.org')).toBeGreaterThanOrEqual(1);
  expect(connects('cache.example.org')).toBeLessThanOrEqual(4);
  expect(statuses.map((status) => connects(`${status}.example.org`))).toEqual([1, 1, 1, 3]);
  const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
  for (const head of proxy.heads) expect(head).toContain(basic);
  // Its password is for the proxy alone.
  expect(seen.length).toBe(8);
  expect(new Set(seen)).toEqual(new Set([undefined]));
});

test('a run whose data set no proxy lets through ends with what to do', async ({ box }) => {
  const proxy = await ProxyServer.start(1, answers(403));
  box.write('p.yaml', 'name: p\nstages:\n  data: { uses: dataset, with: { name: mnist } }\n');
  const env = { ...behind(proxy, box.folder), SPIKELINE_MIRROR: 'https://mirror.example.org/data' };
  const { code, out, err } = await box.run(['run', 'p.yaml'], env);
  expect(code).toBe(1);
  expect(out).toContain('E_DOWNLOAD');
  expect(out).toContain('train-images-idx3-ubyte.gz could not be downloaded:');
  const hosts = ['mirror.example.org', 'ossci-datasets.s3.amazonaws.com', 'storage.googleapis.com'];
  for (const host of hosts) expect(out).toContain(`the proxy ${proxy.url} refuses to connect to ${host}:443 (403)`);
  expect(proxy.heads.map((head) => /^CONNECT (.*):443 /.exec(head)?.[1])).toEqual(hosts);
  expect(out + err).not.toMatch(/s3cret|^\s+at /m);
  expect(out + err).not.toMatch(ownMistake);
});
