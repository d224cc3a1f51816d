import { chmodSync, realpathSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { type Sandbox, steady, test, until } from './program.js';

const sums = `name: sums
axes: { n: [1, 2, 3] }
params: { extra: 10 }
profiles: { large: { extra: 1000 } }
stages:
  one: { run: 'echo x >> runs; echo \${{ n }} > \${{ outputs.sum }}', over: [n], outputs: { sum: sum.txt } }
  all:
    run: 'echo x >> runs; sum=\${{ params.extra }}; for i in \${{ inputs.numbers }}; do sum=$((sum + $(cat $i))); done; echo $sum > \${{ outputs.sum }}; echo {\\"sum\\":$sum} > \${{ outputs.metrics }}'
    inputs: { numbers: one }
    outputs: { sum: sum.txt, metrics: metrics.json }
  text:
    run: [cp, '\${{ inputs.sum }}', '\${{ outputs.copy }}']
    inputs: { sum: all }
    outputs: { copy: copy.txt }
expect:
  - { stage: all, metric: sum, value: 16, source: arithmetic }
`;

const every = ['one@n=1', 'one@n=2', 'one@n=3', 'all', 'text'];
const each = (status: string, ...tasks: string[]) => Object.fromEntries(tasks.map((task) => [task, status]));
const runs = (box: Sandbox) => box.read('runs').trim().split('\n').length;

describe.concurrent('run', () => {
  test('runs everything once, then nothing, then only what changed', async ({ box }) => {
    box.write('p.yaml', sums);
    expect(await box.outcomes(['p.yaml'])).toEqual(each('ran', ...every));
    expect(box.read('artifacts/sums/text/copy.txt')).toBe('16\n');
    expect(await box.outcomes(['p.yaml'])).toEqual(each('cached', ...every));
    expect(runs(box)).toBe(4);
    const first = each('cached', 'one@n=1', 'one@n=2', 'one@n=3');
    expect(await box.outcomes(['p.yaml', '--set', 'extra=20'])).toEqual({ ...first, ...each('ran', 'all', 'text') });
    expect(await box.outcomes(['p.yaml', '--profile', 'large'])).toEqual({ ...first, ...each('ran', 'all', 'text') });
    // A new point of the axis: the old ones stay.
    expect(await box.outcomes(['p.yaml', '--set', 'n=[1, 2, 3, 4]'])).toEqual({
      ...first,
      ...each('ran', 'one@n=4', 'all', 'text'),
    });
    expect(await box.outcomes(['p.yaml'])).toEqual(each('cached', ...every));
  });

  test('tells what it does, one line at a time', async ({ box }) => {
    box.write('p.yaml', sums);
    expect((await box.run(['run', 'p.yaml', '--jobs', '1'])).code).toBe(0);
    const { code, out, err } = await box.run(['run', 'p.yaml', '--jobs', '1', '--set', 'n=[1, 2, 3, 6]']);
    expect([code, err]).toEqual([0, '']);
    expect(steady(out)).toBe(`sums: 6 tasks
start   one@n=6 (never run here)
done    one@n=6 in N s
start   all (input "numbers": n=6 new)
done    all in N s
start   text (input "sum" (made by all) changed: e6c21e8d → f14b4987)
done    text in N s
cached  3 tasks

sums: ran 3, cached 3, failed 0 in N s

expect: 0 of 1 met – see npx spikeline check p.yaml --set 'n=[1, 2, 3, 6]'

results: artifacts/sums/

Next:
  npx spikeline show p.yaml --set 'n=[1, 2, 3, 6]'      # all metrics
  npx spikeline run p.yaml --set 'n=[1, 2, 3, 6]'       # nothing has changed: nothing runs
  npx spikeline run p.yaml --set 'n=[1, 2, 3, 4.5, 6]'  # one more point: the others are cached
`);
  });

  test('stops at early cut-off: the same bytes upstream, nothing downstream', async ({ box }) => {
    box.write('p.yaml', sums);
    await box.outcomes(['p.yaml']);
    expect(await box.outcomes(['p.yaml', '--force', 'one'])).toEqual({
      ...each('ran', 'one@n=1', 'one@n=2', 'one@n=3'),
      ...each('cached', 'all', 'text'),
    });
    expect(await box.outcomes(['p.yaml', '--force', 'one@n=2', '--force', 'text'])).toEqual({
      ...each('cached', ...every),
      ...each('ran', 'one@n=2', 'text'),
    });
    expect(await box.outcomes(['p.yaml', '--force'])).toEqual(each('ran', ...every));
  });

  test('runs targets with what they need', async ({ box }) => {
    box.write('p.yaml', sums);
    expect(await box.outcomes(['p.yaml', 'one@n=2'])).toEqual(each('ran', 'one@n=2'));
    expect(await box.outcomes(['p.yaml', 'all'])).toEqual({
      ...each('ran', 'one@n=1', 'one@n=3', 'all'),
      ...each('cached', 'one@n=2'),
    });
  });

  test('runs a task again whose result was damaged in the store', async ({ box }) => {
    box.write('p.yaml', sums);
    await box.outcomes(['p.yaml']);
    const sum = box.path('artifacts/sums/all/sum.txt');
    const blob = realpathSync(sum);
    chmodSync(blob, 0o644);
    writeFileSync(blob, '17\n');
    expect(await box.outcomes(['p.yaml'])).toMatchObject({ all: 'ran', text: 'cached' });
    expect(box.read('artifacts/sums/all/sum.txt')).toBe('16\n');
  });

  test('takes a file input by content, from the folder of the pipeline', async ({ box }) => {
    const stage = `run: [cp, '\${{ inputs.f }}', '\${{ outputs.copy }}'], inputs: { f: { file: data/in.txt } }, outputs: { copy: c }`;
    box.write('deep/p.yaml', `name: files\nstages:\n  a: { ${stage} }\n`);
    box.write('deep/data/in.txt', 'one');
    expect(await box.outcomes(['deep/p.yaml'])).toEqual({ a: 'ran' });
    expect(box.read('deep/artifacts/files/a/c')).toBe('one');
    box.write('deep/data/in.txt', 'one');
    expect(await box.outcomes(['deep/p.yaml'])).toEqual({ a: 'cached' });
    box.write('deep/data/in.txt', 'two');
    expect(await box.outcomes(['deep/p.yaml', '--artifacts', 'elsewhere'])).toEqual({ a: 'ran' });
    expect([box.read('elsewhere/files/a/c'), box.read('deep/artifacts/files/a/c')]).toEqual(['two', 'one']);
  });

  test('two runs at once compute a task once', async ({ box }) => {
    const work = 'echo x >> count; until [ -e go ]; do sleep 0.05; done; echo done > ${{ outputs.x }}';
    box.write('s.yaml', `name: once\nstages:\n  a: { run: '${work}', outputs: { x: x } }\n`);
    const first = box.events(['s.yaml']);
    const second = box.start(['run', 's.yaml', '--reporter', 'json']);
    const third = box.start(['run', 's.yaml', '--reporter', 'json']);
    const waiting = (out: string) => out.includes('"task-waiting"');
    await until(() => waiting(second.out) || waiting(third.out), 'one of the runs waits');
    box.write('go', '');
    const outs = [await first, (await second.result).out, (await third.result).out].map((out) => JSON.stringify(out));
    expect(outs.filter((out) => out.includes('task-start')).length).toBe(1);
    expect(outs.filter((out) => out.includes('cached')).length).toBe(3);
    expect(box.read('count')).toBe('x\n');
  });
});

describe.concurrent('--reporter json', () => {
  test('prints an object a line', async ({ box }) => {
    const stage = `over: [k], run: 'echo {\\"loss\\":\${{ k }}} > \${{ outputs.metrics }}', outputs: { metrics: m.json }`;
    box.write('j.yaml', `name: j\naxes: { k: [1, 2] }\nstages:\n  a: { ${stage} }\n`);
    const events = (await box.events(['j.yaml', '--jobs', '1'])).map(({ seconds, key, ...rest }) => ({
      ...rest,
      ...(seconds === undefined ? {} : { seconds: typeof seconds }),
      ...(key === undefined ? {} : { key: /^[0-9a-f]{64}$/.test(String(key)) }),
    }));
    const started = (task: string) => ({
      event: 'task-start',
      task,
      key: true,
      reasons: [{ code: 'new', text: 'never run here' }],
    });
    const done = (task: string, loss: number) => ({
      event: 'task',
      task,
      status: 'ran',
      key: true,
      seconds: 'number',
      metrics: { loss },
    });
    expect(events).toEqual([
      { event: 'start', pipeline: 'j', tasks: ['a@k=1', 'a@k=2'], artifacts: box.path('artifacts') },
      started('a@k=1'),
      done('a@k=1', 1),
      started('a@k=2'),
      done('a@k=2', 2),
      { event: 'end', ran: 2, cached: 0, failed: 0, skipped: 0, seconds: 'number' },
    ]);
  });
});
