import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, breakOffAfter, type Misbehaviour, stall } from '../data/server.js';
import { Sandbox, until } from '../e2e/program.js';
import { randomFrom } from '../faults/random.js';
import { answers, hangsUp, isSilent, ProxyServer, says } from '../net/proxy-server.js';
import {
  type Asked,
  CacheServer,
  drip,
  endEarly,
  endless,
  flipped,
  hang,
  instead,
  redirect,
} from '../store/remote/server.js';
import { pipelineText, taskCount, treeOf } from './pipeline.js';

/** What a run without a remote makes, and what a remote has that knows all of it. */
let right: Record<string, string>;
let objects: ReadonlyMap<string, Buffer>;
const boxes: Sandbox[] = [];

function checkout(): Sandbox {
  const box = new Sandbox();
  boxes.push(box);
  box.write('chain.yaml', pipelineText);
  return box;
}

beforeAll(async () => {
  const clean = checkout();
  expect((await clean.run(['run', 'chain.yaml'], { RAN: 'ran', SPIKELINE_REMOTE: '' })).code).toBe(0);
  right = treeOf(clean);
  expect(Object.keys(right)).toHaveLength(13);
});
afterAll(async () => {
  for (const box of boxes) await box.remove();
});

async function filledServer(): Promise<CacheServer> {
  const server = await CacheServer.start();
  if (objects === undefined) {
    const box = checkout();
    const { code } = await box.run(['run', 'chain.yaml'], { RAN: 'ran', SPIKELINE_REMOTE: server.url });
    expect(code).toBe(0);
    objects = new Map(server.objects);
  }
  for (const [path, body] of objects) server.objects.set(path, body);
  return server;
}

/** A run with a server that misbehaves must end as one without a server. */
async function expectRight(server: CacheServer, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const box = checkout();
  const env = { RAN: 'ran', SPIKELINE_REMOTE: server.url, SPIKELINE_REMOTE_TIMEOUT: '1', ...more };
  const { code, out, err } = await box.run(['run', 'chain.yaml'], env);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('failed 0');
  expect(treeOf(box)).toEqual(right);
  return out;
}

const always = (how: Misbehaviour) => (): Misbehaviour => how;
const of = (area: string, how: Misbehaviour) => (asked: Asked) => (asked.path.startsWith(`${area}/`) ? how : undefined);
const gets = (how: Misbehaviour) => (asked: Asked) => (asked.method === 'GET' ? how : undefined);

