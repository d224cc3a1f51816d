import { describe, expect } from 'vitest';
import { test } from './program.js';

const pipeline = `
name: shared
stages:
  first:
    run: 'echo first >> ran; echo 1 > \${{ outputs.result }}'
    outputs: { result: result.txt }
  second:
    run: 'echo second >> ran; cat \${{ inputs.first }} > \${{ outputs.result }}'
    inputs: { first: first }
    outputs: { result: result.txt }
cache: { remote: 'file:../shared' }
`;

describe('a folder that two checkouts share', () => {
  test('the second run computes nothing', async ({ box }) => {
    box.write('a/pipeline.yaml', pipeline);
    box.write('b/pipeline.yaml', pipeline);
    const run = (folder: string, ...more: string[]) =>
      box.run(['run', `${folder}/pipeline.yaml`, '--artifacts', `${folder}/artifacts`, ...more]);
    const first = await run('a');
    expect(first.out).toContain(`shared: 2 tasks, shared through ${box.path('shared')}`);
    expect(first.out).toContain(`shared  2 results through ${box.path('shared')}`);
    const second = await run('b');
    expect(second.out).toContain(`cached  2 tasks, 2 of them from ${box.path('shared')}`);
    expect(second.out).toContain('shared: ran 0, cached 2 (2 fetched), failed 0');
    expect(box.has('b/ran')).toBe(false);
    expect(box.read('b/artifacts/shared/second/result.txt')).toBe('1\n');
    // What is here is not asked for.
    expect((await run('b')).out).toContain('shared: ran 0, cached 2, failed 0');
    // What is forced is computed.
    expect((await run('b', '--force', 'second')).out).toContain('shared: ran 1, cached 1, failed 0');
    expect(box.read('b/ran')).toBe('second\n');
  });

  test('results are carried, and shown where they are', async ({ box }) => {
    box.write('a/pipeline.yaml', pipeline);
    box.write('b/pipeline.yaml', pipeline);
    const cache = (folder: string, action: string, ...more: string[]) =>
      box.run(['cache', action, `${folder}/pipeline.yaml`, ...more, '--artifacts', `${folder}/artifacts`]);
    await box.run(['run', 'a/pipeline.yaml', '--artifacts', 'a/artifacts'], { SPIKELINE_REMOTE: '' });
    expect(box.has('shared')).toBe(false);
    const push = await cache('a', 'push', 'first');
    expect([push.code, push.out]).toEqual([0, expect.stringContaining('shared: 1 of 1 result shared')]);
    expect((await cache('a', 'status')).out.split('\n').slice(2, 6)).toEqual([
      'first   here and there',
      'second  only here',
      '',
      `2 of 2 here, 1 in ${box.path('shared')}, 0 to compute`,
    ]);
    expect((await cache('b', 'status')).out.split('\n').slice(2, 6)).toEqual([
      'first   only there',
      'second  nowhere',
      '',
      `0 of 2 here, 1 in ${box.path('shared')}, 1 to compute`,
    ]);
    const pull = await cache('b', 'pull');
    expect([pull.code, pull.out]).toEqual([
      0,
      expect.stringContaining("1 fetched, 0 were here, 1 can't be fetched: run it"),
    ]);
    expect(box.read('b/artifacts/shared/first/result.txt')).toBe('1\n');
  });

  test('mistakes in the call', async ({ box }) => {
    box.write('pipeline.yaml', pipeline);
    const call = async (args: readonly string[], env?: Readonly<Record<string, string>>) => {
      const { code, err } = await box.run(args, env);
      return [code, err];
    };
    expect(await call(['cache', 'fetch', 'pipeline.yaml'])).toEqual([
      2,
      'There is no "cache fetch".\n  hint: known: cache push, cache pull, cache status\n',
    ]);
    expect(await call(['cache', 'pull'], { SPIKELINE_REMOTE: '' })).toEqual([
      2,
      'There is no remote cache.\n  hint: name one: SPIKELINE_REMOTE=URL, or `cache: { remote: URL }` in the file\n',
    ]);
    expect(await call(['cache', 'push'], { SPIKELINE_REMOTE_READONLY: '1' })).toEqual([
      2,
      `The remote cache ${box.path('..').replace(/\/$/, '')}/shared is read-only here.\n`,
    ]);
  });
});

test('credentials that are withheld are told of, by run and by cache', async ({ box }) => {
  box.write('p.yaml', "name: p\ncache: { remote: 'http://127.0.0.1:9/' }\nstages: { s: { run: [true] } }\n");
  for (const call of [
    ['run', 'p.yaml'],
    ['cache', 'pull', 'p.yaml'],
  ]) {
    const { out } = await box.run(call, { SPIKELINE_REMOTE_TOKEN: 'secret' });
    expect(out).toContain(
      'warning No credentials are sent to the remote cache http://127.0.0.1:9/, which only the pipeline file names.',
    );
    expect(out).not.toContain('secret');
  }
});
