import { describe, expect, it } from 'vitest';
import { experimentId, fileKey, type MlflowRun, runFiles, runId } from '../../src/exchange/mlflow.js';

const run: MlflowRun = {
  ...{ identity: 'p\nt\nk', name: 't', started: 1000, ended: 3000 },
  metrics: { accuracy: 0.5, 'images/s': Number.NaN },
  curves: [1, 2].map((step) => ({ tag: 'accuracy', step, value: step / 4 })),
  parameters: { epochs: '2', note: 'two\nlines', '../../x': '1' },
  tags: { 'spikeline.task': 't' },
};

describe('a file store of MLflow', () => {
  it('has a file a metric, parameter and tag', () => {
    const files = runFiles(run, { id: '1', name: 'p' }, '/tmp/mlruns/1/x');
    expect([...files.keys()].at(-1)).toBe('meta.yaml');
    const { 'meta.yaml': meta, ...others } = Object.fromEntries(files);
    expect(others).toEqual({
      'metrics/accuracy': '3000 0.5 0\n',
      'metrics/images.s': '3000 nan 0\n',
      'metrics/curve/accuracy': '3000 0.25 1\n3000 0.5 2\n',
      'params/epochs': '2',
      'params/note': '"two\\nlines"',
      'params/......x': '1',
      'tags/spikeline.task': 't',
      'tags/mlflow.runName': 't',
    });
    expect(meta).toContain('start_time: 1000\nstatus: 3\n');
  });

  it('knows a run and an experiment again', () => {
    expect(runId(run)).toMatch(/^[0-9a-f]{32}$/);
    expect(runId({ ...run, identity: 'other' })).not.toBe(runId(run));
    expect(experimentId('p')).toMatch(/^[1-9]\d{17}$/);
    expect(experimentId('p')).toBe(experimentId('p'));
    expect(experimentId('q')).not.toBe(experimentId('p'));
  });

  it.each([
    ['a/b', 'a.b'],
    ['..', '__'],
    ['', ''],
    ['é%', '__'],
  ])('takes no name for a path: %j', (name, key) => {
    expect(fileKey(name)).toBe(key);
  });
});
