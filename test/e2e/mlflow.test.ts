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
