import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { filesIn } from '../../src/cli/publish/folder.js';
import { pipeline } from './mlflow-pipeline.js';
import { test } from './program.js';

test('runs become runs of MLflow, the same each time, in the experiment that there is', async ({ box }) => {
  box.write('p.yaml', pipeline);
  await box.outcomes(['p.yaml']);
  await box.outcomes(['p.yaml', '--set', 'k=4']);
  const write = (...args: string[]) => box.run(['show', 'p.yaml', '--runs', '--export', 'mlflow', ...args]);
  expect(await write()).toEqual({
    code: 0,
    out: 'Wrote 4 results. Look at them: MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns\n',
    err: '',
  });
  expect((await write('-o', 'none', '--where', 'n=9')).out).toBe('Nothing is written: no run matches.\n');
  expect(box.has('none')).toBe(false);
  const files = filesIn(box.path('mlruns'));
  const texts = files.map((file) => box.read(`mlruns/${file}`));
  await write();
  expect(filesIn(box.path('mlruns'))).toEqual(files);
  expect(files.map((file) => box.read(`mlruns/${file}`))).toEqual(texts);
  expect(files.filter((file) => file.endsWith('metrics/accuracy'))).toHaveLength(4);

  // An experiment of that name, made by MLflow itself, gets the runs.
  box.write('theirs/7/meta.yaml', "experiment_id: '7'\nname: 'coin'\n");
  box.write('theirs/8/meta.yaml', 'name: [');
  await write('-o', 'theirs', '--where', 'n=1');
  expect(readdirSync(box.path('theirs/7'))).toHaveLength(3);
  expect((await write('-o', 'p.yaml')).code).toBe(1);
  expect((await box.run(['show', 'p.yaml', '--runs', '--export', 'x'])).err).toContain(
    'known: html, tensorboard, mlflow',
  );
});

test('metrics that are no usual numbers, or oddly named, are chosen, compared and written as what they are', async ({
  box,
}) => {
  const metrics =
    '{"int":9007199254740993,"huge":1e400,"nan":NaN,"low":-Infinity,"big":1e39,"":2,"..":3,"a/b":4,"a.b":5,"curve":6,"__proto__":7}';
  box.write('m.json', metrics);
  box.write(
    'p.yaml',
    "name: odd\nstages:\n  a: { run: 'cp ${{ inputs.m }} ${{ outputs.metrics }}', inputs: { m: { file: m.json } }, outputs: { metrics: metrics.json } }\n",
  );
  await box.outcomes(['p.yaml']);
  const show = (...args: string[]) => box.run(['show', 'p.yaml', '--runs', ...args]);
  for (const kind of ['tensorboard', 'mlflow', 'html']) {
    const { code, err } = await show('--export', kind);
    expect([kind, code, err]).toEqual([kind, 0, '']);
  }
  const values = Object.fromEntries(
    filesIn(box.path('mlruns'))
      .filter((file) => /\/(metrics|tags)\/(?!spikeline|mlflow)/.test(file))
      .map((file) => [
        file.replace(/^\d+\/\w+\//, ''),
        box.read(`mlruns/${file}`).split(' ').at(-2) ?? box.read(`mlruns/${file}`),
      ]),
  );
  expect(
    Object.entries(values)
      .map(([path, value]) => `${path.replace(/_[0-9a-f]{8}$/, '_…')} ${value}`)
      .sort(),
  ).toEqual(
    [
      ...[
        'metrics/_ 2',
        'metrics/__ 3',
        'metrics/__proto__ 7',
        'metrics/a.b 5',
        'metrics/a.b_… 4',
        'metrics/big 1e+39',
      ],
      ...['metrics/curve_… 6', 'metrics/low -inf', 'metrics/nan nan'],
      ...['tags/result.huge 1e400', 'tags/result.int 9007199254740993'],
    ].sort(),
  );
  for (const [condition, isMet] of [
    ['nan>0', false],
    ['nan<0', false],
    ['nan!=0', true],
    ['int>9007199254740992', true],
    ['int>9007199254740993', false],
    ['huge>1e39', true],
    ['low<0', true],
  ] as const)
    expect([condition, (await show('--where', condition)).out.includes('a.b')]).toEqual([condition, isMet]);
  expect((await show('--csv')).out).toContain(',-Infinity,');
});
