import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pipeline } from '../e2e/mlflow-pipeline.js';
import { test } from '../e2e/program.js';
import { hasPackages, python } from '../peers/python.js';

const present = hasPackages(['mlflow']);

const search = `
import json, sys, mlflow
mlflow.set_tracking_uri("file:" + sys.argv[1])
runs = mlflow.search_runs(experiment_names=[sys.argv[2]], filter_string="metrics.accuracy > 0.2", output_format="list")
print(json.dumps([[run.info.run_name, run.info.status, run.data.metrics, run.data.params, run.data.tags] for run in runs]))
`;

test.skipIf(!present)('MLflow finds them by their metrics, and moves them to its database', async ({ box }) => {
  box.write('p.yaml', pipeline);
  await box.outcomes(['p.yaml']);
  await box.run(['show', 'p.yaml', '--runs', '--export', 'mlflow', '-o', 'mlruns']);
  const env = { ...process.env, MLFLOW_ALLOW_FILE_STORE: 'true' };
  const { stdout, stderr, status } = spawnSync(python, ['-c', search, box.path('mlruns'), 'coin'], {
    encoding: 'utf8',
    env,
  });
  expect([status, /Traceback|Malformed/.exec(stderr)]).toEqual([0, null]);
  expect(JSON.parse(stdout)).toEqual([
    [
      'a@n=2',
      'FINISHED',
      { accuracy: 0.23 },
      { n: '2' },
      expect.objectContaining({ 'result.list': '[1,2]', 'result.note': 'x' }),
    ],
  ]);
  mkdirSync(box.path('moved'));
  cpSync(box.path('mlruns'), box.path('moved/mlruns'), { recursive: true });
  const target = `sqlite:///${join(box.path('moved'), 'mlflow.db')}`;
  const moved = spawnSync(
    python,
    ['-m', 'mlflow', 'migrate-filestore', '--source', box.path('moved'), '--target', target],
    { encoding: 'utf8', env },
  );
  expect([moved.status, moved.stderr + moved.stdout]).toEqual([0, expect.stringContaining('igrat')]);
});