describe('with a server that', () => {
  it.each<[string, (asked: Asked) => Misbehaviour | undefined, RegExp]>([
    ['fails', always(answer(500)), /left alone from now on: it answers 500\./],
    ['is overloaded', always(answer(503)), /left alone from now on: it answers 503\./],
    ['breaks off', gets(breakOffAfter(10)), /left alone from now on: the connection broke/],
    ['truncates blobs', of('cas', endEarly), /is left alone from now on|can't be taken from/],
    [
      'flips bits in blobs',
      of('cas', instead(flipped)),
      /is left alone from now on: what it has as [0-9a-f]{8}… is something else\./,
    ],
    [
      'flips bits in entries',
      of('ac', instead(flipped)),
      /left alone from now on: (its record is damaged|it is no entry)/,
    ],
    ['sends pages instead', always(instead(() => Buffer.from('<html>hello</html>'))), /it is not the entry of a task/],
    ['sends without end', gets(endless), /it sends more than \d+ bytes/],
    ['hangs', always(hang), /left alone from now on: it sent nothing for 1 s\./],
    ['hangs in the middle', gets(stall), /left alone from now on: it sent nothing for 1 s\./],
    ['is slow', gets(drip), /left alone from now on: (it is slower than 64 KB per second|it sent nothing)/],
    ['wants a password', always(answer(401)), /left alone from now on: it needs valid credentials \(401\)\./],
    [
      'redirects',
      always(redirect('https://example.org/login')),
      /it redirects to https:\/\/example.org\/login \(302\)\./,
    ],
  ])('%s', async (_, how, message) => {
    const server = await filledServer();
    server.misbehave = how;
    const out = await expectRight(server);
    expect(out).toMatch(message);
    // One word that it is left alone, and no flood before that.
    expect(out.match(/is left alone from now on/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(out.match(/^warning /gm)!.length).toBeLessThanOrEqual(5);
  });

  it('has the entries of other tasks under the keys', async () => {
    const server = await filledServer();
    const entries = server.names('ac').map((name) => server.objects.get(`ac/${name}`)!);
    for (const [index, name] of server.names('ac').entries())
      server.objects.set(`ac/${name}`, entries[(index + 1) % entries.length]!);
    expect(await expectRight(server)).toContain('its record is damaged, or of another task');
  });

  it('is not there', async () => {
    const server = await filledServer();
    await server.stop();
    expect(await expectRight(server)).toContain('left alone from now on: nothing is listening there (ECONNREFUSED).');
  });

  it('does anything at random', async () => {
    const random = randomFrom('remote');
    const ways = [
      answer(500),
      answer(429),
      answer(404),
      breakOffAfter(50),
      endEarly,
      instead(flipped),
      instead(() => Buffer.alloc(3)),
    ];
    for (let round = 0; round < 6; round++) {
      const server = await filledServer();
      server.misbehave = () => (random() < 0.3 ? ways[Math.floor(random() * ways.length)] : undefined);
      await expectRight(server);
    }
  });

  it('takes nothing: all is fetched, or computed, and can be given later', async () => {
    const server = await CacheServer.start();
    server.misbehave = ({ method }) => (method === 'PUT' ? answer(507) : undefined);
    const out = await expectRight(server);
    expect(out).toContain('gets nothing more from now on: it answers 507.');
    expect(out).toContain(`${taskCount} results not shared yet: npx spikeline cache push chain.yaml`);
  });
});

it.each([
  ['refuses', answers(502), /the proxy \S+ refuses to connect to cache.example.org:443 \(502\)\./],
  ['wants a password', answers(407), /the proxy \S+ needs valid credentials \(407\)\./],
  ['hangs up', hangsUp, /the proxy \S+ can’t be used: the connection broke \(UND_ERR_SOCKET\)\./],
  ['hangs', isSilent, /it sent nothing for 1 s\./],
  [
    'speaks another language',
    says('220 mail.example.org\r\n'),
    /the proxy \S+ can’t be used: it does not speak HTTP as it should\./,
  ],
])('behind a proxy that %s', async (_, conduct, message) => {
  const proxy = await ProxyServer.start(1, conduct);
  const server = await filledServer();
  const out = await expectRight(server, { SPIKELINE_REMOTE: 'https://cache.example.org/', HTTPS_PROXY: proxy.url });
  expect(out).toMatch(new RegExp(`is left alone from now on: ${message.source}`));
});

it('Ctrl-C while a server hangs: nothing is left running, and the next run is right', async () => {
  const server = await filledServer();
  server.misbehave = () => hang;
  const box = checkout();
  const env = { RAN: 'ran', SPIKELINE_REMOTE: server.url, SPIKELINE_REMOTE_TIMEOUT: '10min' };
  const running = box.start(['run', 'chain.yaml'], env);
  await until(() => server.requests.length > 0, 'the server is asked');
  running.child.kill('SIGINT');
  expect((await running.result).code).toBe(130);
  server.misbehave = () => undefined;
  expect((await box.run(['run', 'chain.yaml'], env)).out).toContain('ran 0, cached 7 (7 fetched)');
  expect(treeOf(box)).toEqual(right);
});

it('killed while results are on their way: the next run takes what is complete, and gives the rest', async () => {
  const server = await CacheServer.start();
  server.misbehave = ({ method }) => (method === 'PUT' ? hang : undefined);
  const box = checkout();
  const env = { RAN: 'ran', SPIKELINE_REMOTE: server.url, SPIKELINE_REMOTE_TIMEOUT: '10min' };
  const running = box.start(['run', 'chain.yaml'], env);
  // A task is done when its record is written, which may be after what builds on it has begun, and is done.
  await until(() => running.out.match(/^done /gm)?.length === taskCount, 'all is computed');
  running.child.kill('SIGKILL');
  await running.result;
  expect(server.names('ac')).toEqual([]);
  server.misbehave = () => undefined;
  expect((await box.run(['cache', 'push', 'chain.yaml'], env)).out).toContain('7 of 7 results shared');
  expect(server.names('ac')).toHaveLength(taskCount);
  expect(treeOf(box)).toEqual(right);
});

it('no remote: nothing of all this is loaded', async () => {
  const server = await filledServer();
  const loaded: boolean[] = [];
  for (const remote of [server.url, '']) {
    const env = { NODE_DEBUG: 'module', RAN: 'ran', SPIKELINE_REMOTE: remote };
    const { code, err } = await checkout().run(['run', 'chain.yaml'], env);
    expect(code).toBe(0);
    loaded.push(err.includes('undici'));
  }
  expect(loaded).toEqual([true, false]);
});

describe('a remote that is named', () => {
  it('by the pipeline, by the user, by the environment: the last of them that there is', async () => {
    const config = new Sandbox();
    boxes.push(config);
    const run = async (env: Readonly<Record<string, string>>) => {
      const box = checkout();
      box.write('chain.yaml', `${pipelineText}cache: { remote: 'file:./from-pipeline' }\n`);
      const { code, err } = await box.run(['run', 'chain.yaml', 'make@n=1'], {
        RAN: 'ran',
        XDG_CONFIG_HOME: config.folder,
        ...env,
      });
      expect([code, err]).toEqual([0, '']);
      return [box.has('from-pipeline/ac'), config.has('spikeline/from-user/ac'), box.has('from-environment/ac')];
    };
    expect(await run({})).toEqual([true, false, false]);
    config.write('spikeline/config.yaml', 'cache: { remote: file:from-user }\n');
    expect(await run({})).toEqual([false, true, false]);
    expect(await run({ SPIKELINE_REMOTE: 'file:from-environment' })).toEqual([false, true, true]);
  });

  it('wrongly: it says where, and what to write', async () => {
    const box = checkout();
    box.write('chain.yaml', `${pipelineText}cache: { remote: 'https://me:secret@cache.example.org/' }\n`);
    const { code, err } = await box.run(['run', 'chain.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('chain.yaml:21:18: error[E_VALUE]');
    expect(err).toContain(
      'must be an address such as https://cache.example.org/ or file:/shared/cache, without credentials',
    );
    box.write('chain.yaml', pipelineText);
    box.write('spikeline/config.yaml', 'cache: { remot: x }\n');
    const own = await box.run(['run', 'chain.yaml'], { XDG_CONFIG_HOME: box.folder });
    expect([own.code, own.err.includes('did you mean "remote"?')]).toEqual([2, true]);
    expect(own.err).toContain('config.yaml:1:10: error[E_UNKNOWN_KEY]');
  });
});
