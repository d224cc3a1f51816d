import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFewImages } from '../e2e/few-images.js';
import { Sandbox } from '../e2e/program.js';
import { listFiles } from '../store/folder.js';
import { type NginxServer, nginx, startNginx } from './nginx.js';
import { pipelineText, taskCount, treeOf } from './pipeline.js';

const why = nginx === undefined ? ' (skipped: nginx is not installed; Debian has it as nginx-light)' : '';

describe.skipIf(nginx === undefined)(`one HTTP cache: nginx with WebDAV${why}`, () => {
  let server: NginxServer;
  const boxes: Sandbox[] = [];
  const checkout = () => {
    const box = new Sandbox();
    boxes.push(box);
    box.write('chain.yaml', pipelineText);
    return box;
  };
  const env = (more: Readonly<Record<string, string>> = {}) => ({
    SPIKELINE_REMOTE: server.url,
    // Relative to the checkout: the value is part of the keys.
    RAN: 'ran',
    ...more,
  });
  beforeAll(async () => {
    server = await startNginx();
  });
  afterAll(async () => {
    await server?.stop();
    for (const box of boxes) await box.remove();
  });

  it('two checkouts, two stores, the quickstart: the second run computes nothing', async () => {
    const [first, second] = [checkout(), checkout()];
    const [few] = [first, second].map((box) => writeFewImages(box.folder));
    const call = ['run', ...few!, '--set', 'precision=[fp32, { k: 1, B: 2 }]', '--set', 'noise=[0]'];
    const one = await first.run(call, env());
    expect(one.out + one.err).toMatch(/ran \d+, cached 0, failed 0/);
    const two = await second.run([...call, '--reporter', 'json'], env());
    const events = two.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const tasks = events.filter(({ event }) => event === 'task');
    expect(tasks.length).toBeGreaterThan(8);
    expect(tasks.map(({ status, from }) => `${String(status)} ${String(from)}`)).toEqual(
      tasks.map(() => 'cached remote'),
    );
    expect(events.some(({ event }) => event === 'task-start')).toBe(false);
    expect(events.at(-1)).toMatchObject({ event: 'end', ran: 0, fetched: tasks.length, uploaded: 0 });
    expect(treeOf(second, 'few-images')).toEqual(treeOf(first, 'few-images'));
    const checks = await second.run(['check', ...call.slice(1)]);
    expect(checks.out).not.toContain('missing');
    expect(listFiles(server.folder).filter((path) => !/^(cas|ac)\/[0-9a-f]{64}$/.test(path))).toEqual([]);
  }, 600_000);

  it('push, status and pull', async () => {
    const [a, b] = [checkout(), checkout()];
    expect((await a.run(['run', 'chain.yaml', 'make'], { RAN: 'ran' })).code).toBe(0);
    const before = await a.run(['cache', 'status', 'chain.yaml'], env());
    expect(before.out).toContain('make@n=1  only here');
    expect(before.out).toContain('3 of 7 here');
    const push = await a.run(['cache', 'push', 'chain.yaml'], env());
    expect([push.code, push.err]).toEqual([0, '']);
    expect(push.out).toMatch(/3 of 3 results shared; 4 tasks without a result yet/);
    expect((await a.run(['cache', 'push', 'chain.yaml'], env())).out).toContain('3 of 3 results shared');
    const status = await b.run(['cache', 'status', 'chain.yaml', '--json'], env());
    const places = (JSON.parse(status.out) as { task: string; place: string }[]).map(
      ({ task, place }) => `${task} ${place}`,
    );
    expect(places.sort()).toEqual([
      'half@n=1 neither',
      'half@n=2 neither',
      'half@n=3 neither',
      'make@n=1 remote',
      'make@n=2 remote',
      'make@n=3 remote',
      'sum unknown',
    ]);
    expect(b.has('artifacts/chain')).toBe(false);
    const pull = await b.run(['cache', 'pull', 'chain.yaml'], env());
    expect(pull.out).toContain("3 fetched, 0 were here, 4 can't be fetched: run them");
    expect(b.has('ran')).toBe(false);
    expect(treeOf(b)).toEqual(treeOf(a));
    expect((await b.run(['run', 'chain.yaml'], env())).out).toContain('ran 4, cached 3, failed 0');
  });

  it('two runs at the same time', async () => {
    const [a, b] = [checkout(), checkout()];
    const results = await Promise.all([a, b].map((box) => box.run(['run', 'chain.yaml'], env({ RAN: 'both' }))));
    for (const { code, err } of results) expect([code, err]).toEqual([0, '']);
    expect(treeOf(a)).toEqual(treeOf(b));
    const c = checkout();
    expect((await c.run(['run', 'chain.yaml'], env({ RAN: 'both' }))).out).toContain('ran 0, cached 7 (7 fetched)');
  });

  it('objects that were removed or damaged on the server', async () => {
    const [a, b, c] = [checkout(), checkout(), checkout()];
    await a.run(['run', 'chain.yaml'], env({ RAN: 'gone' }));
    for (const [index, name] of readdirSync(join(server.folder, 'cas')).entries())
      if (index % 2 === 0) rmSync(join(server.folder, 'cas', name));
    const run = await b.run(['run', 'chain.yaml'], env({ RAN: 'gone' }));
    expect([run.code, run.err]).toEqual([0, '']);
    expect(treeOf(b)).toEqual(treeOf(a));
    // What was computed again has been given again.
    expect((await c.run(['run', 'chain.yaml'], env({ RAN: 'gone' }))).out).toContain(`ran 0, cached ${taskCount}`);
  });

  it('read-only: takes, and gives nothing', async () => {
    const box = checkout();
    const before = listFiles(server.folder);
    const run = await box.run(['run', 'chain.yaml'], env({ RAN: 'only', SPIKELINE_REMOTE_READONLY: '1' }));
    expect(run.out).toContain(`7 tasks, with results from ${server.url}`);
    expect(listFiles(server.folder)).toEqual(before);
    const push = await box.run(['cache', 'push', 'chain.yaml'], env({ SPIKELINE_REMOTE_READONLY: '1' }));
    expect([push.code, push.err]).toEqual([2, `The remote cache ${server.url} is read-only here.\n`]);
  });

  it('asks for a password, which is shown and kept nowhere', async () => {
    const guarded = await startNginx('open-sesame');
    try {
      const [a, b] = [checkout(), checkout()];
      const remote = { SPIKELINE_REMOTE: guarded.url, RAN: 'ran' };
      const without = await a.run(['run', 'chain.yaml'], remote);
      expect(without.code).toBe(0);
      expect(without.out).toContain('is left alone from now on: it needs valid credentials (401).');
      expect(without.out).toContain(
        'Set SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD.',
      );
      expect(without.out).toContain('7 results not shared yet: npx spikeline cache push chain.yaml');
      const credentials = { SPIKELINE_REMOTE_USER: 'someone', SPIKELINE_REMOTE_PASSWORD: 'open-sesame' };
      const push = await a.run(['cache', 'push', 'chain.yaml'], { ...remote, ...credentials });
      expect(push.out).toContain('7 of 7 results shared');
      const run = await b.run(['run', 'chain.yaml'], { ...remote, ...credentials });
      expect(run.out).toContain('ran 0, cached 7 (7 fetched)');
      const said = [without, push, run].map(({ out, err }) => out + err).join('');
      const kept = listFiles(b.folder)
        .map((path) => readFileSync(b.path(path), 'latin1'))
        .join('');
      for (const secret of ['open-sesame', Buffer.from('someone:open-sesame').toString('base64')])
        expect([said.includes(secret), kept.includes(secret)]).toEqual([false, false]);
    } finally {
      await guarded.stop();
    }
  });
});
